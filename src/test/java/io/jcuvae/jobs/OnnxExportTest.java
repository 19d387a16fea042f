package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.NpzTensors;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.TableSchema;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.Model;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.Posterior;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime computes from the exported files what the program computes itself. */
class OnnxExportTest {
    private static final int ROWS = 3;
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    private static Dataset noise(Shape sample, int count, long seed) {
        byte[] bytes = new byte[count * (int) sample.count()];
        new SplittableRandom(seed).nextBytes(bytes);
        int[] labels = IntStream.range(0, count).map(i -> i % 2).toArray();
        return Dataset.ofBytes("noise", new SampleShape(sample.extents()), bytes, labels);
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++) {
            double room = TOLERANCE * (1 + Math.abs(expected[i]));
            assertTrue(
                    Math.abs(expected[i] - actual[i]) <= room,
                    what + " " + i + ": " + expected[i] + " here, " + actual[i] + " in ONNX Runtime");
        }
    }

    /** Trains a little, so that running statistics, codes and biases are not where they begin. */
    private void compare(TrainConfig config, Dataset data) {
        Path run = folder.resolve("run");
        try (Backend backend = new CpuBackend(1)) {
            SmallRuns.train(config, data, data, backend, run);
            Model model = Model.load(run, backend);
            List<Path> files = ModelExport.onnx(model, Model.file(run), backend, folder.resolve("onnx"));
            float[] rows = Arrays.copyOf(SmallModels.rows(data), ROWS * data.width());
            RowLabels labels = RowLabels.of(model.data().classes(), data);
            BoundModel bound = new BoundModel(model, backend);
            bound.label(labels, 0, ROWS);
            float[] batch = Arrays.copyOf(coded(model, rows), bound.rows() * bound.width());
            float[] posteriors = bound.posteriors();
            bound.encode(posteriors, batch);
            int latents = bound.latents();
            boolean spread = model.spec().posterior() == Posterior.GAUSSIAN;
            float[] means = part(posteriors, latents, spread ? 2 : 1, 0);
            float[] expected = new float[batch.length];
            bound.reconstruct(expected, batch);
            expected = inUnits(model, Arrays.copyOf(expected, rows.length));
            long[] told = model.spec().condition().given()
                    ? LongStream.range(0, ROWS).map(i -> i % 2).toArray()
                    : null;
            SampleShape shape = data.shape();
            try (OnnxFile encoder = new OnnxFile(files.get(0));
                    OnnxFile decoder = new OnnxFile(files.get(1));
                    OnnxFile whole = new OnnxFile(files.get(2))) {
                Map<String, float[]> encoded = encoder.run("x", shape, rows, told);
                assertClose(means, encoded.get("mean"), "mean");
                assertEquals(spread, encoded.containsKey("logvar"));
                if (spread) {
                    assertClose(part(posteriors, latents, 2, 1), encoded.get("logvar"), "logvar");
                }
                if (bound.codeNumbers() != null) {
                    float[] numbers = new float[bound.rows() * model.spec().slots()];
                    bound.codeNumbers(numbers, batch);
                    assertArrayEquals(Arrays.copyOf(numbers, ROWS * model.spec().slots()), encoded.get("codes"));
                }
                assertClose(
                        expected,
                        decoder.run("z", new SampleShape(latents), means, told).get("expected"),
                        "decoded");
                Map<String, float[]> made = whole.run("x", shape, rows, told);
                assertClose(expected, made.get("expected"), "reconstructed");
                assertClose(means, made.get("mean"), "mean of the whole");
                // Any number of rows: the first of them alone.
                float[] alone = whole.run(
                                "x", shape, Arrays.copyOf(rows, shape.width()), told == null ? null : new long[1])
                        .get("expected");
                assertClose(Arrays.copyOf(expected, shape.width()), alone, "first row alone");
                if (made.containsKey("rounded")) {
                    float[] written = Reconstruction.of(model, backend, coded(model, rows), labels, ROWS);
                    model.data().table().decode(written, ROWS);
                    assertClose(written, made.get("rounded"), "rounded");
                }
            }
        }
    }

    private static float[] coded(Model model, float[] rows) {
        float[] coded = rows.clone();
        if (model.data().table().given()) {
            model.data().table().encode(coded, ROWS);
        }
        return coded;
    }

    /** Numeric columns in their units, without rounding the others. */
    private static float[] inUnits(Model model, float[] expected) {
        var columns = model.data().table().columns();
        for (int i = 0; !columns.isEmpty() && i < expected.length; i++) {
            var column = columns.get(i % columns.size());
            if (column.kind() == ColumnKind.NUMERIC) {
                expected[i] = (float) (column.mean() + column.deviation() * expected[i]);
            }
        }
        return expected;
    }

    /** Part of each row of B parts side by side. */
    private static float[] part(float[] rows, int width, int parts, int which) {
        float[] part = new float[ROWS * width];
        for (int r = 0; r < ROWS; r++) {
            System.arraycopy(rows, (r * parts + which) * width, part, r * width, width);
        }
        return part;
    }

    private static TrainConfig quick(TrainConfig config) {
        return config.with(Setting.DATA, "noise")
                .with(Setting.EPOCHS, "1")
                .with(Setting.BATCH, "3")
                .with(Setting.VALIDATION, "0")
                .with(Setting.THREADS, "1");
    }

    @ParameterizedTest
    @EnumSource(Preset.class)
    void everyPreset(Preset preset) {
        Shape sample = preset.example().orElse(Shape.of(28, 28));
        compare(quick(TrainConfig.preset(preset.label())), noise(sample, 6, 1));
    }

    private static final String CONV_ENCODER = "[{'layer':'conv2d','channels':4,'kernel':3,'stride':2,'padding':1},"
            + "{'layer':'layer_norm'},{'layer':'activation','activation':'gelu'},{'layer':'dropout','rate':0.5},"
            + "{'layer':'residual','block':[{'layer':'conv2d','channels':4,'kernel':3,'padding':1,'activation':'silu'},"
            + "{'layer':'batch_norm','epsilon':0.01}],'activation':'elu'},{'layer':'flatten'},"
            + "{'layer':'dense','outputs':10},{'layer':'batch_norm'},{'layer':'layer_norm'},"
            + "{'layer':'activation','activation':'softplus'}]";
    private static final String CONV_DECODER =
            "[{'layer':'dense','outputs':24,'activation':'leaky_relu'},{'layer':'reshape','shape':'6x2x2'},"
                    + "{'layer':'upsample','factor':3},"
                    + "{'layer':'conv2d','channels':5,'kernel':3,'padding':1,'activation':'tanh'},"
                    + "{'layer':'reshape','shape':'5x6x6'},"
                    + "{'layer':'conv2d','channels':5,'kernel':2,'stride':2,'activation':'sigmoid'},"
                    + "{'layer':'conv_transpose2d','channels':'data','kernel':3,'stride':2,'padding':1,'output_padding':1}]";

    static Stream<String> networks() {
        String conv = "--encoder " + CONV_ENCODER + " --decoder " + CONV_DECODER;
        String dense = "--hidden 12 --activation silu";
        return Stream.of(
                        "gaussian-per-value",
                        "discretized-logistic",
                        "continuous-bernoulli",
                        "laplace",
                        "mse",
                        "categorical --levels 5")
                .flatMap(likelihood ->
                        Stream.of("6x6x3 " + conv, "3x6x6 " + dense).map(net -> net + " --likelihood " + likelihood));
    }

    static Stream<String> others() {
        String conv = " --encoder " + CONV_ENCODER + " --decoder " + CONV_DECODER;
        return Stream.of(
                "6x6x3 --condition labels" + conv,
                "3x6x6 --condition labels" + conv,
                "6x6" + conv,
                "3x6x6 --likelihood gaussian-per-value" + conv,
                "3x6x6 --likelihood categorical --levels 3" + conv,
                "36 --hidden none --likelihood gaussian --standardize true",
                "6x6x3 --hidden 8 --likelihood gaussian-learned --standardize true",
                "7 --hidden 8 --condition labels --posterior none",
                "6x6 --hidden 16 --posterior vq --latent 6 --code-size 3 --codes 5",
                "36 --decoder [{'layer':'dense','outputs':36},{'layer':'reshape','shape':'4x3x3'}] --hidden 5",
                "24 --hidden 9 --upper-latent 2 --upper-hidden 5 --activation elu");
    }

    @ParameterizedTest
    @MethodSource({"networks", "others"})
    void everyLikelihoodAndLayer(String text) {
        String[] parts = text.split(" ", 2);
        int[] sizes = SampleShape.parse(parts[0]).sizes();
        compare(
                SmallRuns.with(quick(TrainConfig.defaults()).with(Setting.LATENT, "3"), parts[1]),
                noise(Shape.of(sizes), 6, 3));
    }

    @Test
    void aTableOfEveryKindInItsOwnUnits() throws IOException {
        StringBuilder text = new StringBuilder("age,smokes,town,visits,weight\n");
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 40; i++) {
            // The mean of one is far from zero: in single precision its standardised values would be half noise.
            text.append(i % 7 == 2 ? "" : String.valueOf(1e6 + random.nextInt(50)))
                    .append(',');
            text.append(i % 5 == 1 ? "" : random.nextBoolean() ? "yes" : "no").append(',');
            text.append(i % 6 == 0 ? "" : "abc".charAt(random.nextInt(3))).append(',');
            text.append(i % 8 == 1 ? "" : String.valueOf(random.nextInt(9))).append(',');
            text.append(random.nextInt(100) / 10.0).append('\n');
        }
        Path file = Files.writeString(folder.resolve("people.csv"), text);
        String schema = "{\"columns\":[{\"name\":\"age\",\"kind\":\"numeric\"},"
                + "{\"name\":\"smokes\",\"kind\":\"binary\",\"levels\":[\"no\",\"yes\"]},"
                + "{\"name\":\"town\",\"kind\":\"categorical\"},{\"name\":\"visits\",\"kind\":\"count\"},"
                + "{\"name\":\"weight\",\"kind\":\"numeric\"}]}";
        Path schemaFile = folder.resolve("schema.json");
        AtomicFile.write(schemaFile, out -> out.write(schema.getBytes(StandardCharsets.UTF_8)));
        Dataset data = DataSource.parse(file.toString())
                .by(TableSchema.read(schemaFile))
                .load(Split.TRAIN, 0);
        TrainConfig config = quick(TrainConfig.preset("table")).with(Setting.SCHEMA, schemaFile.toString());
        compare(config, data);
    }

    @Test
    void filesSayWhatTheyAre() {
        Path run = folder.resolve("run");
        Dataset data = noise(Shape.of(4, 5), 6, 1);
        TrainConfig config = SmallRuns.with(quick(TrainConfig.defaults()), "--hidden 4 --latent 2 --condition labels");
        try (Backend backend = new CpuBackend(1)) {
            SmallRuns.train(config, data, data, backend, run);
            Model model = Model.load(run, backend);
            List<Path> files = ModelExport.onnx(model, Model.file(run), backend, folder.resolve("a"));
            assertEquals(List.of("encoder.onnx", "decoder.onnx", "reconstruction.onnx"), names(files));
            try (OnnxFile encoder = new OnnxFile(files.get(0));
                    OnnxFile whole = new OnnxFile(files.get(2))) {
                assertEquals(
                        List.of("x", "label", "mean", "logvar"),
                        List.copyOf(encoder.shapes().keySet()));
                assertArrayEquals(new long[] {-1, 4, 5}, encoder.shapes().get("x"));
                assertArrayEquals(new long[] {-1}, encoder.shapes().get("label"));
                assertArrayEquals(new long[] {-1, 2}, encoder.shapes().get("mean"));
                assertArrayEquals(new long[] {-1, 4, 5}, whole.shapes().get("expected"));
                Map<String, String> about = encoder.about();
                assertEquals(Safetensors.read(Model.file(run)).metadata().get("sha256"), about.get("model_sha256"));
                assertTrue(about.get("protocol").startsWith("bernoulli likelihood of "), about.toString());
                assertEquals("[\"0\",\"1\"]", about.get("classes"));
                assertEquals("nats per sample", about.get("units"));
            }
            // Equal models are equal files.
            List<Path> again = ModelExport.onnx(model, Model.file(run), backend, folder.resolve("b"));
            for (int i = 0; i < files.size(); i++) {
                assertEquals(-1, Files.mismatch(files.get(i), again.get(i)));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> names(List<Path> files) {
        return files.stream().map(file -> file.getFileName().toString()).toList();
    }

    @Test
    void parametersAsNpz() {
        TrainConfig config = SmallRuns.with(
                quick(TrainConfig.defaults()),
                "--latent 2 --encoder [{'layer':'dense','outputs':4},{'layer':'batch_norm'}]");
        Dataset data = noise(Shape.of(4, 5), 6, 1);
        try (Backend backend = new CpuBackend(1)) {
            Model model = SmallRuns.train(config, data, data, backend, null).model();
            Path file = folder.resolve("p.npz");
            ModelExport.npz(model, backend, file);
            Map<String, NpzTensors.Values> arrays = NpzTensors.read(file);
            ParameterLayout layout = model.spec().layout();
            float[] values = model.values().download(backend);
            for (ParameterLayout.Entry entry : layout.entries()) {
                NpzTensors.Values array = arrays.remove(entry.name());
                assertArrayEquals(entry.shape().extents(), array.shape());
                int at = (int) entry.offset();
                assertArrayEquals(
                        Arrays.copyOfRange(values, at, at + (int) entry.shape().count()), array.floats());
            }
            assertArrayEquals(new int[0], arrays.get("enc1.num_batches_tracked").shape());
            assertEquals(2, arrays.get("enc1.num_batches_tracked").values()[0]);
            assertEquals(3, arrays.size());
        }
    }
}
