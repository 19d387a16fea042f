package io.jcuvae.bench;

import com.google.gson.JsonObject;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.OnePicture;
import io.jcuvae.jobs.Evaluation;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.Labels;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.BatchSource;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import io.jcuvae.vae.Condition;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Measures training, encoding and decoding of one configuration in this process. */
public final class StepBench {
    /** Rows of a batch of encoding and decoding, as in the peer's script. */
    private static final int INFERENCE_BATCH = 1024;
    /** Importance weights, as in the peer's script: samples and draws of each. */
    private static final int IMPORTANCE_SAMPLES = 1000;

    private static final int IMPORTANCE_DRAWS = 500;
    /** Latents to decode, as in the peer's script. */
    private static final int DECODED = 100_000;

    /** Pictures that are decoded one by one. */
    private static final int FRAMES = 200;

    private static final int REPETITIONS = 7;
    /** Steps that are asked for in a row: well below what a driver queues before it makes the host wait. */
    private static final int BURST = 64;

    private final TrainConfig config;
    private final Dataset data;
    private final Backend backend;

    /**
     * Prepares a measurement.
     *
     * @param data training rows
     */
    public StepBench(TrainConfig config, Dataset data, Backend backend) {
        this.config = config;
        this.data = data;
        this.backend = backend;
    }

    /**
     * Trains for a while, the first epoch as a warm-up, and measures the others.
     *
     * @param epochs measured epochs
     * @return samples_per_second (median), epoch_seconds (median), and the share of time by family
     */
    public JsonObject training(int epochs) {
        List<Double> seconds = new ArrayList<>();
        train(backend, epochs + 1, metrics -> seconds.add(metrics.seconds()));
        double[] measured =
                seconds.stream().skip(1).mapToDouble(Double::doubleValue).toArray();
        JsonObject json = new JsonObject();
        json.addProperty("epoch_seconds", Median.of(measured));
        json.addProperty("samples_per_second", data.count() / Median.of(measured));
        json.addProperty(
                "best_samples_per_second",
                data.count() / Arrays.stream(measured).min().orElseThrow());
        return json;
    }

    /** The first step of a training and no more, of which nothing is kept; its time is for another process to measure. */
    public void firstStep() {
        Trainer.start(config, data, data, null, backend, null, new Trainer.Listener() {})
                .run(() -> true);
    }

    /**
     * What a replay of a recorded training step costs: operations_per_step (kernels and matrix products; the host asks for
     * all of them in one launch), host_us_per_step, which the host needs to ask for a step, and step_us, which it takes.
     *
     * @return null where steps are not recorded
     */
    public JsonObject replay() {
        PreparedStep step = new PreparedStep(config, data, backend, BURST);
        // The second is the one that is recorded, where any is.
        step.once();
        step.once();
        if (step.nodes() == 0) {
            return null;
        }
        step.time();
        double[] host = new double[REPETITIONS];
        double[] all = new double[REPETITIONS];
        for (int i = 0; i < REPETITIONS; i++) {
            PreparedStep.Time time = step.time();
            host[i] = 1e6 * time.host();
            all[i] = 1e6 * time.all();
        }
        JsonObject json = new JsonObject();
        json.addProperty("operations_per_step", step.nodes());
        json.addProperty("host_us_per_step", Median.of(host));
        json.addProperty("step_us", Median.of(all));
        return json;
    }

    /** {@link #replay} as a line. */
    public static String replayLine(JsonObject replay) {
        return String.format(
                Locale.ROOT,
                "a step: %d operations in one launch, %.1f us of the host's time, %.1f us in all",
                replay.get("operations_per_step").getAsInt(),
                replay.get("host_us_per_step").getAsDouble(),
                replay.get("step_us").getAsDouble());
    }

    private void train(Backend device, int epochs, Consumer<EpochMetrics> each) {
        TrainConfig run = config.with(Setting.EPOCHS, Integer.toString(epochs));
        Trainer.start(run, data, data.first(64), device, null, new Trainer.Listener() {
                    @Override
                    public void epoch(EpochMetrics metrics) {
                        each.accept(metrics);
                    }
                })
                .run(() -> false);
    }

    /**
     * Where a training step's time goes: products of matrices (as they take alone), noise, loss, optimizer, and the rest,
     * which is bias, activation, gathering and waiting. Microseconds per step.
     */
    public JsonObject profile() {
        TimedBackend timed = new TimedBackend(backend);
        double[] wall = new double[1];
        train(timed.backend(), 2, metrics -> {
            wall[0] = metrics.seconds();
            if (metrics.epoch() == 1) {
                timed.reset();
            }
        });
        int steps = (data.count() + config.batch() - 1) / config.batch();
        double scale = 1e6 / steps;
        double products = 0;
        double flops = 0;
        OpBench ops = new OpBench(backend);
        for (StepCost.Product p :
                StepCost.of(config, Shape.of(data.shape().sizes())).products()) {
            products += ops.seconds(p.rows(), p.columns(), p.inner(), p.transposeA(), p.transposeB());
            flops += p.flops();
        }
        double noise = timed.seconds("normal") * scale;
        double loss = timed.seconds(
                        "bernoulli",
                        "squaredErrorRows",
                        "squaredErrorBackward",
                        "gaussianRows",
                        "gaussianBackward",
                        "elbo",
                        "recordLoss",
                        "sampleGaussian",
                        "sampleGaussianBackward")
                * scale;
        double optimizer = timed.seconds("adam") * scale;
        double step = wall[0] * scale;
        JsonObject json = new JsonObject();
        json.addProperty("step_us", step);
        json.addProperty("gemm_us", products * 1e6);
        json.addProperty("noise_us", noise);
        json.addProperty("loss_us", loss);
        json.addProperty("optimizer_us", optimizer);
        json.addProperty("other_us", step - products * 1e6 - noise - loss - optimizer);
        json.addProperty("gemm_gflops", flops / products / 1e9);
        json.addProperty("blas_peak_gflops", ops.peak());
        return json;
    }

