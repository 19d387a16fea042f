package io.jcuvae.data;

import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdInputStream;
import io.jcuvae.tensor.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.format.CompressionCodec;

/** Unpacks pages; memory grows with what comes out, not with what a page says it holds. */
final class ParquetCodec {
    /** Larger pages are of no writer's: they hold a megabyte as a rule. */
    private static final int MOST = 1 << 28;

    private static final int FIRST = 1 << 13;
    /** A copy of 64 bytes takes three in Snappy; a byte of length stands for 255 in LZ4. */
    private static final int SNAPPY_RATIO = 22;

    private static final int LZ4_RATIO = 255;
    private static final int SLACK = 64;

    private ParquetCodec() {}

    /**
     * Unpacks a stretch of bytes.
     *
     * @param claimed its length, unpacked, by the page's header
     * @throws IOException if it is not that, or damaged
     * @throws UserError if the codec is not known
     */
    static byte[] unpack(String file, CompressionCodec codec, byte[] bytes, int from, int length, int claimed)
            throws IOException {
        if (claimed < 0 || claimed > MOST) {
            throw new IOException("a page is to have " + claimed + " bytes, at most " + MOST + " are read");
        }
        try {
            return switch (codec) {
                case UNCOMPRESSED -> plain(bytes, from, length, claimed);
                case SNAPPY -> block(new SnappyDecompressor(), SNAPPY_RATIO, bytes, from, length, claimed);
                case LZ4_RAW -> block(new Lz4Decompressor(), LZ4_RATIO, bytes, from, length, claimed);
                case GZIP -> stream(new GZIPInputStream(new ByteArrayInputStream(bytes, from, length)), claimed);
                case ZSTD -> stream(new ZstdInputStream(new ByteArrayInputStream(bytes, from, length)), claimed);
                default ->
                    throw new UserError(file + ": is compressed with " + codec
                            + ", which is not read; write it with zstd, snappy, gzip, lz4_raw or none");
            };
        } catch (UserError e) {
            throw e;
        } catch (RuntimeException e) {
            throw new IOException("a page does not unpack (" + e.getMessage() + ")", e);
        }
    }

    private static byte[] plain(byte[] bytes, int from, int length, int claimed) throws IOException {
        requireLength(length, claimed);
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    private static byte[] block(Decompressor codec, int ratio, byte[] bytes, int from, int length, int claimed)
            throws IOException {
        if (claimed > (long) ratio * length + SLACK) {
            throw new IOException("a page of " + length + " bytes is to unpack to " + claimed);
        }
        byte[] out = new byte[claimed];
        requireLength(
                length == 0 && claimed == 0 ? 0 : codec.decompress(bytes, from, length, out, 0, claimed), claimed);
        return out;
    }

    private static byte[] stream(InputStream in, int claimed) throws IOException {
        byte[] out = new byte[Math.min(claimed, FIRST)];
        int done = 0;
        while (true) {
            if (done == out.length && done < claimed) {
                out = Arrays.copyOf(out, (int) Math.min(claimed, 2L * done));
            }
            int got = done < out.length ? in.read(out, done, out.length - done) : in.read() < 0 ? -1 : claimed + 1;
            if (got < 0) {
                break;
            }
            if (got > claimed) {
                throw new IOException("a page unpacks to more than " + claimed + " bytes");
            }
            done += got;
        }
        requireLength(done, claimed);
        return out;
    }

    private static void requireLength(int length, int claimed) throws IOException {
        if (length != claimed) {
            throw new IOException("a page unpacks to " + length + " bytes in place of " + claimed);
        }
    }
}
