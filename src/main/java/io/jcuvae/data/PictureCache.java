package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * Decoded pictures in a file: 32 bytes that name the format; the rows; a table of what they are; the table's length in
 * four bytes; the CRC-32C of everything before it in eight. The table comes last because only decoding tells how many
 * pictures can be read. The file appears when it is complete.
 *
 * @param file where it lies
 * @param shape of a row
 * @param train rows of the first part, or all
 * @param test rows of the second part, which follow; -1 where the pictures are undivided
 * @param labels one per row, or null
 * @param bad how many pictures could not be read and have no row
 * @param badTold the first of them with the reasons
 */
record PictureCache(Path file, SampleShape shape, int train, int test, int[] labels, int bad, List<String> badTold) {
    private static final byte[] MAGIC =
            String.format("%-31s\n", "jcuvae decoded pictures 1").getBytes(StandardCharsets.US_ASCII);
    private static final int END = 12;
    private static final int BLOCK = 1 << 20;
    private static final int MOST_TOLD = 1000;
    private static final int TOLD = 3;

    /** The rows in all. */
    int count() {
        return train + Math.max(0, test);
    }

    /** What could not be read: how many, and the first with the reasons. */
    String badLine() {
        String more = bad > TOLD ? ", and " + (bad - TOLD) + " more" : "";
        return bad + " of " + (bad + count()) + " pictures cannot be read: "
                + badTold.stream().limit(TOLD).collect(Collectors.joining(", ")) + more;
    }

    /** A file of rows that is being written. */
    static final class Writer implements Closeable {
        private final AtomicFile aside;
        private final CRC32C crc = new CRC32C();
        private final OutputStream out;

        Writer(Path file) throws IOException {
            this.aside = AtomicFile.create(file);
            this.out = new CheckedOutputStream(aside.stream(), crc);
            out.write(MAGIC);
        }

        /** Writes the next rows. */
        void write(byte[] rows, int length) throws IOException {
            out.write(rows, 0, length);
        }

        /** Ends the file, which appears under its name. */
        void finish(PictureCache content) throws IOException {
            byte[] table = content.table();
            out.write(table);
            out.write(ByteBuffer.allocate(4).putInt(table.length).array());
            out.write(ByteBuffer.allocate(8).putLong(crc.getValue()).array());
            aside.commit();
        }

        @Override
        public void close() {
            aside.close();
        }
    }

    private byte[] table() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeUTF(shape.toString());
        out.writeInt(train);
        out.writeInt(test);
        out.writeInt(bad);
        out.writeInt(badTold.size());
        for (String line : badTold) {
            out.writeUTF(line);
        }
        out.writeBoolean(labels != null);
        for (int i = 0; labels != null && i < labels.length; i++) {
            out.writeInt(labels[i]);
        }
        return bytes.toByteArray();
    }

    /**
     * Opens a file and compares every byte of it with its checksum.
     *
     * @return empty if it is damaged
     * @throws IOException if there is none, or it cannot be read
     */
    static Optional<PictureCache> open(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < MAGIC.length + END) {
                return Optional.empty();
            }
            ByteBuffer end = read(channel, size - END, END);
            int length = end.getInt(0);
            if (length < 0 || length > size - END - MAGIC.length || checksum(channel, size - 8) != end.getLong(4)) {
                return Optional.empty();
            }
            boolean ours = read(channel, 0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
            PictureCache content =
                    parse(file, read(channel, size - END - length, length).array());
            long rows = (long) content.count() * content.shape.width();
            boolean fits = content.train > 0 && size == MAGIC.length + rows + length + END;
            return ours && fits ? Optional.of(content) : Optional.empty();
        } catch (UserError | EOFException | UTFDataFormatException e) {
            return Optional.empty();
        }
    }

    private static PictureCache parse(Path file, byte[] table) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(table));
        SampleShape shape = SampleShape.parse(in.readUTF());
        int train = in.readInt();
        int test = in.readInt();
        int bad = in.readInt();
        int told = in.readInt();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < told && i < MOST_TOLD; i++) {
            lines.add(in.readUTF());
        }
        int[] labels = null;
        if (in.readBoolean()) {
            labels = new int[Math.min(train + Math.max(0, test), table.length / 4)];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = in.readInt();
            }
        }
        return new PictureCache(file, shape, train, test, labels, bad, lines);
    }

    private static ByteBuffer read(FileChannel channel, long at, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                throw new EOFException();
            }
        }
        return bytes.flip();
    }

    private static long checksum(FileChannel channel, long length) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        for (long at = 0; at < length; ) {
            block.clear().limit((int) Math.min(BLOCK, length - at));
            int got = channel.read(block, at);
            if (got < 0) {
                throw new EOFException();
            }
            crc.update(block.flip());
            at += got;
        }
        return crc.getValue();
    }

    /**
     * Reads a part.
     *
     * @param first its first row
     * @param count its rows
     */
    SampleReader rows(int first, int count) {
        long start = MAGIC.length + (long) first * shape.width();
        return new Reader(ByteSource.part(file, start, (long) count * shape.width()), shape, count);
    }

    private static final class Reader implements SampleReader {
        private final ByteSource source;
        private final SampleShape shape;
        private final int width;
        private final int count;
        private int row;
        private byte[] block = new byte[0];

        Reader(ByteSource source, SampleShape shape, int count) {
            this.source = source;
            this.shape = shape;
            this.width = shape.width();
            this.count = count;
        }

        @Override
        public SampleShape shape() {
            return shape;
        }

        @Override
        public boolean bytes() {
            return true;
        }

        @Override
        public long count() {
            return count;
        }

        @Override
        public int read(float[] out, int maxRows) {
            if (block.length < Math.min(maxRows, count - row) * width) {
                block = new byte[Math.min(maxRows, count - row) * width];
            }
            int rows = readBytes(block, maxRows);
            Values.scale(block, 0, out, 0, rows * width);
            return rows;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            int rows = Math.min(maxRows, count - row);
            source.fill(out, 0, rows * width, "the decoded pictures");
            row += rows;
            return rows;
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