    /**
     * Encodes all rows and decodes {@value #DECODED} latents, in batches of {@value #INFERENCE_BATCH}; results stay on the
     * device. Then the importance-weighted likelihood of {@value #IMPORTANCE_SAMPLES} rows with {@value #IMPORTANCE_DRAWS} draws
     * of each.
     */
    public JsonObject inference() {
        VaeSpec spec = config.spec(Shape.of(data.shape().sizes()));
        Parameters values = Parameters.allocate(spec.layout(), backend);
        backend.upload(values.block(), config.initialisation().values(spec.layout(), config.seed()), 0);
        Vae vae = Vae.forInference(spec, backend, values, Parameters.buffers(spec.layout(), backend), INFERENCE_BATCH);
        JsonObject json = new JsonObject();
        json.add("encode", rate(data.count(), encoding(vae, data.count())));
        json.add("decode", rate(DECODED, decoding(vae, DECODED)));
        if (data.shape().isImage() && spec.condition().equals(Condition.NONE)) {
            json.add("frame", rate(FRAMES, frames(spec, values)));
        }
        json.add("iwae", importance(spec, values));
        return json;
    }

    /** Timed once, as the peer does it, after some rows that warm up. */
    private JsonObject importance(VaeSpec spec, Parameters values) {
        Dataset few = data.first(Math.min(data.count(), 16));
        Dataset rows = data.first(Math.min(data.count(), IMPORTANCE_SAMPLES));
        Model model = new Model(
                config, DataRecord.of("bench", few, few), spec, values, Parameters.buffers(spec.layout(), backend));
        Evaluation.nll(model, backend, few, IMPORTANCE_DRAWS);
        long start = System.nanoTime();
        double nll = Evaluation.nll(model, backend, rows, IMPORTANCE_DRAWS);
        double seconds = (System.nanoTime() - start) / 1e9;
        JsonObject json = new JsonObject();
        json.addProperty("samples_per_second", rows.count() / seconds);
        json.addProperty("seconds", seconds);
        json.addProperty("images", rows.count());
        json.addProperty("k", IMPORTANCE_DRAWS);
        json.addProperty("nll", nll);
        return json;
    }

    /** Pictures of the latent explorer, each from a code to its pixels on the host, by itself. */
    private Runnable frames(VaeSpec spec, Parameters values) {
        Model model = new Model(
                config,
                DataRecord.of("data", data.first(1), data.first(1)),
                spec,
                values,
                Parameters.buffers(spec.layout(), backend));
        Inspection one = new Inspection(model, backend, 1);
        float[] codes = Inspection.normals(FRAMES, spec.latents(), 0);
        return () -> {
            for (int i = 0; i < FRAMES; i++) {
                float[] made = one.decode(Inspection.row(codes, i, spec.latents()), 1, Labels.NOTHING);
                OnePicture.pixels(made, data.shape());
            }
        };
    }

    /** A model for {@link #encoding} and {@link #decoding}. */
    static Vae forInference(Model model, Backend backend) {
        return Vae.forInference(model.spec(), backend, model.values(), model.buffers(), INFERENCE_BATCH);
    }

    /** Decodes so many codes. */
    Runnable decoding(Vae vae, long codes) {
        float[] latents = new float[Math.toIntExact(vae.z().count())];
        return () -> {
            for (long done = 0; done < codes; done += INFERENCE_BATCH) {
                backend.upload(vae.z(), latents, 0);
                vae.decode();
                vae.mean();
            }
            backend.synchronize();
        };
    }

    /** Encodes so many rows, from the first again after the last. */
    Runnable encoding(Vae vae, long many) {
        int count = data.count();
        Tensor rows = BatchSource.upload(data, backend);
        // The last batch wraps around, as its rows are not looked at.
        int padded = (count + INFERENCE_BATCH - 1) / INFERENCE_BATCH * INFERENCE_BATCH;
        int[] numbers = new int[padded];
        for (int i = 0; i < padded; i++) {
            numbers[i] = i % count;
        }
        Tensor order = Tensor.of(backend.allocate(ElementType.I32, padded), Shape.of(padded));
        backend.upload(order, numbers);
        Tensor scalars = Scalars.allocate(backend);
        double[] position = new double[Scalars.COUNT];
        return () -> {
            for (long done = 0; done < many; done += INFERENCE_BATCH) {
                position[Scalars.ORDER_POSITION.ordinal()] = done % padded;
                backend.upload(scalars, position);
                backend.ops().gather(vae.x(), rows, order, scalars, Binarization.NONE, 0);
                vae.encode();
            }
            backend.synchronize();
        };
    }

    private static JsonObject rate(int count, Runnable work) {
        double[] seconds = new double[REPETITIONS];
        work.run();
        for (int i = 0; i < REPETITIONS; i++) {
            long start = System.nanoTime();
            work.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        JsonObject json = new JsonObject();
        json.addProperty("count", count);
        json.addProperty("seconds", Median.of(seconds));
        json.addProperty("samples_per_second", count / Median.of(seconds));
        return json;
    }
}
