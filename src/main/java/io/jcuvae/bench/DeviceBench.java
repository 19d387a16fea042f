package io.jcuvae.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Measures a device: its training steps and products here, the rest in {@link InferenceBench}. Each measurement is a JSON
 * object with the figures and, where shapes give one, the prediction; each opens the device anew.
 */
public final class DeviceBench {
    private static final int ROUNDS = 7;

    /** How a device is opened. */
    public record Choice(Precision precision, boolean branches) {}

    /**
     * How much is measured.
     *
     * @param batches of the default preset
     * @param hidden widths of the default preset
     * @param wideHidden widths of the wide case
     * @param wideLatents its latents
     * @param wideBatch its batch
     * @param convolutional channels of both convolutions and width of the dense layer of the convolutional case
     * @param convolutionalSteps in a round of it, at most
     * @param square side of the large product that rates are compared with
     * @param steps in a round of the default preset, at most
     * @param wideSteps in a round of the wide case
     * @param generated samples
     * @param images evaluated by importance sampling
     * @param draws for each of them
     * @param copied bytes of a large copy
     * @param variants the steps of the variants
     * @param testImages a test set to be evaluated whole
     * @param testDraws for each of its images
     */
    public record Size(
            List<Integer> batches,
            String hidden,
            String wideHidden,
            int wideLatents,
            int wideBatch,
            List<Integer> convolutional,
            int convolutionalSteps,
            int square,
            int steps,
            int wideSteps,
            int generated,
            int images,
            int draws,
            int copied,
            VariantBench.Size variants,
            int testImages,
            int testDraws) {
        /** What is asked for of a real device. */
        public static final Size FULL = new Size(
                List.of(128, 1024),
                "400,200",
                "4096,4096",
                512,
                8192,
                List.of(32, 64, 256),
                200,
                8192,
                400,
                8,
                2_000_000,
                1000,
                500,
                1 << 28,
                new VariantBench.Size(128, "400,200", 20, 200),
                10_000,
                5000);
        /** Enough to see that everything works, on a device in software. */
        public static final Size REHEARSAL = new Size(
                List.of(8, 24),
                "20,12",
                "40,40",
                6,
                32,
                List.of(2, 3, 5),
                2,
                48,
                4,
                2,
                1500,
                4,
                5,
                1 << 16,
                new VariantBench.Size(8, "12", 3, 2),
                6,
                7);
    }

    private final Size size;
    private final Path data;
    private final Function<Choice, Backend> opener;
    private final Runnable atFirstStep;
    private final InferenceBench inference;

    /**
     * Prepares measurements.
     *
     * @param data folder of IDX files
     * @param opener opens the device
     * @param atFirstStep called when the only step of the section {@code first-step} is done
     */
    public DeviceBench(Size size, Path data, Function<Choice, Backend> opener, Runnable atFirstStep) {
        this.atFirstStep = atFirstStep;
        this.size = size;
        this.data = data;
        this.opener = opener;
        this.inference = new InferenceBench(size, data, opener);
    }

    /** The sections by name, in the order in which they are worth having. */
    public static List<String> sections() {
        return List.of(
                "step",
                "wide",
                "conv",
                "variants",
                "copies",
                "generation",
                "evaluation",
                "shares",
                "branches",
                "first-step");
    }

    /** One section's figures. */
    public JsonObject run(String section, Path scratch) {
        return switch (section) {
            case "step" -> steps();
            case "wide" -> wide();
            case "conv" -> convolutional();
            case "variants" -> variants();
            case "copies" -> inference.copies();
            case "generation" -> inference.generation(scratch);
            case "evaluation" -> inference.evaluation();
            case "shares" -> shares();
            case "branches" -> branches();
            case "first-step" -> firstStep();
            case "sanitize" -> sanitize();
            default -> throw new IllegalArgumentException(section);
        };
    }

    private TrainConfig config(int batch, Precision precision) {
        return TrainConfig.defaults()
                .with(Setting.BATCH, Integer.toString(batch))
                .with(Setting.HIDDEN, size.hidden())
                .with(Setting.PRECISION, precision.label());
    }

