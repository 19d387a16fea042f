package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.Arrays;

/** Models and files for tests of jobs. */
final class SmallModels {
    private SmallModels() {}

    /** A model of blobs that has learned where they are. */
    static Model trained(Backend backend) {
        TrainConfig config = SmallRuns.config(8).with(Setting.HIDDEN, "64").with(Setting.LR, "0.005");
        return SmallRuns.train(config, SmallRuns.blobs(600, 1), SmallRuns.blobs(40, 2), backend, null)
                .model();
    }

    /** A model as initialised. */
    static Model untrained(TrainConfig config, Dataset data, Backend backend) {
        return Trainer.start(config, data, data, backend, null, new Trainer.Listener() {})
                .model();
    }

    /** All rows of a data set as floats. */
    static float[] rows(Dataset data) {
        float[] rows = new float[data.count() * data.width()];
        for (int r = 0; r < data.count(); r++) {
            data.copyRow(r, rows, r * data.width());
        }
        return rows;
    }

    /** Writes a data set to a file of rows. */
    static DataSource save(Dataset data, Path file) {
        try (RowWriter writer = RowWriters.samples(file, data.shape(), data.count())) {
            writer.write(rows(data), data.count());
            writer.commit();
        }
        return DataSource.parse(file.toString());
    }

    /** Reads all rows of a file. */
    static float[] load(Path file) {
        try (SampleReader reader = DataSource.parse(file.toString()).open(Split.ALL, 0)) {
            return all(reader);
        }
    }

    /** Reads a reader to its end. */
    static float[] all(SampleReader reader) {
        int width = reader.shape().width();
        float[] block = new float[100 * width];
        float[] all = new float[0];
        int rows;
        while ((rows = reader.read(block, 100)) > 0) {
            int before = all.length;
            all = Arrays.copyOf(all, before + rows * width);
            System.arraycopy(block, 0, all, before, rows * width);
        }
        return all;
    }
}
