package io.jcuvae.bench;

import com.google.gson.JsonArray;
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
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Measures jobs that write files, beside the computation alone: what reading, rounding, writing and a manifest cost. */
public final class JobBench {
    private static final int ROUNDS = 5;

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
        inFolder(folder -> {
            try (RowJob job = samples(samples)) {
                json.addProperty(
                        "samples_per_second",
                        samples / seconds(() -> job.write(folder.resolve("rows.npy"), Progress.SILENT)));
            }
        });
        return json;
    }

    /** A job, and what computes the same rows without reading or writing any. */
    private record Measured(String what, String than, long rows, Runnable job, Runnable alone) {
        JsonObject json(double[] jobSeconds, double[] aloneSeconds) {
            double[] shares = new double[jobSeconds.length];
            Arrays.setAll(shares, i -> aloneSeconds[i] / jobSeconds[i]);
            JsonObject json = new JsonObject();
            json.addProperty("what", what);
            json.addProperty("than", than);
            json.addProperty("rows", rows);
            json.addProperty("samples_per_second", rows / Median.of(jobSeconds));
            json.addProperty("alone_per_second", rows / Median.of(aloneSeconds));
            json.addProperty("share", Median.of(shares));
            json.addProperty("least_share", Arrays.stream(shares).min().orElseThrow());
            json.addProperty("largest_share", Arrays.stream(shares).max().orElseThrow());
            return json;
        }
    }

    /**
     * Jobs beside computing alone, in turns; a share is that of one turn, and medians are of {@value #ROUNDS} turns.
     *
     * @param samples generated, and encoded again
     */
    public JsonArray run(long samples) {
        JsonArray rows = new JsonArray();
        inFolder(folder -> {
            Path file = folder.resolve("rows.npy");
            Vae vae = StepBench.forInference(model, backend);
            StepBench bench = new StepBench(config, data, backend);
            Runnable decode = bench.decoding(vae, samples);
            try (RowJob generate = samples(samples)) {
                generate.write(file, Progress.SILENT);
                try (RowJob encode = codes(DataSource.parse(file.toString()), Split.ALL);
                        RowJob encodeData = codes(DataSource.parse(config.data()), Split.TRAIN)) {
                    Path other = folder.resolve("other.npy");
                    for (Measured measured : List.of(
                            new Measured(
                                    "samples as bytes to a .npy",
                                    "decoding",
                                    samples,
                                    () -> generate.write(other, Progress.SILENT),
                                    decode),
                            new Measured(
                                    "the same with a manifest",
                                    "decoding",
                                    samples,
                                    () -> withManifest(generate, other),
                                    decode),
                            new Measured(
                                    "these samples to codes in a .npy",
                                    "encoding",
                                    samples,
                                    () -> encode.write(other, Progress.SILENT),
                                    bench.encoding(vae, samples)),
                            new Measured(
                                    "the data to codes in a .npy",
                                    "encoding",
                                    data.count(),
                                    () -> encodeData.write(other, Progress.SILENT),
                                    bench.encoding(vae, data.count())))) {
                        rows.add(inTurns(measured));
                    }
                }
            }
        });
        return rows;
    }

    private static JsonObject inTurns(Measured measured) {
        double[] job = new double[ROUNDS];
        double[] alone = new double[ROUNDS];
        // The first turn warms both up.
        for (int i = -1; i < ROUNDS; i++) {
            double without = seconds(measured.alone());
            double with = seconds(measured.job());
            if (i >= 0) {
                alone[i] = without;
                job[i] = with;
            }
        }
        return measured.json(job, alone);
    }

    private static void withManifest(RowJob job, Path out) {
        BatchJob.run(job, JobPlan.of(job, "", out, false, 1, 0), false, Disk.REAL, Progress.SILENT);
        try {
            // A finished job is not begun again.
            Files.delete(Path.of(out + ".manifest.json"));
        } catch (IOException e) {
            throw new Failure("the manifest cannot be removed: " + e.getMessage(), e);
        }
    }

    private RowJob samples(long count) {
        Generation.Asked asked = new Generation.Asked(0, count, 1, 1, "prior");
        return new Generation(
                model, backend, Labels.of(model, null), null, asked, new RowWriters.Form(false, true, 0, List.of()));
    }

    private RowJob codes(DataSource source, Split split) {
        int limit = split == Split.ALL ? 0 : config.limit();
        return new Encoding(model, backend, source, RowRange.of(split, limit), Encoding.Form.POSTERIOR);
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void inFolder(Consumer<Path> work) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("jcuvae-bench");
            work.accept(folder);
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