    private TrainConfig wideConfig(Precision precision) {
        return config(size.wideBatch(), precision)
                .with(Setting.HIDDEN, size.wideHidden())
                .with(Setting.LATENT, Integer.toString(size.wideLatents()));
    }

    /** The preset conv-28 for pictures whose sides are multiples of four, of the size's channels and width. */
    TrainConfig convolutionalConfig(Dataset dataset, Precision precision) {
        int first = size.convolutional().get(0);
        int second = size.convolutional().get(1);
        int dense = size.convolutional().get(2);
        int height = dataset.shape().sizes()[0] / 4;
        int width = dataset.shape().sizes()[1] / 4;
        String window = "\"kernel\": 4, \"stride\": 2, \"padding\": 1";
        String conv = "{\"layer\": \"conv2d\", \"channels\": %d, " + window + ", \"activation\": \"relu\"}";
        String encoder = "[" + conv + ", " + conv + ", {\"layer\": \"flatten\"},"
                + " {\"layer\": \"dense\", \"outputs\": %d, \"activation\": \"relu\"}]";
        String decoder = "[{\"layer\": \"dense\", \"outputs\": %d, \"activation\": \"relu\"},"
                + " {\"layer\": \"dense\", \"outputs\": %d, \"activation\": \"relu\"},"
                + " {\"layer\": \"reshape\", \"shape\": \"%dx%dx%d\"},"
                + " {\"layer\": \"conv_transpose2d\", \"channels\": %d, " + window + ", \"activation\": \"relu\"},"
                + " {\"layer\": \"conv_transpose2d\", \"channels\": \"data\", " + window + "}]";
        return config(size.batches().get(0), precision)
                .with(Setting.ENCODER, String.format(Locale.ROOT, encoder, first, second, dense))
                .with(
                        Setting.DECODER,
                        String.format(
                                Locale.ROOT, decoder, dense, second * height * width, second, height, width, first));
    }

    private static Shape shape(Dataset dataset) {
        return Shape.of(dataset.shape().sizes());
    }

    private Dataset load() {
        return DataSource.parse(data.toString()).load(Split.TRAIN, 0);
    }

    private JsonObject steps() {
        JsonArray rows = new JsonArray();
        Dataset dataset = load();
        for (Precision precision : List.of(Precision.FP32, Precision.TF32)) {
            for (int batch : size.batches()) {
                JsonObject row = new JsonObject();
                row.addProperty("batch", batch);
                row.addProperty("precision", precision.label());
                try (Backend backend = opener.apply(new Choice(precision, false))) {
                    measure(row, backend, backend, dataset, config(batch, precision), size.steps());
                }
                try (Backend backend = opener.apply(new Choice(precision, false))) {
                    // As a user sees it: with shuffling, looks at the losses, and the ragged last batch.
                    JsonObject training = new StepBench(config(batch, precision), dataset, backend).training(3);
                    row.addProperty(
                            "epoch_ms", 1e3 * training.get("epoch_seconds").getAsDouble());
                    row.addProperty("epoch_samples", dataset.count());
                }
                rows.add(row);
            }
        }
        JsonObject json = new JsonObject();
        json.add("rows", rows);
        return json;
    }

