package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;

/** Files made for the tests, and the real data where it is there. */
final class Samples {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Samples() {}

    /** A file of the shared data beside the checkout, or the test is skipped with a word. */
    static Path shared(String name) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path file = folder.resolve("shared/data").resolve(name);
            if (Files.exists(file)) {
                return file;
            }
        }
        Assumptions.abort("shared/data/" + name + " is not beside this checkout");
        return null;
    }

    static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** A zip of deflated members. */
    static byte[] zip(List<String> names, List<byte[]> contents) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(packed)) {
            for (int i = 0; i < names.size(); i++) {
                out.putNextEntry(new ZipEntry(names.get(i)));
                out.write(contents.get(i));
                out.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** An IDX header with any claims. */
    static byte[] idx(int type, int... sizes) {
        ByteBuffer header = ByteBuffer.allocate(4 + 4 * sizes.length);
        header.put((byte) 0).put((byte) 0).put((byte) type).put((byte) sizes.length);
        Arrays.stream(sizes).forEach(header::putInt);
        return header.array();
    }

    /** A .npy header of version 1.0 with any dict. */
    static byte[] npyDict(int version, String dict) {
        byte[] text = (dict + "\n").getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer header =
                ByteBuffer.allocate((version == 1 ? 10 : 12) + text.length).order(ByteOrder.LITTLE_ENDIAN);
        header.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        header.put((byte) version).put((byte) 0);
        if (version == 1) {
            header.putShort((short) text.length);
        } else {
            header.putInt(text.length);
        }
        return header.put(text).array();
    }

    static byte[] npy(String descr, boolean fortran, String shape) {
        return npyDict(
                1,
                "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + shape
                        + "), }");
    }

    /** All rows of a reader by small, uneven steps. */
    static float[] drain(SampleReader reader) {
        try (reader) {
            int width = reader.shape().width();
            float[] block = new float[3 * width];
            float[] all = new float[0];
            for (int got = reader.read(block, 3); got > 0; got = reader.read(block, 3)) {
                int filled = all.length;
                all = Arrays.copyOf(all, filled + got * width);
                System.arraycopy(block, 0, all, filled, got * width);
            }
            assertEquals(0, reader.read(block, 3));
            return all;
        }
    }

    /** Reads a file whole by every road, as data. */
    static void readEveryWay(Path file) {
        DataSource source = DataSource.parse(file.toString());
        drain(source.open(Split.TRAIN, 0));
        source.load(Split.ALL, 0);
    }

    /** The read must end soon in one line that names the file. */
    static String assertRefused(Path file, Runnable read) {
        UserError error = assertThrows(
                UserError.class,
                () -> assertTimeoutPreemptively(PATIENCE, read::run),
                () -> file + " was read as if it were sound");
        assertOneLine(error, file.getFileName().toString());
        return error.getMessage();
    }

    static void assertOneLine(UserError error, String named) {
        String message = error.getMessage();
        assertTrue(message.contains(named), message);
        assertFalse(message.contains("\n") || message.contains("\r"), message);
        assertFalse(message.contains("Exception"), message);
        assertTrue(message.length() < 700, message);
    }

    /** Every name in a folder, hidden ones too. */
    static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
