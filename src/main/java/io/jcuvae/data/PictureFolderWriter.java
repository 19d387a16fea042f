package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Rows as a folder with a .png for each, named by its number, and a file SHA256SUMS as sha256sum(1) reads it. The folder
 * appears when it is complete. Its files are not forced to disk one by one, which would take longer than making them.
 */
final class PictureFolderWriter implements RowWriter {
    /** The checksums' file. */
    static final String SUMS = "SHA256SUMS";

    private static final int MOST = 100_000;

    private final Path folder;
    private final Path aside;
    private final SampleShape shape;
    private final long promised;
    private final StringBuilder sums = new StringBuilder();
    private long number;
    private long rows;
    private boolean done;

    /**
     * Begins a folder.
     *
     * @param first number of the first row
     * @param count rows, or -1 where it is not known yet
     */
    PictureFolderWriter(Path folder, SampleShape shape, long first, long count) {
        this.folder = folder.toAbsolutePath();
        this.shape = shape;
        this.promised = count;
        number = first;
        ImageGrid.requireImage(folder, shape);
        requireRoom(count);
        try {
            if (Files.exists(folder) && !isEmptyFolder(folder)) {
                throw new UserError(Faults.name(folder) + ": is there already; name a folder that is new or empty");
            }
            String mark = Long.toHexString(ThreadLocalRandom.current().nextLong());
            aside = this.folder.resolveSibling("." + this.folder.getFileName() + "." + mark + ".part");
            Files.createDirectories(aside);
        } catch (IOException e) {
            throw Faults.unwritable(folder, e);
        }
    }

    private void requireRoom(long count) {
        if (count > MOST) {
            throw new UserError(Faults.name(folder) + ": " + count + " pictures are too many for one folder (" + MOST
                    + "); divide them with --shards " + (count + MOST - 1) / MOST + " or more");
        }
    }

    private static boolean isEmptyFolder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.findAny().isEmpty();
        }
    }

    @Override
    public void write(float[] values, int count) {
        byte[] pixels = new byte[count * shape.width()];
        String name = Faults.name(folder);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = Values.toByte(values[i], name);
        }
        writePixels(ByteBuffer.wrap(pixels), count);
    }

    @Override
    public boolean pixels() {
        return true;
    }

    @Override
    public void writePixels(ByteBuffer values, int count) {
        requireRoom(rows + count);
        byte[] pixels = new byte[shape.width()];
        for (int i = 0; i < count; i++) {
            values.get(pixels);
            String name = String.format(Locale.ROOT, "%010d.png", number++);
            MessageDigest sha = Dataset.sha256();
            try (OutputStream out =
                    new BufferedOutputStream(new DigestOutputStream(Files.newOutputStream(aside.resolve(name)), sha))) {
                ImageGrid.single(pixels, shape).writeTo(out);
            } catch (IOException e) {
                throw Faults.unwritable(folder.resolve(name), e);
            }
            // Closed, so that all bytes went through the checksum.
            sums.append(HexFormat.of().formatHex(sha.digest()))
                    .append("  ")
                    .append(name)
                    .append('\n');
        }
        rows += count;
    }

    @Override
    public void commit() {
        RowWriters.requireCount(folder, promised, rows);
        AtomicFile.write(aside.resolve(SUMS), out -> out.write(sums.toString().getBytes(StandardCharsets.US_ASCII)));
        try {
            Disk.REAL.move(aside, folder);
            done = true;
        } catch (IOException e) {
            throw Faults.unwritable(folder, e);
        }
    }

    @Override
    public void close() {
        if (done) {
            return;
        }
        done = true;
        try (Stream<Path> files = Files.list(aside)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(aside);
        } catch (IOException e) {
            // The failure that led here is the one to tell; what is left says by its name that it is a part.
        }
    }
}
