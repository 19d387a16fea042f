package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checkpoint's container. */
final class SafetensorsTest {
    @TempDir
    private Path folder;

    @Test
    void everyTypeComesBack() throws Exception {
        Path file = folder.resolve("a/b.safetensors");
        float[] block = Samples.random(100_000, 1);
        Safetensors.write(
                file,
                Map.of("model", "vae \"\u00e9\u2028\n"),
                List.of(
                        Safetensors.Entry.of("w", new int[] {300, 200}, block, 7),
                        Safetensors.Entry.of("d", new int[] {2}, new double[] {1, Math.PI, -0.0}, 1),
                        Safetensors.Entry.of("i", new int[] {1, 2}, new int[] {Integer.MIN_VALUE, 5}, 0),
                        Safetensors.Entry.of("step", new int[0], new long[] {9, Long.MAX_VALUE}, 1),
                        Safetensors.Entry.of("none", new int[] {0, 3}, new float[0], 0),
                        Safetensors.Entry.of("u", new int[] {3}, new byte[] {1, -1, 0}, 0)));
        Safetensors back = Safetensors.read(file);
        assertEquals(List.of("w", "d", "i", "step", "none", "u"), back.names());
        assertArrayEquals(Arrays.copyOfRange(block, 7, 60_007), back.floats("w"));
        float[] wider = new float[60_002];
        back.copyFloats("w", wider, 2);
        assertEquals(block[7], wider[2]);
        assertArrayEquals(new double[] {Math.PI, -0.0}, back.doubles("d"));
        assertArrayEquals(new int[] {Integer.MIN_VALUE, 5}, back.ints("i"));
        assertArrayEquals(new long[] {Long.MAX_VALUE}, back.longs("step"));
        assertArrayEquals(new byte[] {1, -1, 0}, back.bytes("u"));
        assertArrayEquals(new int[] {300, 200}, back.shape("w"));
        assertEquals(0, back.floats("none").length);
        assertEquals(Safetensors.DType.I64, back.dtype("step"));
        assertEquals("vae \"\u00e9\u2028\n", back.metadata().get("model"));
        assertTrue(back.metadata().get("sha256").matches("[0-9a-f]{64}"));
        assertEquals(List.of("b.safetensors"), Samples.names(file.getParent()));
        long header = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        assertEquals(0, header % 8);
        Samples.assertRefused(file, () -> back.floats("x"));
        Samples.assertRefused(file, () -> back.floats("d"));
    }

    @Test
    void filesOfOthersNeedNoChecksumAndNoOrder() {
        String header = "{\"b\":{\"dtype\":\"F32\",\"data_offsets\":[4,8],\"shape\":[1]},"
                + " \"a\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]}}  ";
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length() + 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.UTF_8));
        bytes.putInt(42).putFloat(0.5f);
        Safetensors back = Safetensors.read(Samples.write(folder.resolve("x.safetensors"), bytes.array()));
        assertArrayEquals(new int[] {42}, back.ints("a"));
        assertArrayEquals(new float[] {0.5f}, back.floats("b"));
        assertEquals(List.of("b", "a"), back.names());
    }

    @Test
    void mistakesOfTheProgramAreNoFilesOfTheUser() {
        Path file = folder.resolve("x.safetensors");
        int[] one = {1};
        float[] data = new float[1];
        assertThrows(IllegalArgumentException.class, () -> Safetensors.Entry.of("a", new int[] {2}, data, 0));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.Entry.of("a", one, data, 1));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.Entry.of("a", one, data, -1));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.Entry.of("__metadata__", one, data, 0));
        assertThrows(
                IllegalArgumentException.class, () -> new Safetensors.Entry("a", one, Safetensors.DType.F64, data, 0));
        Safetensors.Entry twice = Safetensors.Entry.of("a", one, data, 0);
        assertThrows(IllegalArgumentException.class, () -> Safetensors.write(file, Map.of(), List.of(twice, twice)));
        assertEquals(List.of(), Samples.names(folder));
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws Exception {
        Path file = folder.resolve("config.json");
        AtomicFile.write(file, out -> out.write("old".getBytes(StandardCharsets.UTF_8)));
        assertThrows(
                UserError.class,
                () -> AtomicFile.write(file, out -> {
                    out.write(new byte[1 << 20]);
                    throw new IOException("No space left on device");
                }));
        assertThrows(
                IllegalStateException.class,
                () -> AtomicFile.write(file, out -> {
                    throw new IllegalStateException();
                }));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("config.json"), Samples.names(folder));
        AtomicFile.write(file, out -> out.write("new".getBytes(StandardCharsets.UTF_8)));
        assertEquals("new", Files.readString(file));
    }

    @Test
    void linksAndPermissionsAreKept() throws Exception {
        Path real = Files.createDirectories(folder.resolve("real"));
        Files.writeString(real.resolve("x.txt"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.txt"), real.resolve("x.txt"));
        AtomicFile.write(link, out -> out.write('n'));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("n", Files.readString(real.resolve("x.txt")));
        Path folderLink = Files.createSymbolicLink(folder.resolve("folder"), real);
        AtomicFile.write(folderLink.resolve("y.txt"), out -> out.write('y'));
        Path plain = Files.createFile(folder.resolve("plain"));
        assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(real.resolve("y.txt")));
    }
}