    /** Replays a recorded step and adds what it takes. */
    private void measure(JsonObject row, Backend device, Backend used, Dataset dataset, TrainConfig config, int most) {
        PreparedStep step = new PreparedStep(config, dataset, used, most);
        step.time();
        double[] total = new double[ROUNDS];
        double[] host = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            PreparedStep.Time time = step.time();
            host[round] = time.host();
            total[round] = time.all();
        }
        StepCost cost = StepCost.of(config, shape(dataset));
        row.addProperty("device", device.description());
        row.addProperty("step_us", 1e6 * Median.of(total));
        row.addProperty("host_us", 1e6 * Median.of(host));
        row.addProperty("launches_per_step", step.nodes());
        row.addProperty("tflops", cost.flops() / Median.of(total) / 1e12);
        row.add("prediction", cost.prediction(device.description(), config.precision()));
    }

    private JsonObject wide() {
        JsonArray rows = new JsonArray();
        Dataset dataset = load();
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            JsonObject row = new JsonObject();
            row.addProperty("precision", precision.label());
            row.addProperty("batch", size.wideBatch());
            try (Backend backend = opener.apply(new Choice(precision, false))) {
                double rate = square(backend);
                row.addProperty("gemm_tflops", rate / 1e12);
                measure(row, backend, backend, dataset, wideConfig(precision), size.wideSteps());
                row.addProperty("share_of_gemm", row.get("tflops").getAsDouble() * 1e12 / rate);
            }
            rows.add(row);
        }
        JsonObject json = new JsonObject();
        json.add("rows", rows);
        return json;
    }

    private JsonObject convolutional() {
        JsonArray rows = new JsonArray();
        Dataset dataset = load();
        for (Precision precision : Precision.values()) {
            JsonObject row = new JsonObject();
            TrainConfig config = convolutionalConfig(dataset, precision);
            row.addProperty("precision", precision.label());
            row.addProperty("batch", config.batch());
            try (Backend backend = opener.apply(new Choice(precision, false))) {
                measure(row, backend, backend, dataset, config, size.convolutionalSteps());
            }
            rows.add(row);
        }
        JsonObject json = new JsonObject();
        json.add("rows", rows);
        return json;
    }

    /** Each variant on a device opened anew: what it binds stays until that is closed. */
    private JsonObject variants() {
        JsonArray rows = new JsonArray();
        VariantBench bench = new VariantBench(size.variants(), load());
        for (String preset : VariantBench.presets()) {
            try (Backend backend = opener.apply(new Choice(Precision.FP32, false))) {
                rows.add(bench.row(preset, backend));
            }
        }
        JsonObject json = new JsonObject();
        json.add("rows", rows);
        return json;
    }

    /** Operations per second of a large square product, the fastest of its four forms: what a step's are compared with. */
    private double square(Backend backend) {
        double best = 0;
        Tensor a = square(backend, size.square());
        Tensor b = square(backend, size.square());
        Tensor c = square(backend, size.square());
        for (int form = 0; form < 4; form++) {
            int now = form;
            Recorded product =
                    backend.record(() -> backend.ops().matmul(c, a, (now & 1) != 0, b, (now & 2) != 0, false));
            best = Math.max(best, 2 * Math.pow(size.square(), 3) / seconds(backend, product, 5));
        }
        return best;
    }

    private static Tensor square(Backend backend, int side) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, (long) side * side), Shape.of(side, side));
        Tensor scalars = Scalars.allocate(backend);
        // Numbers like a network's: a product of zeros would draw less power, and so run at a higher clock.
        backend.reserveNoise(1, 0, tensor.count());
        backend.ops().normal(tensor, scalars, 1);
        return tensor;
    }

    /** Seconds of one run, the median of several rounds. */
    static double seconds(Backend backend, Recorded work, int times) {
        double[] seconds = new double[ROUNDS];
        for (int round = -2; round < ROUNDS; round++) {
            backend.synchronize();
            long start = System.nanoTime();
            for (int i = 0; i < times; i++) {
                work.run();
            }
            backend.synchronize();
            if (round >= 0) {
                seconds[round] = (System.nanoTime() - start) / 1e9 / times;
            }
        }
        return Median.of(seconds);
    }

    /** Products alone, everything else alone, and both together, each recorded and replayed. */
    private JsonObject shares() {
        JsonArray rows = new JsonArray();
        Dataset dataset = load();
        for (int batch : size.batches()) {
            TrainConfig config = config(batch, Precision.FP32);
            JsonObject row = new JsonObject();
            row.addProperty("batch", batch);
            try (Backend backend = opener.apply(new Choice(Precision.FP32, false))) {
                measure(row, backend, backend, dataset, config, size.steps());
                JsonObject others = new JsonObject();
                measure(others, backend, WithoutProducts.of(backend), dataset, config, size.steps());
                double whole = row.get("step_us").getAsDouble();
                double kernels = others.get("step_us").getAsDouble();
                double products = 1e6 * seconds(backend, products(backend, config, shape(dataset)), 50);
                row.addProperty("gemm_us", products);
                row.addProperty("kernels_us", kernels);
                row.addProperty("gaps_us", whole - products - kernels);
                row.addProperty("gemm_share", products / whole);
                row.addProperty("kernels_share", kernels / whole);
            }
            rows.add(row);
        }
        JsonObject json = new JsonObject();
        json.add("rows", rows);
        return json;
    }

    private static Recorded products(Backend backend, TrainConfig config, Shape sample) {
        List<StepCost.Product> products = StepCost.of(config, sample).products();
        List<Tensor[]> operands = products.stream()
                .map(p -> new Tensor[] {
                    matrix(backend, p.rows(), p.columns()),
                    p.transposeA() ? matrix(backend, p.inner(), p.rows()) : matrix(backend, p.rows(), p.inner()),
                    p.transposeB() ? matrix(backend, p.columns(), p.inner()) : matrix(backend, p.inner(), p.columns())
                })
                .toList();
        return backend.record(() -> {
            for (int i = 0; i < products.size(); i++) {
                StepCost.Product p = products.get(i);
                Tensor[] t = operands.get(i);
                backend.ops().matmul(t[0], t[1], p.transposeA(), t[2], p.transposeB(), false);
            }
        });
    }

    private static Tensor matrix(Backend backend, int rows, int columns) {
        return Tensor.of(backend.allocate(ElementType.F32, (long) rows * columns), Shape.of(rows, columns));
    }

    /** The same step with and without branches in its graph, alternately; every open gives the device a rest in between. */
    private JsonObject branches() {
        JsonArray rows = new JsonArray();
        Dataset dataset = load();
        for (int batch : size.batches()) {
            JsonObject row = new JsonObject();
            row.addProperty("batch", batch);
            double[][] times = new double[2][3];
            for (int round = 0; round < 3; round++) {
                for (int on = 0; on < 2; on++) {
                    JsonObject one = new JsonObject();
                    try (Backend backend = opener.apply(new Choice(Precision.FP32, on == 1))) {
                        measure(one, backend, backend, dataset, config(batch, Precision.FP32), size.steps());
                    }
                    times[on][round] = one.get("step_us").getAsDouble();
                }
            }
            row.addProperty("without_us", Median.of(times[0]));
            row.addProperty("with_us", Median.of(times[1]));
            row.addProperty("gain", Median.of(times[0]) / Median.of(times[1]));
            rows.add(row);
        }
        JsonObject json = new JsonObject();
        json.add("rows", rows);
        return json;
    }

    /** One step and no more; whoever started this process measures when the answer comes. */
    private JsonObject firstStep() {
        JsonObject json = new JsonObject();
        Dataset dataset = load().first(size.batches().get(0));
        TrainConfig config = config(size.batches().get(0), Precision.FP32);
        long start = System.nanoTime();
        try (Backend backend = opener.apply(new Choice(Precision.FP32, false))) {
            json.addProperty("open_ms", (System.nanoTime() - start) / 1e6);
            new PreparedStep(config, dataset, backend, 1).once();
            json.addProperty("ready_ms", (System.nanoTime() - start) / 1e6);
            // At once: closing is not part of it.
            atFirstStep.run();
        }
        return json;
    }

    /** A few small steps of every precision, eager and recorded: enough for a tool that looks at each access. */
    private JsonObject sanitize() {
        JsonObject json = new JsonObject();
        Dataset dataset = load().first(64);
        for (Precision precision : Precision.values()) {
            TrainConfig config =
                    config(16, precision).with(Setting.HIDDEN, "37,19").with(Setting.LATENT, "5");
            try (Backend backend = opener.apply(new Choice(precision, true))) {
                JsonObject row = new JsonObject();
                measure(row, backend, backend, dataset, config, 3);
                json.addProperty(
                        precision.label(),
                        String.format(Locale.ROOT, "%.0f us", row.get("step_us").getAsDouble()));
            }
        }
        return json;
    }
}
