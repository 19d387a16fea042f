package io.jcuvae.bench;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Disk;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.BatchJob;
import io.jcuvae.jobs.Encoding;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.JobPlan;
import io.jcuvae.jobs.Labels;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.RowJob;
import io.jcuvae.jobs.RowRange;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Measures jobs that write files, beside the computation alone: what reading, rounding, writing and a manifest cost. */
public final class JobBench {
    private static final int ROUNDS = 3;

    private final TrainConfig config;
    private final Dataset data;
    private final Backend backend;
    private final Model model;

    /**
     * Prepares a model as it is initialised.
     *
     * @param data the rows that are encoded
     */
    public JobBench(TrainConfig config, Dataset data, Backend backend) {
        this.config = config;
        this.data = data;
        this.backend = backend;
        VaeSpec spec = config.spec(Shape.of(data.shape().sizes()));
        Parameters values = Parameters.allocate(spec.layout(), backend);
        backend.upload(values.block(), config.initialisation().values(spec.layout(), config.seed()), 0);
        Dataset few = data.first(Math.min(64, data.count()));
        DataRecord record = DataRecord.of(config.data(), few, few);
        model = new Model(config, record, spec, values, Parameters.buffers(spec.layout(), backend));
    }

    /**
     * Generates byte samples to a .npy once: for the memory that it takes.
     *
     * @return samples per second
     */
    public JsonObject generation(long samples) {
        JsonObject json = new JsonObject();
        json.addProperty("samples", samples);
        json.addProperty("samples_per_second", samples / seconds(() -> samples(samples), false, 1));
        return json;
    }

    /**
     * Generating byte samples to a .npy beside decoding alone, and encoding the data to a .npy beside encoding alone,
     * without and with a manifest. Medians of {@value #ROUNDS} rounds.
     */
    public JsonObject run(long samples) {
        JsonObject alone = new StepBench(config, data, backend).inference();
        JsonObject json = new JsonObject();
        json.addProperty("samples", samples);
        double decode = rate(alone, "decode");
        double encode = rate(alone, "encode");
        // Warm, like the computation alone.
        generation(Math.min(samples, 20_000));
        double plain = samples / seconds(() -> samples(samples), false, ROUNDS);
        double kept = samples / seconds(() -> samples(samples), true, ROUNDS);
        json.addProperty("decode_samples_per_second", decode);
        json.addProperty("generate_samples_per_second", plain);
        json.addProperty("generate_share", plain / decode);
        json.addProperty("generate_manifest_samples_per_second", kept);
        json.addProperty("generate_manifest_share", kept / decode);
        double codes = data.count() / seconds(this::codes, false, ROUNDS);
        json.addProperty("encode_samples_per_second", encode);
        json.addProperty("encode_job_samples_per_second", codes);
        json.addProperty("encode_share", codes / encode);
        return json;
    }

    private static double rate(JsonObject json, String key) {
        return json.getAsJsonObject(key).get("samples_per_second").getAsDouble();
    }

    private RowJob samples(long count) {
        Generation.Asked asked = new Generation.Asked(0, count, 1, 1, "prior");
        return new Generation(
                model, backend, Labels.of(model, null), null, asked, new RowWriters.Form(false, true, 0, List.of()));
    }

    private RowJob codes() {
        return new Encoding(
                model,
                backend,
                DataSource.parse(config.data()),
                RowRange.of(Split.TRAIN, config.limit()),
                Encoding.Form.POSTERIOR);
    }

    private double seconds(Supplier<RowJob> making, boolean manifest, int rounds) {
        double[] seconds = new double[rounds];
        try (RowJob job = making.get()) {
            for (int i = 0; i < rounds; i++) {
                seconds[i] = seconds(job, manifest);
            }
        }
        return Median.of(seconds);
    }

    private static double seconds(RowJob job, boolean manifest) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("jcuvae-bench");
            Path out = folder.resolve("rows.npy");
            long start = System.nanoTime();
            if (manifest) {
                BatchJob.run(job, JobPlan.of(job, "", out, false, 1, 0), false, Disk.REAL, Progress.SILENT);
            } else {
                job.write(out, Progress.SILENT);
            }
            return (System.nanoTime() - start) / 1e9;
        } catch (IOException e) {
            throw new Failure("no room for what a job writes: " + e.getMessage(), e);
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // The system clears its temporary files.
        }
    }
}
