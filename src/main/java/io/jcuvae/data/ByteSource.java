package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.GZIPInputStream;

/**
 * The bytes of a file front to back, unpacked where they are gzipped, with every failure told as a {@link UserError}.
 *
 * <p>It knows what it can hold: exactly so many bytes (a plain file, a zip member), or at most so many (gzip), so that
 * a header's claim can be refused before anything is allocated for it.
 */
final class ByteSource implements Closeable {
    /** Deflate cannot shrink by more than 1032 to 1 (zlib's technical notes); the slack covers tiny files. */
    private static final long DEFLATE_RATIO = 1032;

    private static final long DEFLATE_SLACK = 1 << 16;
    private static final int BUFFER = 1 << 16;

    private final String name;
    private final InputStream in;
    private final Closeable owner;
    private final long most;
    private final boolean exact;
    private final BooleanSupplier sound;
    private long position;

    private ByteSource(String name, InputStream in, Closeable owner, long most, boolean exact, BooleanSupplier sound) {
        this.name = name;
        this.in = in;
        this.owner = owner;
        this.most = most;
        this.exact = exact;
        this.sound = sound;
    }

    /**
     * Opens a file; what begins as gzip is unpacked, whatever its name.
     *
     * @throws UserError if it is no readable regular file
     */
    static ByteSource open(Path file) {
        return open(file, Faults.name(file));
    }

    /**
     * The same.
     *
     * @param name what messages call it
     */
    static ByteSource open(Path file, String name) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new UserError(name + ": is a folder or a device; a regular file is needed here");
        }
        InputStream plain = null;
        try {
            long size = Files.size(file);
            plain = new BufferedInputStream(Files.newInputStream(file), BUFFER);
            plain.mark(2);
            boolean gzip = plain.read() == 0x1f && plain.read() == 0x8b;
            plain.reset();
            if (!gzip) {
                return new ByteSource(name, plain, plain, size, true, () -> true);
            }
            InputStream unpacked = new GZIPInputStream(plain, BUFFER);
            return new ByteSource(name, unpacked, unpacked, unpackedMost(size), false, () -> true);
        } catch (IOException e) {
            closeQuietly(plain);
            throw Faults.unreadable(name, e);
        }
    }

    /**
     * A part of a file as it is.
     *
     * @param start the first byte
     * @param count how many
     */
    static ByteSource part(Path file, long start, long count) {
        String name = Faults.name(file);
        InputStream in = null;
        try {
            in = Files.newInputStream(file);
            in.skipNBytes(start);
            return new ByteSource(name, new BufferedInputStream(in, BUFFER), in, count, true, () -> true);
        } catch (IOException e) {
            closeQuietly(in);
            throw Faults.unreadable(name, e);
        }
    }

    /** Gzipped bytes that travel with the program and need no suspicion. */
    static ByteSource resource(String name, InputStream gzip) {
        try {
            return new ByteSource(name, new GZIPInputStream(gzip, BUFFER), gzip, Long.MAX_VALUE, false, () -> true);
        } catch (IOException e) {
            throw Faults.unreadable(name, e);
        }
    }

    /**
     * A member of a zip file, unpacked.
     *
     * @param owner closed with the source
     * @param size its unpacked length as the zip directory claims it
     * @param packed its packed length
     * @param crc the checksum that its bytes must have at the end, or -1
     */
    static ByteSource member(String name, InputStream in, Closeable owner, long size, long packed, long crc) {
        if (size < 0 || size > unpackedMost(packed)) {
            throw Faults.damaged(name, "claims " + size + " bytes unpacked from " + packed + " packed");
        }
        CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
        BooleanSupplier sum = () -> crc < 0 || checked.getChecksum().getValue() == crc;
        return new ByteSource(name, checked, owner, size, true, sum);
    }

    private static long unpackedMost(long packed) {
        return packed > Long.MAX_VALUE / DEFLATE_RATIO / 2 ? Long.MAX_VALUE : packed * DEFLATE_RATIO + DEFLATE_SLACK;
    }

    /** The name for messages. */
    String name() {
        return name;
    }

    /** The bytes read so far. */
    long position() {
        return position;
    }

    /** Refuses a claim that {@code bytes} more bytes follow where there cannot be so many. */
    void requireAtLeast(long bytes, String what) {
        if (bytes > most - position) {
            throw Faults.damaged(name, what + " is to have " + bytes + " bytes, there are " + (most - position));
        }
    }

    /**
     * Checks a header's claim before anything is allocated for it.
     *
     * @param bytes what must follow the current position, to the end
     * @param what names it in the message
     */
    void requireRemaining(long bytes, String what) {
        long left = most - position;
        if (bytes > left) {
            throw Faults.damaged(
                    name,
                    what + " promises " + bytes + " bytes of values, there " + (exact ? "are " : "can be at most ")
                            + left);
        }
        if (exact && bytes < left) {
            throw Faults.damaged(name, what + " promises " + bytes + " bytes of values, there are " + left);
        }
    }

    /**
     * Reads into {@code out[offset .. offset + count)}.
     *
     * @param what names what is being read if the file ends too early
     */
    void fill(byte[] out, int offset, int count, String what) {
        int done = 0;
        while (done < count) {
            int got = read(out, offset + done, count - done);
            if (got < 0) {
                throw Faults.damaged(name, "ends at byte " + position + " within " + what);
            }
            done += got;
        }
    }

    /** The next {@code count} bytes of a header; the array grows as they arrive, since the count may be a lie. */
    byte[] next(int count, String what) {
        byte[] bytes = new byte[Math.min(count, BUFFER)];
        fill(bytes, 0, bytes.length, what);
        while (bytes.length < count) {
            int filled = bytes.length;
            bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * filled));
            fill(bytes, filled, bytes.length - filled, what);
        }
        return bytes;
    }

    /** Reads some bytes; -1 at the end. */
    int read(byte[] out, int offset, int count) {
        try {
            int got = in.read(out, offset, count);
            position += Math.max(got, 0);
            return got;
        } catch (IOException | RuntimeException e) {
            throw Faults.unreadable(name, e);
        } catch (StackOverflowError e) {
            // GZIPInputStream steps over empty members by recursion, so a chain of thousands ends here.
            throw Faults.damaged(name, "the compressed data is a chain of empty parts");
        }
    }

    /** Refuses anything after what the header promised, and a wrong checksum. */
    void requireEnd() {
        byte[] one = new byte[1];
        if (read(one, 0, 1) >= 0) {
            throw Faults.damaged(name, "more bytes follow the " + (position - 1) + " that its header promises");
        }
        if (!sound.getAsBoolean()) {
            throw Faults.damaged(name, "the values do not have the checksum of the zip directory");
        }
    }

    @Override
    public void close() {
        closeQuietly(in);
        closeQuietly(owner);
    }

    /** Closes what was only read from, where a failure loses nothing. */
    static void closeQuietly(Closeable open) {
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            // Nothing was written, so nothing can be lost.
        }
    }
}
