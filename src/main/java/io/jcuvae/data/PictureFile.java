package io.jcuvae.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A picture that was found and not yet read.
 *
 * @param name its path below the source, with {@code /}
 * @param stamp changes when the file does
 * @param content reads it
 */
record PictureFile(String name, String stamp, Content content) {
    /** The most bytes of a file, which is held in memory while it is decoded. */
    static final int MOST_BYTES = 1 << 27;

    private static final int FIRST = 1 << 14;

    /** What reads a file's bytes. */
    @FunctionalInterface
    interface Content {
        /**
         * Reads all of it; what is no picture ends the reading at its first bytes.
         *
         * @throws IOException if it cannot be read, or is longer than a picture may be
         */
        byte[] read() throws IOException;
    }

    /** A file of a folder. */
    static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return readAll(in, Files.size(file), MOST_BYTES);
        }
    }

    /**
     * Reads a stream to its end into an array that grows as the bytes arrive, because sizes may be lies.
     *
     * @param claimed the size that it should have
     * @param most the size at which reading ends in a fault
     */
    static byte[] readAll(InputStream in, long claimed, int most) throws IOException {
        byte[] bytes = new byte[(int) Math.min(Math.max(claimed, PictureHeader.SIGNATURE), FIRST)];
        int filled = in.readNBytes(bytes, 0, PictureHeader.SIGNATURE);
        PictureHeader.requireSignature(bytes, filled);
        while (true) {
            filled += in.readNBytes(bytes, filled, bytes.length - filled);
            if (filled < bytes.length) {
                return Arrays.copyOf(bytes, filled);
            }
            int next = in.read();
            if (next < 0) {
                return bytes;
            }
            if (filled >= most) {
                throw new PictureFault("it unpacks to more than " + most + " bytes");
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(most, Math.max(2L * filled, filled + 1L)));
            bytes[filled++] = (byte) next;
        }
    }
}
