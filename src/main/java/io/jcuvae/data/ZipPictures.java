package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The pictures of a zip, read from where they are; nothing is unpacked to disk.
 *
 * <p>A zip can claim anything. Refused as a whole: names that climb out of it, names that come twice, entries that
 * together claim more packed bytes than the file has, as those of a bomb that share their bytes do. An entry that unpacks
 * to far more than a picture's own packing leaves room for is a fault of that entry. So what is unpacked in all is
 * bounded by the file's size.
 */
final class ZipPictures implements Closeable {
    /** Pictures are packed already; only an almost empty one within a careless file comes near this. */
    private static final long MOST_RATIO = 100;

    private static final long SLACK = 1 << 16;

    private final Path file;
    private final String name;
    private ZipFile zip;

    ZipPictures(Path file) {
        this.file = file;
        this.name = Faults.name(file);
    }

    /** Whether it holds NumPy arrays and so is a .npz, whatever it is called; false where it cannot be opened. */
    static boolean holdsArrays(Path file) {
        try (ZipFile zip = opened(file)) {
            return zip.stream().anyMatch(entry -> entry.getName().endsWith(".npy"));
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /**
     * Finds the pictures.
     *
     * @throws UserError if it is no zip, is damaged, or is made to do harm
     */
    void list(PictureListing listing) {
        try {
            long size = Files.size(file);
            long packed = 0;
            Set<String> seen = new HashSet<>();
            for (Enumeration<? extends ZipEntry> all = zip().entries(); all.hasMoreElements(); ) {
                ZipEntry entry = all.nextElement();
                String path = entry.getName().replace('\\', '/');
                requireInside(path, entry.getName());
                packed += Math.max(0, entry.getCompressedSize());
                if (packed > size) {
                    throw new UserError(name + ": its entries claim more packed bytes than the " + size
                            + " of the file, so they overlap, as in a zip bomb; it is not read: take a sound zip");
                }
                if (entry.isDirectory() || path.endsWith("/")) {
                    continue;
                }
                if (listing.wants(path)) {
                    if (!seen.add(path)) {
                        throw new UserError(name + ": has two entries named " + Faults.quoted(path)
                                + ", and which is meant cannot be told; pack it again");
                    }
                    String stamp = "zip " + entry.getCrc() + " " + entry.getSize() + " " + entry.getCompressedSize();
                    listing.add(new PictureFile(path, stamp, () -> read(entry)));
                }
            }
        } catch (IOException | RuntimeException e) {
            throw e instanceof UserError told ? told : notZip(e);
        } finally {
            close();
        }
    }

    private void requireInside(String path, String original) {
        boolean absolute = path.startsWith("/") || path.matches("[A-Za-z]:.*");
        if (absolute || ("/" + path + "/").contains("/../")) {
            throw new UserError(name + ": has an entry named " + Faults.quoted(original)
                    + ", which lies outside the zip; nothing was unpacked: take a zip from a source that you trust");
        }
    }

    private byte[] read(ZipEntry entry) throws IOException {
        long claimed = entry.getSize();
        long possible = Math.max(0, entry.getCompressedSize()) * MOST_RATIO + SLACK;
        if (claimed > possible) {
            throw new PictureFault("it claims " + claimed + " bytes unpacked from " + entry.getCompressedSize()
                    + ", as a zip bomb does");
        }
        byte[] bytes;
        try (InputStream in = zip().getInputStream(entry)) {
            if (in == null) {
                throw new PictureFault("it is gone; the zip changed while it was read");
            }
            int most = (int) Math.min(PictureFile.MOST_BYTES, claimed < 0 ? possible : Math.max(claimed, 1));
            bytes = PictureFile.readAll(in, claimed, most);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes);
        if (entry.getCrc() >= 0 && crc.getValue() != entry.getCrc()) {
            throw new PictureFault("it does not have the checksum of the zip directory");
        }
        return bytes;
    }

    private synchronized ZipFile zip() throws IOException {
        if (zip == null) {
            zip = opened(file);
        }
        return zip;
    }

    private static ZipFile opened(Path file) throws IOException {
        try {
            return new ZipFile(file.toFile(), StandardCharsets.UTF_8);
        } catch (IOException | RuntimeException e) {
            // Names written by older programs are in some code page; which one matters to nobody here.
            return openedAs(file, StandardCharsets.ISO_8859_1, e);
        }
    }

    private static ZipFile openedAs(Path file, Charset names, Exception first) throws IOException {
        try {
            return new ZipFile(file.toFile(), names);
        } catch (IOException | RuntimeException e) {
            e.addSuppressed(first);
            throw e;
        }
    }

    private UserError notZip(Exception cause) {
        return new UserError(
                name + ": cannot be opened as a zip of pictures (" + Faults.reason(cause)
                        + "); it is no zip file or is damaged: copy or download it again",
                cause);
    }

    /** Closes the file; it is opened again when it is read. */
    @Override
    public synchronized void close() {
        ByteSource.closeQuietly(zip);
        zip = null;
    }
}
