package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IDX, NPY and NPZ files from bytes that are written out here. */
final class ArrayFilesTest {
    @TempDir
    private Path folder;

    private Dataset load(String name, byte[]... parts) {
        Path file = Samples.write(folder.resolve(name), Samples.join(parts));
        Dataset data = DataSource.parse(file.toString()).load(Split.ALL, 0);
        float[] streamed = Samples.drain(DataSource.parse(file.toString()).open(Split.ALL, 0));
        float[] row = new float[data.width()];
        for (int i = 0; i < data.count(); i++) {
            data.copyRow(i, row, 0);
            for (int d = 0; d < row.length; d++) {
                assertEquals(row[d], streamed[i * row.length + d]);
            }
        }
        return data;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    @Test
    void idxBytes() {
        byte[] file = hex("00000803 00000002 00000001 00000003 00 01 02 fd fe ff");
        for (byte[] bytes : List.of(file, Samples.gzip(file))) {
            Dataset data = load("x-idx3-ubyte", bytes);
            assertArrayEquals(hex("000102fdfeff"), data.bytes());
            assertEquals(new SampleShape(1, 3), data.shape());
            assertNull(data.labels());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "09, fe 7f, -2, 127",
        "0B, fffe 0100, -2, 256",
        "0C, fffffffe 00010000, -2, 65536",
        "0D, bf800000 3f000000, -1, 0.5",
        "0E, bff0000000000000 3fe0000000000000, -1, 0.5"
    })
    void idxNumbers(String type, String values, float first, float second) {
        Dataset data = load("x.idx", hex("0000" + type + "02 00000001 00000002"), hex(values));
        assertArrayEquals(new float[] {first, second}, data.floats());
    }

    @ParameterizedTest
    @CsvSource({
        "<i1, fe7f, -2, 127",
        "<i2, feff 0001, -2, 256",
        ">i2, fffe 0100, -2, 256",
        "<u2, feff 0001, 65534, 256",
        "<i4, feffffff 00000100, -2, 65536",
        ">u4, fffffffe 00010000, 4294967294, 65536",
        "<i8, feffffffffffffff 0001000000000000, -2, 256",
        ">i8, fffffffffffffffe 0000000000000100, -2, 256",
        "<u8, 0000000000000080 ffffffffffffffff, 9223372036854775808, 18446744073709551615",
        "<f2, 003c 0184, 1, -0.00006109476",
        ">f2, 7bff 0001, 65504, 0.000000059604645",
        "<f4, 0000003f 000080bf, 0.5, -1",
        ">f4, 3f000000 bf800000, 0.5, -1",
        "=f4, 0000003f 000080bf, 0.5, -1",
        "<f8, 000000000000e03f 000000000000f0bf, 0.5, -1",
        ">f8, 3fe0000000000000 bff0000000000000, 0.5, -1"
    })
    void npyNumbers(String descr, String values, float first, float second) {
        byte[] header = Samples.npy(descr, false, "1, 2");
        assertArrayEquals(
                new float[] {first, second}, load("x.npy", header, hex(values)).floats());
        assertArrayEquals(
                new float[] {first, second},
                load("x.npy.gz", Samples.gzip(Samples.join(header, hex(values))))
                        .floats());
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void npyVersions(int version) {
        String dict = "{\"shape\": (1L, 2L), 'fortran_order':False,'descr':'|u1'}   ";
        Dataset data = load("x.npy", Samples.npyDict(version, dict), hex("0709"));
        assertArrayEquals(hex("0709"), data.bytes());
    }

    @Test
    void fortranOrderIsTurnedOver() {
        // a[i, j, k] = 100 i + 10 j + k of shape [2, 3, 4], first index fastest.
        ByteBuffer values = ByteBuffer.allocate(24 * 4).order(ByteOrder.LITTLE_ENDIAN);
        byte[] bytes = new byte[24];
        float[] expected = new float[24];
        for (int n = 0; n < 24; n++) {
            int value = 100 * (n % 2) + 10 * (n / 2 % 3) + n / 6;
            values.putFloat(value);
            bytes[n] = (byte) value;
            expected[n % 2 * 12 + n / 2 % 3 * 4 + n / 6] = value;
        }
        byte[] plain = Samples.join(Samples.npy("<f4", true, "2, 3, 4"), values.array());
        assertArrayEquals(expected, load("x.npy", plain).floats());
        assertArrayEquals(expected, load("x.npy", Samples.gzip(plain)).floats());
        Dataset data = load("x.npy", Samples.npy("|u1", true, "2, 3, 4"), bytes);
        for (int i = 0; i < 24; i++) {
            assertEquals(expected[i], data.bytes()[i] & 0xFF);
        }
        assertEquals(new SampleShape(3, 4), data.shape());
    }

    @Test
    void bytesOfZeroAndOneAreBinary() {
        Dataset data = load("x.npy", Samples.npy("|u1", false, "2, 2"), hex("00010100"));
        assertArrayEquals(hex("00ffff00"), data.bytes());
        assertEquals(ValueKind.BINARY, data.values());
        assertArrayEquals(
                hex("00ffff00"),
                load("b.npy", Samples.npy("|b1", false, "2, 2"), hex("00010200"))
                        .bytes());
        assertArrayEquals(
                hex("00ffff00"),
                load("f.npy", Samples.npy("|b1", true, "2, 2"), hex("00010100")).bytes());
        assertArrayEquals(
                hex("00010200"),
                load("g.npy", Samples.npy("|u1", false, "2, 2"), hex("00010200"))
                        .bytes());
        assertArrayEquals(
                hex("00ff"), load("h-ubyte", Samples.idx(8, 1, 2), hex("0001")).bytes());
    }

    @Test
    void aChannelAxisOfOneIsDropped() {
        assertEquals(
                new SampleShape(2, 3),
                load("a.npy", Samples.npy("|u1", false, "1, 2, 3, 1"), new byte[6])
                        .shape());
        assertEquals(
                new SampleShape(2, 3),
                load("a.npy", Samples.npy("|u1", false, "1, 1, 2, 3"), new byte[6])
                        .shape());
        assertEquals(
                new SampleShape(1),
                load("a.npy", Samples.npy("|u1", false, "6, 1"), new byte[6]).shape());
        assertEquals(
                new SampleShape(3, 1, 2),
                load("a.npy", Samples.npy("|u1", false, "1, 3, 1, 2"), new byte[6])
                        .shape());
    }

    @Test
    void unknownEndingsAreToldByTheFirstBytes() {
        assertArrayEquals(
                hex("0709"), load("rows", Samples.idx(8, 1, 2), hex("0709")).bytes());
        assertArrayEquals(
                hex("0709"),
                load("rows.bin", Samples.npy("|u1", false, "1, 2"), hex("0709")).bytes());
    }

    private Path npz(String... keysAndHeaders) {
        List<String> names = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (int i = 0; i < keysAndHeaders.length; i += 3) {
            names.add(keysAndHeaders[i]);
            String shape = keysAndHeaders[i + 2];
            int count = 1;
            for (String size : shape.split(",")) {
                count *= size.isBlank() ? 1 : Integer.parseInt(size.trim());
            }
            String descr = keysAndHeaders[i + 1];
            byte[] values = new byte[count * (descr.charAt(2) - '0')];
            for (int n = 0; n < values.length; n += descr.charAt(2) - '0') {
                values[n] = (byte) (n / (descr.charAt(2) - '0') + 3);
            }
            contents.add(Samples.join(Samples.npy(descr, false, shape), values));
        }
        return Samples.write(folder.resolve("set.npz"), Samples.zip(names, contents));
    }

    @Test
    void npzChoosesTheOnlyMemberThatCanBeData() {
        Path file =
                npz("a.npy", "<i8", "3,", "pixels.npy", "|u1", "3, 2", "o.npy", "|O8", "3, 2", "w.npy", "<U1", "3,");
        DataSource source = DataSource.parse(file.toString());
        Dataset data = source.load(Split.ALL, 0);
        assertArrayEquals(hex("030405060708"), data.bytes());
        assertNull(data.labels());
        source.open(Split.ALL, 0).close();
        assertEquals(2, source.warnings().size(), source.warnings().toString());
        assertTrue(
                source.warnings().get(0).contains("pickled"), source.warnings().get(0));
    }

    @Test
    void npzNamesAndLabels() {
        Path file = npz("X.npy", "|u1", "3, 2", "other.npy", "|u1", "3, 2", "y.npy", "<i8", "3,");
        Dataset data = DataSource.parse(file.toString()).load(Split.ALL, 0);
        assertArrayEquals(hex("030405060708"), data.bytes());
        assertArrayEquals(new int[] {3, 4, 5}, data.labels());
        Dataset other = DataSource.parse(file + ":other").load(Split.ALL, 2);
        assertEquals(2, other.count());
        assertArrayEquals(new int[] {3, 4}, other.labels());
    }

    @Test
    void npzThatIsAmbiguousListsItsMembers() {
        Path file = npz("a.npy", "|u1", "3, 2", "b.npy", "|u1", "4, 2");
        String message = Samples.assertRefused(file, () -> Samples.readEveryWay(file));
        assertTrue(message.contains("\"a\" [3, 2], \"b\" [4, 2]") && message.contains(":key"), message);
        message =
                Samples.assertRefused(file, () -> DataSource.parse(file + ":c").load(Split.ALL, 0));
        assertTrue(message.contains("\"c\"") && message.contains("\"a\""), message);
    }

    @Test
    void labelsAreNoData() {
        Path file = Samples.write(folder.resolve("y-idx1-ubyte"), Samples.join(Samples.idx(8, 3), new byte[3]));
        assertTrue(Samples.assertRefused(file, () -> Samples.readEveryWay(file)).contains("labels"));
        Path npy = Samples.write(folder.resolve("y.npy"), Samples.join(Samples.npy("<i4", false, "3,"), new byte[12]));
        assertTrue(Samples.assertRefused(npy, () -> Samples.readEveryWay(npy)).contains("labels"));
        Path set = npz("y.npy", "<i8", "3,");
        assertTrue(Samples.assertRefused(set, () -> Samples.readEveryWay(set)).contains("labels"));
    }

    @Test
    void whatIsNotFiniteIsRefusedWithItsPlace() {
        String[] bad = {"<f4, 0000c07f, NaN", "<f8, 000000000000f0ff, -Infinity", "<f8, 9c7500883ce4377e, 1.0E300"};
        for (String line : bad) {
            String[] part = line.split(", ");
            int size = part[0].charAt(2) - '0';
            byte[] values = Samples.join(new byte[5 * size], hex(part[1]));
            for (boolean fortran : new boolean[] {false, true}) {
                Path file = Samples.write(
                        folder.resolve("n.npy"), Samples.join(Samples.npy(part[0], fortran, "2, 3"), values));
                String message = Samples.assertRefused(file, () -> Samples.readEveryWay(file));
                assertTrue(message.contains("row 1, column 2") && message.contains(part[2]), message);
            }
        }
    }
}
