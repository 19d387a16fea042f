package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The drawn moons. */
final class MoonsTest {
    @Test
    void sizesAndParts() {
        DataSource source = DataSource.parse("moons:50");
        Dataset train = source.load(Split.TRAIN, 0);
        Dataset test = source.load(Split.TEST, 0);
        assertEquals(50, train.count());
        assertEquals(10, test.count());
        assertEquals(1, DataSource.parse("moons:1").load(Split.TEST, 0).count());
        assertEquals(new SampleShape(28, 28), train.shape());
        assertTrue(train.isBytes() && source.hasTestSplit());
        assertNotEquals(train.first(10).fingerprint(), test.fingerprint());
        try (SampleReader reader = DataSource.parse("moons").open(Split.TRAIN, 0)) {
            assertEquals(10_000, reader.count());
        }
    }

    @Test
    void aSampleDependsOnItsIndexAlone() {
        Dataset few = DataSource.parse("moons:40").load(Split.TRAIN, 0);
        Dataset more = DataSource.parse("moons:90").load(Split.TRAIN, 0);
        assertArrayEquals(few.bytes(), more.first(40).bytes());
        assertArrayEquals(few.labels(), more.first(40).labels());
        float[] streamed = Samples.drain(DataSource.parse("moons:40").open(Split.TRAIN, 0));
        float[] row = new float[784];
        for (int i = 0; i < 40; i++) {
            few.copyRow(i, row, 0);
            assertArrayEquals(row, Arrays.copyOfRange(streamed, i * 784, i * 784 + 784));
        }
    }

    @Test
    void theFingerprintIsTheSameEverywhere() {
        assertEquals(
                "sha256:7f5ba0529552670eb2fe92d50ffe162d1316fc5f6db2e467987e593e1d9c3fe6",
                DataSource.parse("moons:1000").load(Split.ALL, 0).fingerprint());
    }

    @Test
    void thePhaseMovesTheLight() {
        Dataset moons = DataSource.parse("moons:2000").load(Split.TRAIN, 0);
        double disc = Math.PI * 11 * 11;
        int[] seen = new int[100];
        for (int i = 0; i < moons.count(); i++) {
            double left = 0;
            double right = 0;
            for (int p = 0; p < 784; p++) {
                double light = (moons.bytes()[i * 784 + p] & 0xFF) / 255.0;
                if (p % 28 < 14) {
                    left += light;
                } else {
                    right += light;
                }
            }
            int label = moons.labels()[i];
            seen[label]++;
            // The lit share of the disc is (1 - cos 2 pi phase) / 2.
            double phase = 0.04 + 0.92 * (label + 0.5) / 100;
            assertEquals((1 - Math.cos(2 * Math.PI * phase)) / 2, (left + right) / disc, 0.03);
            assertTrue(label < 48 ? right > left : label < 52 || left > right, "label " + label);
        }
        for (int label = 0; label < 100; label++) {
            assertTrue(seen[label] > 5, "label " + label);
        }
    }
}
