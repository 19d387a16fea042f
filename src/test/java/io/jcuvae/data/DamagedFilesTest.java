package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every reader against files that break off, lie, contradict themselves or do not end. */
final class DamagedFilesTest {
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path folder;

    private record Format(String name, byte[] sound) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static byte[] safetensors() throws IOException {
        Path file = Files.createTempFile("sound", ".safetensors");
        try {
            Safetensors.write(
                    file,
                    Map.of("kind", "test"),
                    List.of(
                            Safetensors.Entry.of("a", new int[] {2, 3}, Samples.random(6, 1), 0),
                            Safetensors.Entry.of("b", new int[0], new long[] {7}, 0)));
            return Files.readAllBytes(file);
        } finally {
            Files.delete(file);
        }
    }

    private static List<Format> formats() throws IOException {
        byte[] idx = Samples.join(Samples.idx(8, 4, 3, 5), bytes(60, 1));
        byte[] npy = Samples.join(Samples.npy("<f4", false, "4, 5"), floats(20));
        byte[] fortran = Samples.join(Samples.npy("<f4", true, "4, 5"), floats(20));
        byte[] labels = Samples.join(Samples.npy("|u1", false, "4,"), bytes(4, 2));
        return List.of(
                new Format("x-ubyte", idx),
                new Format("x-ubyte.gz", Samples.gzip(idx)),
                new Format("x.npy", npy),
                new Format("y.npy", fortran),
                new Format("x.npy.gz", Samples.gzip(npy)),
                new Format("x.npz", Samples.zip(List.of("x.npy", "y.npy"), List.of(npy, labels))),
                new Format("x.safetensors", safetensors()));
    }

