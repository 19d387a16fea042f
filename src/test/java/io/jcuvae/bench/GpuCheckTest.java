package io.jcuvae.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The measurements at the size of a rehearsal on the processor, and the report with parts of all kinds. */
class GpuCheckTest {
    private static final String DEVICES = "{\"devices\":[{\"name\":\"cuda:0\",\"product\":\"NVIDIA H200\","
            + "\"compute_capability\":\"9.0\",\"memory_total_bytes\":150000000000,\"reason\":null}],"
            + "\"cuda\":{\"libraries\":[{\"name\":\"driver\",\"version\":null,\"path\":\"/a\",\"found_by\":\"b\"}]},"
            + "\"auto\":\"cuda:0\"}";

    @TempDir
    Path folder;

    private Path data() {
        Path data = folder.resolve("data");
        Random random = new Random(1);
        for (String name : List.of("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")) {
            float[] rows = new float[60 * 16];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = random.nextFloat();
            }
            try (RowWriter writer = RowWriters.samples(data.resolve(name), new SampleShape(4, 4), 60)) {
                writer.write(rows, 60);
                writer.commit();
            }
        }
        return data;
    }

    @Test
    void everySectionGivesFigures() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        data();
        List<String> told = new ArrayList<>();
        DeviceBench bench =
                new DeviceBench(DeviceBench.Size.REHEARSAL, data, choice -> new CpuBackend(1), () -> told.add("first"));
        for (String section : DeviceBench.sections()) {
            JsonObject figures = bench.run(section, folder);
            assertTrue(figures.size() > 0, section);
            assertFalse(figures.toString().contains("NaN"), figures.toString());
        }
        assertEquals(List.of("first"), told);
        assertTrue(bench.run("sanitize", folder).has("bf16"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(data), files.toList(), "nothing is left behind");
        }
    }

    @Test
    void theCostOfTheDefaultPresetsStep() {
        TrainConfig config = TrainConfig.defaults()
                .with(Setting.HIDDEN, "400,200")
                .with(Setting.LATENT, "20")
                .with(Setting.BATCH, "128");
        StepCost cost = StepCost.of(config, Shape.of(28, 28));
        // Weights of six layers; each is met once forward, and twice backward but for the first.
        double weights = 784 * 400 + 400 * 200 + 200 * 40 + 20 * 200 + 200 * 400 + 400 * 784;
        assertEquals(2.0 * 128 * (3 * weights - 784 * 400), cost.flops(), 1);
        assertEquals(17, cost.products().size());
        JsonObject known = cost.prediction("cuda:0 NVIDIA H200, fp32", Precision.FP32);
        assertEquals(cost.launches() * 1.5e-6, known.get("seconds").getAsDouble(), 2e-5);
        assertFalse(cost.prediction("cuda:0 Something else", Precision.FP32).has("seconds"));
    }

    @Test
    void theCostOfTheConvolutionalPresetsStep() throws IOException {
        StepCost cost = StepCost.of(TrainConfig.preset("conv-28"), Shape.of(28, 28));
        // Products per sample, forward: two convolutions, dense layers around the latents, the same mirrored.
        double first = 196 * 16 * 32;
        double forward = 2 * (first + 49 * 512 * 64 + 3136 * 256) + 256 * 40 + 20 * 256;
        assertEquals(2.0 * 128 * (3 * forward - first), cost.flops(), 1);
        assertEquals(23, cost.products().size());

        // What is measured on a device is that preset.
        Path data = Files.createDirectories(folder.resolve("28"));
        try (RowWriter writer =
                RowWriters.samples(data.resolve("train-images-idx3-ubyte.gz"), new SampleShape(28, 28), 1)) {
            writer.write(new float[784], 1);
            writer.commit();
        }
        Dataset dataset = DataSource.parse(
                        data.resolve("train-images-idx3-ubyte.gz").toString())
                .load(Split.TRAIN, 0);
        DeviceBench bench = new DeviceBench(DeviceBench.Size.FULL, data, choice -> new CpuBackend(1), () -> {});
        VaeSpec measured = bench.convolutionalConfig(dataset, Precision.FP32).spec(Shape.of(28, 28));
        assertEquals(TrainConfig.preset("conv-28").spec(Shape.of(28, 28)), measured);
        assertEquals(1_691_369, measured.layout().count(), "as many parameters as the peer's");
    }

    private List<String> program(String... lines) throws IOException {
        Path script = folder.resolve("ours");
        Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        assertTrue(script.toFile().setExecutable(true));
        return List.of("sh", script.toString());
    }

    private JsonObject report(Path out) throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            List<Path> all = files.sorted().toList();
            assertEquals(2, all.size(), all.toString());
            return JsonParser.parseString(Files.readString(all.get(0))).getAsJsonObject();
        }
    }

    private String text(Path out) throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return Files.readString(files.filter(file -> file.toString().endsWith(".md"))
                    .findFirst()
                    .orElseThrow());
        }
    }

    @Test
    void aPartThatFailsOrHangsLosesNoOther() throws IOException {
        Path out = folder.resolve("out");
        List<String> ours = program(
                "case \"$1 $3\" in",
                "devices*) echo '" + DEVICES + "' ;;",
                "*step) echo '{\"rows\":[{\"batch\":8,\"precision\":\"fp32\",\"step_us\":50,\"host_us\":3,"
                        + "\"launches_per_step\":39,\"epoch_ms\":30,\"epoch_samples\":80,"
                        + "\"prediction\":{\"launches\":39,\"bytes\":1,\"flops\":2,\"seconds\":6e-5,\"assumes\":\"much\"}}]}' ;;",
                "*conv) echo '{\"rows\":[{\"batch\":8,\"precision\":\"bf16\",\"step_us\":70,\"host_us\":3,"
                        + "\"launches_per_step\":60,"
                        + "\"prediction\":{\"launches\":61,\"bytes\":1e6,\"flops\":2e6,\"seconds\":8e-5,"
                        + "\"assumes\":\"much\"}}]}' ;;",
                "*variants) echo '{\"rows\":[{\"preset\":\"wae\",\"codes\":1,\"step_us\":60,\"plain_us\":50,\"ratio\":1.2,"
                        + "\"launches_per_step\":44,\"plain_launches\":39},{\"preset\":\"cvae\",\"why\":\"no labels\"}]}' ;;",
                "*wide) echo 'the device vanished' >&2; exit 1 ;;",
                "*copies) echo 'no figures' ;;",
                "*) echo '{}' ;;",
                "esac");
        List<String> log = new ArrayList<>();
        GpuCheck.Plan plan = new GpuCheck.Plan(ours, List.of("false"), null, folder, out, "cuda:0", false, 60);
        JsonObject about = new JsonObject();
        about.addProperty("jcuvae", "test");
        assertFalse(new GpuCheck(plan, log::add).run(about), "the tests failed");
        JsonObject report = report(out);
        assertFalse(report.get("rehearsal").getAsBoolean());
        List<String> outcomes = new ArrayList<>();
        report.getAsJsonArray("sections").forEach(section -> outcomes.add(section.toString()));
        assertTrue(outcomes.stream().anyMatch(s -> s.contains("\"wide\"") && s.contains("the device vanished")));
        assertTrue(outcomes.stream().anyMatch(s -> s.contains("\"copies\"") && s.contains("no JSON")));
        assertTrue(outcomes.stream().anyMatch(s -> s.contains("\"peer\"") && s.contains("was not carried along")));
        String text = text(out);
        assertTrue(text.contains("| 8 | fp32 | 50.0 | 60.0 |"), text);
        assertTrue(text.contains("| 8 | bf16 | 70.0 | 80.0 | 3.0 | 60 (61) | - | - | - | 2 | 1.0 |"), text);
        assertTrue(text.contains("| wae | 60.0 | 50.0 | 1 | 1.20 | 44 | 39 |"), text);
        assertTrue(text.contains("| cvae | no labels |"), text);
        assertTrue(text.contains("NVIDIA H200"), text);
        assertTrue(text.contains("Predictions assume much."), text);
        assertTrue(log.stream().anyMatch(line -> line.startsWith("reports: ")), log.toString());
    }

    @Test
    void withoutADeviceThereIsAReportThatSaysSo() throws IOException {
        Path out = folder.resolve("out");
        List<String> ours = program("echo '" + DEVICES.replace("\"auto\":\"cuda:0\"", "\"auto\":\"cpu\"") + "'");
        GpuCheck.Plan plan = new GpuCheck.Plan(ours, List.of(), null, folder, out, "cuda:0", true, 60);
        assertFalse(new GpuCheck(plan, line -> {}).run(new JsonObject()));
        assertEquals(1, report(out).getAsJsonArray("sections").size());
        assertTrue(text(out).contains("A rehearsal"));
    }

    @Test
    void whatThePeersAnswerIsUnderstood() throws IOException {
        Path answer = Files.writeString(
                folder.resolve("torch.json"),
                "{\"torch\":\"2.9\",\"samples_per_s_median\":256000,\"decode\":{\"samples_per_s\":5e6}}");
        JsonObject torch = Peers.result(new Peers.Run("torch", List.of(), answer, 128), Optional.empty());
        assertEquals(500, torch.get("step_us").getAsDouble(), 1e-9);
        assertTrue(torch.has("decode"));
        String lines = "{\"version\":\"0.8\",\"step_us\":900}\n{\"version\":\"0.8\",\"step_us\":80.5}\n";
        JsonObject jax = Peers.result(new Peers.Run("jax", List.of(), null, 128), Optional.of(lines));
        assertEquals(80.5, jax.get("step_us").getAsDouble(), "the first epoch compiles");
    }

    @Test
    void processesEndWhenTheirTimeIsUp() throws IOException {
        Children children = new Children(folder);
        Children.Outcome slow = children.run(List.of("sh", "-c", "echo here; sleep 30"), 0.5);
        assertEquals(-1, slow.code());
        assertEquals("here\n", slow.output());
        assertTrue(slow.firstSeconds() >= 0 && slow.firstSeconds() < 0.5, String.format(Locale.ROOT, "%s", slow));
        assertTrue(slow.seconds() < 10);
        assertTrue(slow.why().contains("time was up"));
        assertEquals(-2, children.run(List.of("/no/such/program"), 1).code());
    }
}
