package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Rows dealt out in turn. */
final class DealtReaderTest {
    /** A reader gives as many rows as asked until they end, also where a block holds fewer: whoever reads ahead relies on it. */
    @Test
    void givesWhatIsAskedUntilTheEnd() {
        int width = 1 << 17;
        int rows = 12;
        float[] values = new float[rows * width];
        for (int r = 0; r < rows; r++) {
            Arrays.fill(values, r * width, (r + 1) * width, r);
        }
        Dataset data = Dataset.ofFloats("rows", new SampleShape(width), values, null);
        try (SampleReader dealt = new DealtReader(data.open(), 1, 3)) {
            assertEquals(4, dealt.count());
            float[] out = new float[3 * width];
            assertEquals(3, dealt.read(out, 3));
            assertEquals(1, out[0]);
            assertEquals(4, out[width]);
            assertEquals(7, out[3 * width - 1]);
            assertEquals(1, dealt.read(out, 3));
            assertEquals(10, out[0]);
            assertEquals(0, dealt.read(out, 3));
        }
    }
}