    private static byte[] bytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(Samples.random(count, 3));
        return bytes.array();
    }

    private void read(Path file) {
        if (file.toString().endsWith(".safetensors")) {
            Safetensors.read(file);
        } else {
            Samples.readEveryWay(file);
        }
    }

    private Path write(String name, byte[]... parts) {
        return Samples.write(folder.resolve(name), Samples.join(parts));
    }

    private String refused(String name, byte[]... parts) {
        Path file = write(name, parts);
        return Samples.assertRefused(file, () -> read(file));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void truncatedAtEveryByte(Format format) {
        read(write(format.name, format.sound));
        for (int length = 0; length < format.sound.length; length++) {
            refused(format.name, Arrays.copyOf(format.sound, length));
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void moreThanPromised(Format format) {
        // Bytes after a gzip stream or a zip directory are outside the data; java.util.zip tolerates or refuses them.
        if (!format.name.endsWith(".gz") && !format.name.endsWith(".npz")) {
            refused(format.name, format.sound, new byte[1]);
            refused(format.name, format.sound, format.sound);
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void flippedBytesAreReadOrRefusedButNeverWorse(Format format) {
        Random random = new Random(9);
        for (int i = 0; i < format.sound.length; i++) {
            byte[] bytes = format.sound.clone();
            bytes[i % bytes.length] ^= (byte) (1 + random.nextInt(255));
            Path file = write(format.name, bytes);
            try {
                read(file);
            } catch (UserError e) {
                Samples.assertOneLine(e, file.getFileName().toString());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x-ubyte", "x-ubyte.gz", "x.npy", "x.npy.gz", "x.npz", "x.csv", "x.csv.gz", "x.safetensors", "x"
            })
    void noise(String name) {
        for (int length : new int[] {0, 1, 2, 3, 10, 100, 10_000}) {
            refused(name, bytes(length, length));
            refused(name, new byte[length]);
        }
    }

    @Test
    void idxClaims() {
        String message = refused("x-ubyte", Samples.idx(8, Integer.MAX_VALUE, 28, 28), new byte[784]);
        assertTrue(message.contains("there are 784"), message);
        refused("x-ubyte", Samples.idx(8, -1, 28, 28), new byte[784]);
        refused("x-ubyte", Samples.idx(8, -1, -28, 28), new byte[784]);
        refused("x-ubyte", Samples.idx(8, 0, 28, 28));
        refused("x-ubyte", Samples.idx(8, 1, 0, 28));
        refused("x-ubyte", Samples.idx(8, 1 << 30, 1 << 30, 1 << 30), new byte[9]);
        refused("x-ubyte", Samples.idx(14, Integer.MAX_VALUE, Integer.MAX_VALUE, 1 << 30), new byte[9]);
        refused("x-ubyte", Samples.idx(8, 1, 1, 1, 1, 1), new byte[1]);
        refused("x-ubyte", Samples.idx(8), new byte[1]);
        refused("x-ubyte", Samples.idx(7, 1, 1), new byte[1]);
        refused("x-ubyte.gz", Samples.gzip(Samples.join(Samples.idx(8, Integer.MAX_VALUE, 28, 28), new byte[784])));
        refused("x-ubyte.gz", Samples.gzip(Samples.join(Samples.idx(8, 1, 1, Integer.MAX_VALUE), new byte[784])));
        // Wide rows that a small gzip could just hold: the row length is refused, not allocated.
        byte[] zeros = Samples.gzip(new byte[40 * MEBIBYTE]);
        refused("w-ubyte.gz", Samples.gzip(Samples.idx(8, 1, 1 << 25)), zeros);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{}",
                "[]",
                "{'descr': '<f4', 'fortran_order': False}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), 'more': 1}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)} x",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1",
                "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1, 1)}",
                "{'descr': '<f4, 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -4)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1e3)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 1)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 0)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4)}",
                "{'descr': '<f4', 'fortran_order': True, 'shape': (2000000000, 200000000)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1)}",
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': '<U1', 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': '<f16', 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': '', 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': [('a', '<f4'), ('b', '<f4', (2,))], 'fortran_order': False, 'shape': (1, 1)}",
                "{'descr': '\n\n\u001b[31m', 'fortran_order': False, 'shape': (1, 1)}",
                "cos\nsystem\n(S'true'\ntR.",
                "((((((((((((((((((((((((((((((((((((((((",
                "{'shape': (((((((((((1,)}"
            })
    void npyDicts(String dict) {
        refused("x.npy", Samples.npyDict(1, dict), new byte[4]);
        refused("x.npy", Samples.npyDict(3, dict), new byte[4]);
    }

    @Test
    void npyHeaders() {
        byte[] sound = Samples.npyDict(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}");
        byte[] huge = sound.clone();
        Arrays.fill(huge, 8, 12, (byte) 0xFF);
        assertTrue(refused("x.npy", huge, new byte[4]).contains("4294967295"));
        byte[] version = sound.clone();
        version[6] = 4;
        assertTrue(refused("x.npy", version, new byte[4]).contains("version 4.0"));
        byte[] magic = sound.clone();
        magic[0] = 0;
        refused("x.npy", magic, new byte[4]);
    }

    /** A gzip of {@code mebibytes} of zeros after a head; about a thousandth of that in size. */
    private static byte[] bomb(byte[] head, int mebibytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(head);
            byte[] zeros = new byte[MEBIBYTE];
            for (int i = 0; i < mebibytes; i++) {
                out.write(zeros);
            }
        }
        return packed.toByteArray();
    }

    @Test
    void gzipThatDoesNotEnd() throws IOException {
        String message = refused("x-ubyte.gz", bomb(Samples.idx(8, 10, 28, 28), 16));
        assertTrue(message.contains("more bytes follow the 7856"), message);
        refused("x.npy.gz", bomb(Samples.npy("<f4", false, "10, 10"), 16));
        refused("x.npy.gz", bomb(Samples.npy("<f4", true, "10, 10"), 16));
        refused("x.csv.gz", bomb("1,2\n".getBytes(StandardCharsets.US_ASCII), 16));
        refused("x.safetensors", bomb(new byte[0], 16));
        // Empty gzip members without end.
        byte[] empty = Samples.gzip(new byte[0]);
        byte[] many = new byte[empty.length * 50_000];
        for (int i = 0; i < many.length; i++) {
            many[i] = empty[i % empty.length];
        }
        refused("x-ubyte.gz", many);
    }

    @Test
    void csvOfOneEndlessLine() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            byte[] ones = new byte[MEBIBYTE];
            Arrays.fill(ones, (byte) '1');
            for (int i = 0; i < 65; i++) {
                out.write(ones);
            }
        }
        assertTrue(refused("x.csv.gz", packed.toByteArray()).contains("line 1 is longer"));
    }

    @Test
    void zipBombs() {
        byte[] head = Samples.npy("<f4", false, "10, 10");
        byte[] bomb = Samples.join(head, new byte[16 * MEBIBYTE]);
        assertTrue(
                refused("x.npz", Samples.zip(List.of("x.npy"), List.of(bomb))).contains("promises 400 bytes"));
        // The directory's size is forged to what the header promises; the data goes on.
        byte[] forged = Samples.zip(List.of("x.npy"), List.of(bomb));
        setDirectorySize(forged, head.length + 400);
        refused("x.npz", forged);
        // The directory claims more than deflate can pack.
        byte[] absurd = Samples.zip(List.of("x.npy"), List.of(Samples.join(head, new byte[400])));
        setDirectorySize(absurd, 0x7FFFFFFF);
        refused("x.npz", absurd);
        List<String> names = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (int i = 0; i < 10_001; i++) {
            names.add(i + ".npy");
            contents.add(new byte[0]);
        }
        assertTrue(refused("x.npz", Samples.zip(names, contents)).contains("10001 members"));
    }

    private static void setDirectorySize(byte[] zip, int size) {
        for (int i = 0; i < zip.length - 4; i++) {
            if (zip[i] == 'P' && zip[i + 1] == 'K' && zip[i + 2] == 1 && zip[i + 3] == 2) {
                ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN).putInt(i + 24, size);
            }
        }
    }

    @Test
    void zipMembersThatAreNoArrays() {
        refused("x.npz", Samples.zip(List.of("readme.txt"), List.of(new byte[9])));
        refused("x.npz", Samples.zip(List.of("x.npy"), List.of(new byte[9])));
        refused("x.npz", Samples.zip(List.of("a\nb\u001b.npy"), List.of(new byte[9])));
        Path file = write(
                "x.npz",
                Samples.zip(
                        List.of("../../up.npy"),
                        List.of(Samples.join(Samples.npy("|u1", false, "2, 2"), bytes(4, 1)))));
        read(file);
        assertEquals(List.of("x.npz"), Samples.names(folder));
    }

    private String refusedTensors(String header, int data) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length() + data).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.ISO_8859_1));
        return refused("x.safetensors", bytes.array());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}x",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
                "{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":5,\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647],\"data_offsets\":[0,8589934588]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[2147483647,2147483647,9],"
                        + "\"data_offsets\":[0,9223372036854775807]}}",
                "{\"__metadata__\":{\"a\":1},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"__metadata__\":{\"sha256\":\"00\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"__metadata__\":{},\"__metadata__\":{},"
                        + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                "{\"\u00ff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"
            })
    void safetensorsHeaders(String header) {
        refusedTensors(header, 4);
    }

    @Test
    void safetensorsLengths() {
        for (long length : new long[] {-1, Long.MIN_VALUE, 0, 100_000_001, 99_999_999, Long.MAX_VALUE}) {
            ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putLong(length);
            refused("x.safetensors", bytes.array());
        }
    }

    @Test
    void safetensorsChecksum() throws IOException {
        byte[] bytes = safetensors();
        bytes[bytes.length - 9] ^= 1;
        assertTrue(refused("x.safetensors", bytes).contains("SHA-256"));
    }

    @Test
    void foldersInPlaceOfFiles() throws IOException {
        for (String name : new String[] {"d.npy", "d.npz", "d.csv", "d-ubyte", "d.safetensors"}) {
            Path file = Files.createDirectory(folder.resolve(name));
            Samples.assertRefused(file, () -> read(file));
        }
    }

    @Test
    void labelsOfAnotherLength() {
        write("train-images-idx3-ubyte", Samples.idx(8, 3, 2, 2), bytes(12, 1));
        write("train-labels-idx1-ubyte", Samples.idx(8, 4), bytes(4, 1));
        DataSource source = DataSource.parse(folder.toString());
        source.open(Split.ALL, 0).close();
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        assertTrue(
                Samples.assertRefused(labels, () -> source.load(Split.ALL, 0)).contains("[4]"));
    }
}
