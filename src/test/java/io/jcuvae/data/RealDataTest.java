package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real files, where they are beside the checkout; the figures are those of the data's own description. */
final class RealDataTest {
    private static double mean(Dataset data) {
        long sum = 0;
        for (byte value : data.bytes()) {
            sum += value & 0xFF;
        }
        return sum / (double) data.bytes().length;
    }

    private static int[] labelCounts(Dataset data) {
        int[] counts = new int[10];
        for (int label : data.labels()) {
            counts[label]++;
        }
        return counts;
    }

    @Test
    void mnist() {
        DataSource source = DataSource.parse(Samples.shared("mnist").toString());
        // About 0.4 s on two cores; the bound leaves room for a busy machine.
        Dataset train = assertTimeout(Duration.ofSeconds(5), () -> source.load(Split.TRAIN, 0));
        Dataset test = source.load(Split.TEST, 0);
        assertEquals(60_000, train.count());
        assertEquals(33.3184, mean(train), 5e-5);
        assertEquals(33.7912, mean(test), 5e-5);
        assertArrayEquals(new int[] {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, labelCounts(train));
        assertArrayEquals(new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, labelCounts(test));
        DataSource sample = DataSource.parse("mnist-sample");
        assertEquals(
                train.first(10_000).fingerprint(), sample.load(Split.TRAIN, 0).fingerprint());
        assertEquals(test.first(2_000).fingerprint(), sample.load(Split.TEST, 0).fingerprint());
        assertArrayEquals(
                train.first(10_000).labels(), sample.load(Split.TRAIN, 0).labels());
    }

    @Test
    void fashionMnist() {
        DataSource source = DataSource.parse(Samples.shared("fashion-mnist").toString());
        Dataset train = source.load(Split.TRAIN, 0);
        Dataset test = source.load(Split.TEST, 0);
        assertEquals(72.9404, mean(train), 5e-5);
        assertEquals(73.1466, mean(test), 5e-5);
        for (int label = 0; label < 10; label++) {
            assertEquals(6000, labelCounts(train)[label]);
            assertEquals(1000, labelCounts(test)[label]);
        }
        assertEquals(70_000, source.load(Split.ALL, 0).count());
    }

    @Test
    void binarizedMnist() {
        DataSource source = DataSource.parse(Samples.shared("binarized-mnist").toString());
        Dataset train = source.load(Split.TRAIN, 0);
        assertEquals(50_000, train.count());
        assertEquals(ValueKind.BINARY, train.values());
        assertEquals(0.13056, mean(train) / 255, 5e-6);
        assertEquals(0.13251, mean(source.load(Split.TEST, 0)) / 255, 5e-6);
        String valid = "binarized-mnist/binarized_mnist_valid-images-idx3-ubyte.gz";
        Dataset single = DataSource.parse(Samples.shared(valid).toString()).load(Split.ALL, 0);
        assertEquals(0.13113, mean(single) / 255, 5e-6);
    }

    @Test
    void dsprites() {
        String file = Samples.shared("dsprites/dsprites_downsampled.npz").toString();
        DataSource source = DataSource.parse(file);
        try (SampleReader reader = source.open(Split.ALL, 0)) {
            assertEquals(46_080, reader.count());
            assertEquals(new SampleShape(64, 64), reader.shape());
            assertTrue(reader.bytes());
            byte[] block = new byte[512 * 4096];
            long on = 0;
            for (int got = reader.readBytes(block, 512); got > 0; got = reader.readBytes(block, 512)) {
                for (int i = 0; i < got * 4096; i++) {
                    assertTrue(block[i] == 0 || block[i] == -1);
                    on -= block[i];
                }
            }
            assertEquals(0.0425, on / (46_080.0 * 4096), 5e-5);
        }
        assertEquals(1, source.warnings().size());
        assertTrue(
                source.warnings().get(0).contains("\"metadata\""),
                source.warnings().get(0));
        Dataset factors = DataSource.parse(file + ":latents_classes").load(Split.ALL, 16);
        assertArrayEquals(new float[] {0, 0, 0, 0, 3}, Arrays.copyOfRange(factors.floats(), 15, 20));
        Dataset test = source.load(Split.TEST, 100);
        assertEquals(ValueKind.BINARY, test.values());
    }

    @Test
    void cifar(@TempDir Path cache) {
        String both = Samples.shared("cifar10-jpeg").toString();
        PictureOptions options = PictureOptions.asTheyAre().withCache(cache);
        DataSource source = DataSource.parse(both, options);
        assertTrue(source.hasTestSplit());
        Dataset test = source.load(Split.TEST, 0);
        assertEquals(new SampleShape(32, 32, 3), test.shape());
        assertEquals(10_000, test.count());
        assertEquals(20_000, source.load(Split.TRAIN, 0).count());
        double[] sums = new double[3];
        for (int i = 0; i < test.bytes().length; i++) {
            sums[i % 3] += test.bytes()[i] & 0xFF;
        }
        double pixels = test.bytes().length / 3.0;
        // Decoders may differ by a level.
        assertArrayEquals(
                new double[] {126.0, 123.7, 114.9},
                new double[] {sums[0] / pixels, sums[1] / pixels, sums[2] / pixels},
                0.3);
        for (int label = 0; label < 10; label++) {
            assertEquals(1000, labelCounts(test)[label]);
            assertEquals(label, test.labels()[label]);
        }
        // One zip alone is undivided.
        String alone = Samples.shared("cifar10-jpeg/cifar10-test-jpeg.zip").toString();
        DataSource single = DataSource.parse(alone, options.withSize("8x8").withGrey(true));
        assertFalse(single.hasTestSplit());
        Dataset small = single.load(Split.ALL, 0);
        assertEquals(new SampleShape(8, 8), small.shape());
        // Luma and area means keep the mean.
        assertEquals(0.299 * 126.0 + 0.587 * 123.7 + 0.114 * 114.9, mean(small), 0.5);
    }

    @Test
    void adbench() {
        Dataset thyroid = DataSource.parse(
                        Samples.shared("adbench/38_thyroid.npz").toString())
                .load(Split.ALL, 0);
        assertEquals(3772, thyroid.count());
        assertEquals(new SampleShape(6), thyroid.shape());
        assertEquals(93, Arrays.stream(thyroid.labels()).sum());
        assertEquals(ValueKind.UNIT, thyroid.values());
        Dataset cardio = DataSource.parse(Samples.shared("adbench/6_cardio.npz").toString())
                .load(Split.ALL, 0);
        assertEquals(176, Arrays.stream(cardio.labels()).sum());
        assertEquals(ValueKind.REAL, cardio.values());
        float least = Float.MAX_VALUE;
        float most = -Float.MAX_VALUE;
        for (float value : cardio.floats()) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        assertEquals(-4.568, least, 5e-4);
        assertEquals(19.900, most, 5e-4);
    }
}
