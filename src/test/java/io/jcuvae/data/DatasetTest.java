package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import org.junit.jupiter.api.Test;

/** Rows in memory, their kinds, and the shapes of rows. */
final class DatasetTest {
    private static final SampleShape PAIR = new SampleShape(2);

    @Test
    void kinds() {
        assertEquals(
                ValueKind.BINARY,
                Dataset.ofFloats("a", PAIR, new float[] {0, 1}, null).values());
        assertEquals(
                ValueKind.UNIT,
                Dataset.ofFloats("a", PAIR, new float[] {0, 0.5f}, null).values());
        assertEquals(
                ValueKind.REAL,
                Dataset.ofFloats("a", PAIR, new float[] {-0.1f, 0}, null).values());
        assertEquals(
                ValueKind.REAL,
                Dataset.ofFloats("a", PAIR, new float[] {0.5f, 1.1f}, null).values());
        assertEquals(
                ValueKind.BINARY,
                Dataset.ofBytes("a", PAIR, new byte[] {0, -1}, null).values());
        assertEquals(
                ValueKind.UNIT,
                Dataset.ofBytes("a", PAIR, new byte[] {0, 1}, null).values());
    }

    @Test
    void valuesOutsideTheUnitRangeAreNamed() {
        Dataset data = Dataset.ofFloats("set.csv", PAIR, new float[] {0, 1, 0.5f, 1.5f}, null);
        UserError error = assertThrows(UserError.class, () -> data.requireUnit("use --likelihood gaussian"));
        assertEquals(
                "set.csv: row 1, column 1 (counted from 0) is 1.5, outside [0, 1]; use --likelihood gaussian",
                error.getMessage());
        Dataset.ofBytes("a", PAIR, new byte[] {0, -1}, null).requireUnit("");
        error = assertThrows(
                UserError.class, () -> Samples.drain(Values.requireUnit(data.open(), "set.csv", "use gaussian")));
        assertTrue(error.getMessage().contains("row 1, column 1"), error.getMessage());
        assertArrayEquals(
                new float[] {0, 1},
                Samples.drain(Values.requireUnit(data.first(1).open(), "set.csv", "")));
    }

    @Test
    void fingerprintsTellValuesKindAndShape() {
        Dataset bytes = Dataset.ofBytes("a", PAIR, new byte[] {0, -1, 3, 4}, null);
        Dataset same = Dataset.ofBytes("b", PAIR, new byte[] {0, -1, 3, 4}, new int[] {1, 2});
        assertEquals(bytes.fingerprint(), same.fingerprint());
        assertTrue(bytes.fingerprint().matches("sha256:[0-9a-f]{64}"));
        assertNotEquals(bytes.fingerprint(), bytes.first(1).fingerprint());
        assertNotEquals(
                bytes.fingerprint(),
                Dataset.ofBytes("a", new SampleShape(4), new byte[] {0, -1, 3, 4}, null)
                        .fingerprint());
        assertNotEquals(
                Dataset.ofFloats("a", PAIR, new float[] {0, 1}, null).fingerprint(),
                Dataset.ofFloats("a", PAIR, new float[] {1, 0}, null).fingerprint());
        // sha256 of "floats 1 x 2\n" and the little-endian bytes of 0.5 and -1.
        assertEquals(
                "sha256:7c0f10ef27a18d054f0a6b9a0ca655421fbeb49ecdc610826637a87b9ee1e69c",
                Dataset.ofFloats("a", PAIR, new float[] {0.5f, -1}, null).fingerprint());
    }

    @Test
    void rows() {
        Dataset data = Dataset.ofBytes("a", PAIR, new byte[] {0, -1, 51, 4}, new int[] {8, 9});
        float[] out = new float[4];
        data.copyRow(1, out, 1);
        assertArrayEquals(new float[] {0, 51 / 255f, 4 / 255f, 0}, out);
        assertSame(data, data.first(2));
        assertArrayEquals(new int[] {8}, data.first(1).labels());
        assertThrows(IllegalArgumentException.class, () -> Dataset.ofBytes("a", PAIR, new byte[3], null));
        assertThrows(IllegalArgumentException.class, () -> Dataset.ofBytes("a", PAIR, new byte[0], null));
        assertThrows(IllegalArgumentException.class, () -> Dataset.ofBytes("a", PAIR, new byte[4], new int[1]));
        assertThrows(
                IllegalStateException.class,
                () -> Dataset.ofFloats("a", PAIR, new float[2], null).open().readBytes(new byte[2], 1));
    }

    @Test
    void shapes() {
        assertEquals(new SampleShape(28, 28), SampleShape.parse("28x28"));
        assertEquals("3x32x32", new SampleShape(3, 32, 32).toString());
        assertEquals(3072, new SampleShape(3, 32, 32).width());
        assertEquals(new SampleShape(4).hashCode(), new SampleShape(4).hashCode());
        assertNotEquals(new SampleShape(4), new SampleShape(4, 1));
        assertTrue(new SampleShape(2, 3).isImage());
        int[] sizes = {2, 3};
        SampleShape shape = new SampleShape(sizes);
        sizes[0] = 9;
        shape.sizes()[0] = 9;
        assertEquals("2x3", shape.toString());
        assertThrows(IllegalArgumentException.class, SampleShape::new);
        assertThrows(IllegalArgumentException.class, () -> new SampleShape(0));
        assertThrows(IllegalArgumentException.class, () -> new SampleShape(1 << 16, 1 << 16));
        for (String text : new String[] {"", "x", "28x", "28y28", "-1", "0x3"}) {
            assertThrows(UserError.class, () -> SampleShape.parse(text));
        }
    }
}
