package io.jcuvae.api;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.train.SmallRuns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Small data and models for tests of the library. */
final class Small {
    static final int SIDE = SmallRuns.SIDE;
    static final int WIDTH = SIDE * SIDE;

    private Small() {}

    /** Keeps what it is told. */
    static final class Heard implements TrainingListener {
        final List<Epoch> epochs = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();
        int progress;

        @Override
        public void progress(Progress now) {
            progress++;
        }

        @Override
        public void epoch(Epoch epoch) {
            epochs.add(epoch);
        }

        @Override
        public void warning(String line) {
            warnings.add(line);
        }
    }

    /** [count, SIDE, SIDE] in [0, 1]. */
    static float[] rows(int count, long seed) {
        return values(SmallRuns.blobs(count, seed));
    }

    static float[] values(Dataset data) {
        float[] rows = new float[data.count() * data.width()];
        for (int r = 0; r < data.count(); r++) {
            data.copyRow(r, rows, r * data.width());
        }
        return rows;
    }

    static Samples samples(int count, long seed) {
        return Samples.of(rows(count, seed), SIDE, SIDE);
    }

    /** A training of a moment. */
    static Training training() {
        return Training.on(samples(300, 1), samples(40, 2))
                .device(Device.cpu(1))
                .hidden(32)
                .latents(3)
                .batch(32)
                .epochs(2);
    }

    /** Trains and keeps the model in a file. */
    static Path save(Training training, Path file) {
        try (TrainingResult result = training.run(new Heard())) {
            result.model().save(file);
        }
        return file;
    }

    /** Writes rows to a file. */
    static Path write(Dataset data, Path file) {
        try (RowWriter writer = RowWriters.samples(file, data.shape(), data.count())) {
            writer.write(values(data), data.count());
            writer.commit();
        }
        return file;
    }

    /** All rows of a file. */
    static float[] read(Path file) {
        float[] all = new float[0];
        try (SampleReader reader = DataSource.parse(file.toString()).open(Split.ALL, 0)) {
            int width = reader.shape().width();
            float[] block = new float[64 * width];
            int rows;
            while ((rows = reader.read(block, 64)) > 0) {
                int before = all.length;
                all = Arrays.copyOf(all, before + rows * width);
                System.arraycopy(block, 0, all, before, rows * width);
            }
        }
        return all;
    }
}
