package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores in files, with thresholds, labels and blame. */
class ScoringTest {
    @TempDir
    Path folder;

    private static Backend backend;
    private static Model model;

    /** b is a, less noise; c is noise alone. An anomaly breaks the rule between a and b. */
    private static float[] rows(int count, int anomalies, long seed) {
        Random random = new Random(seed);
        float[] values = new float[3 * count];
        for (int r = 0; r < count; r++) {
            double a = random.nextGaussian();
            values[3 * r] = (float) a;
            values[3 * r + 1] = (float) ((r < anomalies ? -2 - 3 * a : a) + 0.05 * random.nextGaussian());
            values[3 * r + 2] = (float) random.nextGaussian();
        }
        return values;
    }

    @BeforeAll
    static void train() {
        backend = new CpuBackend(1);
        TrainConfig config = SmallRuns.config(40)
                .with(Setting.HIDDEN, "16")
                .with(Setting.LATENT, "2")
                .with(Setting.LR, "0.01")
                .with(Setting.LIKELIHOOD, "gaussian-learned");
        Dataset data = Dataset.ofFloats("rule", new SampleShape(3), rows(600, 0, 1), null);
        model = SmallRuns.train(config, data, data, backend, null).model();
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private DataSource table(int count, int anomalies, String name) throws IOException {
        float[] values = rows(count, anomalies, 9);
        String text = IntStream.range(0, count)
                .mapToObj(r -> values[3 * r] + "," + values[3 * r + 1] + "," + values[3 * r + 2] + ","
                        + (r < anomalies ? 1 : 0) + "\n")
                .collect(Collectors.joining("", "a,b,c,y\n", ""));
        return DataSource.parse(Files.writeString(folder.resolve(name), text).toString());
    }

    private static Scoring.Request request(Calibration calibration, int blame, AnomalyLabels labels, Path out) {
        return new Scoring.Request(
                ScoreRecipe.of(ScoreKind.RECONSTRUCTION), null, null, 0, calibration, blame, labels, out, false);
    }

    private static Scoring.Report run(DataSource source, Scoring.Request request) {
        return Scoring.run(model, backend, source, request, Progress.SILENT);
    }

    @Test
    void anomaliesScoreHighAndTheColumnsAreNamed() throws IOException {
        Path out = folder.resolve("s.csv");
        Scoring.Report report = run(table(400, 20, "t.csv"), request(null, 2, AnomalyLabels.ONE, out));
        assertEquals(400, report.count());
        assertEquals(20, report.detection().anomalies());
        assertTrue(report.detection().auroc().value() > 0.95, report.toText());
        List<String> lines = Files.readAllLines(out);
        assertEquals("row,score,label,column1,share1,column2,share2", lines.get(0));
        assertEquals(401, lines.size());
        int blamed = 0;
        for (int r = 0; r < 400; r++) {
            String[] fields = lines.get(r + 1).split(",", -1);
            assertEquals(String.valueOf(r), fields[0]);
            assertEquals(report.scores()[r], Float.parseFloat(fields[1]));
            assertEquals(r < 20 ? "1" : "0", fields[2]);
            if (!fields[3].isEmpty()) {
                float share = Float.parseFloat(fields[4]);
                float second = fields[6].isEmpty() ? 0 : Float.parseFloat(fields[6]);
                assertTrue(share > 0 && second <= share && share + second <= 1.00001, lines.get(r + 1));
            }
            blamed += r < 20 && !fields[3].equals("x2") ? 1 : 0;
        }
        // c is as ever; what is wrong is between a and b.
        assertTrue(blamed >= 18, blamed + " of 20");
    }

    @Test
    void everyFormatHasTheSameScores() throws IOException {
        DataSource source = table(50, 5, "t.csv");
        float[] scores = run(source, request(null, 0, AnomalyLabels.ONE, folder.resolve("s.csv")))
                .scores();
        Path npy = folder.resolve("s.npy");
        Path json = folder.resolve("s.json");
        assertNull(run(source, request(null, 0, null, npy)).scores());
        run(source, request(null, 1, AnomalyLabels.ONE, json));
        byte[] bytes = Files.readAllBytes(npy);
        float[] read = new float[50];
        ByteBuffer.wrap(bytes, bytes.length - 200, 200)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(read);
        assertArrayEquals(scores, read);
        assertTrue(new String(bytes, StandardCharsets.ISO_8859_1)
                .contains("'descr': '<f4', 'fortran_order': False, 'shape': (50,)"));
        JsonArray rows = JsonParser.parseString(Files.readString(json)).getAsJsonArray();
        assertEquals(50, rows.size());
        for (int r = 0; r < 50; r++) {
            JsonObject row = rows.get(r).getAsJsonObject();
            assertEquals(r, row.get("row").getAsInt());
            assertEquals(scores[r], row.get("score").getAsFloat());
            assertEquals(r < 5 ? "1" : "0", row.get("label").getAsString());
        }
        assertTrue(rows.get(0)
                .getAsJsonObject()
                .getAsJsonArray("blame")
                .get(0)
                .getAsJsonObject()
                .has("share"));
    }

    @Test
    void aThresholdMarksRowsAndIsKeptUntilTheModelChanges() throws IOException {
        Path file = folder.resolve("model.safetensors");
        write(file);
        assertNull(Calibration.find(file).calibration());
        Calibration fitted = Calibration.fit(
                file,
                model,
                backend,
                ScoreRecipe.of(ScoreKind.RECONSTRUCTION),
                table(500, 0, "normal.csv"),
                0.02,
                Progress.SILENT);
        fitted.write(file);
        assertTrue(Files.exists(folder.resolve("calibration.json")));
        Calibration.Kept kept = Calibration.find(file);
        assertEquals(fitted, kept.calibration());
        assertFalse(kept.changed());
        assertEquals(500, fitted.threshold().count());
        assertEquals(3, fitted.usual().length);
        Path out = folder.resolve("s.csv");
        Scoring.Report report = run(table(400, 40, "t.csv"), request(kept.calibration(), 0, AnomalyLabels.ONE, out));
        List<String> lines = Files.readAllLines(out);
        assertEquals("row,score,unusual,label", lines.get(0));
        long ones =
                lines.stream().filter(line -> line.split(",")[2].equals("1")).count();
        assertEquals(report.unusual(), ones);
        long found = lines.stream().filter(line -> line.endsWith(",1,1")).count();
        assertEquals(report.found(), found);
        for (int r = 0; r < 400; r++) {
            boolean above = report.scores()[r] > fitted.threshold().threshold();
            assertEquals(above ? "1" : "0", lines.get(r + 1).split(",")[2]);
        }
        assertTrue(report.toText().contains("anomalies found"), report.toText());
        // Another recipe has no such threshold.
        Scoring.Request other = new Scoring.Request(
                ScoreRecipe.of(ScoreKind.LOSS), null, null, 0, fitted, 0, null, folder.resolve("x.csv"), false);
        assertTrue(assertThrows(UserError.class, () -> run(table(50, 5, "u.csv"), other))
                .getMessage()
                .contains("the threshold is of the reconstruction term"));
        assertFalse(Files.exists(folder.resolve("x.csv")));
        backend.upload(model.values().get("dec0.bias"), nudged(), 0);
        write(file);
        assertTrue(Calibration.find(file).changed());
        assertNull(Calibration.find(file).calibration());
        Files.writeString(folder.resolve("calibration.json"), "{\"format\": 3");
        assertTrue(assertThrows(UserError.class, () -> Calibration.find(file))
                .getMessage()
                .contains("holds no usable calibration (it is no JSON); delete it"));
    }

    private static float[] nudged() {
        int count = Math.toIntExact(model.values().get("dec0.bias").count());
        float[] bias = new float[count];
        backend.download(bias, 0, model.values().get("dec0.bias"));
        bias[0] += 1e-6f;
        return bias;
    }

    private static void write(Path file) {
        float[] values = new float[Math.toIntExact(model.spec().layout().count())];
        backend.download(values, 0, model.values().block());
        Model.write(file, model.config(), model.data(), model.spec().layout(), values, new float[0]);
    }

    @Test
    void mistakesAreToldAndLeaveNoFile() throws IOException {
        DataSource source = table(50, 5, "t.csv");
        String[][] wrong = {
            {"s.txt", "name the file with .csv, .parquet, .json or .npy"}, {"s", "this ending tells no format"}
        };
        for (String[] one : wrong) {
            Path out = folder.resolve(one[0]);
            UserError error = assertThrows(UserError.class, () -> run(source, request(null, 0, null, out)));
            assertTrue(error.getMessage().contains(one[1]), error.getMessage());
        }
        assertTrue(assertThrows(UserError.class, () -> run(source, request(null, 1, null, folder.resolve("s.npy"))))
                .getMessage()
                .contains("--blame"));
        UserError error = assertThrows(
                UserError.class,
                () -> run(source, request(null, 0, new AnomalyLabels(List.of("4"), false), folder.resolve("s.csv"))));
        assertTrue(error.getMessage().contains("makes none of the 50 rows")
                && error.getMessage().contains("their labels: 0, 1"));
        error = assertThrows(
                UserError.class,
                () -> run(source, request(null, 0, new AnomalyLabels(List.of("4"), true), folder.resolve("s.csv"))));
        assertTrue(error.getMessage().contains("--normal-label 4: makes all of the 50"), error.getMessage());
        DataSource bare = DataSource.parse(
                Files.writeString(folder.resolve("bare.csv"), "1,2,3\n2,3,4\n").toString());
        error = assertThrows(
                UserError.class, () -> run(bare, request(null, 0, AnomalyLabels.ONE, folder.resolve("s.csv"))));
        assertTrue(error.getMessage().contains("bare.csv: has no labels, which --labels needs"), error.getMessage());
        assertFalse(Files.exists(folder.resolve("s.csv")));
    }

    @Test
    void normalLabelsAreTheOtherWayRound() throws IOException {
        DataSource source = table(50, 5, "t.csv");
        Scoring.Report one = run(source, request(null, 0, AnomalyLabels.ONE, null));
        Scoring.Report other = run(source, request(null, 0, new AnomalyLabels(List.of("0"), true), null));
        assertEquals(one.detection(), other.detection());
        assertEquals(one.anomaly(), other.anomaly());
    }

    @Test
    void usualTermsAreMedians() {
        UsualTerms usual = new UsualTerms(2);
        usual.add(new float[] {1, 10, 3, 10}, 2);
        usual.add(new float[] {1000, 30, 2, 20}, 2);
        assertArrayEquals(new float[] {2, 10}, usual.medians());
        // The first rows alone, and fewer of wide ones.
        assertEquals(2, UsualTerms.rows(1 << 23));
        UsualTerms few = new UsualTerms(1);
        float[] many = new float[UsualTerms.MOST_ROWS + 5000];
        Arrays.fill(many, UsualTerms.MOST_ROWS, many.length, 9);
        few.add(many, many.length);
        few.add(many, 7);
        assertArrayEquals(new float[] {0}, few.medians());
    }

    @Test
    void splitsAreThoseOfTheSource() throws IOException {
        DataSource source = table(300, 30, "t.csv");
        Scoring.Report all = run(source, request(null, 0, AnomalyLabels.ONE, null));
        Scoring.Request test = new Scoring.Request(
                ScoreRecipe.of(ScoreKind.RECONSTRUCTION), Split.TEST, null, 0, null, 0, null, null, true);
        Scoring.Report some = run(source, test);
        assertEquals(source.labels(Split.TEST, 0).length, some.count());
        assertTrue(some.count() < 60 && some.count() > 10);
        // The test rows' scores are among all rows' scores.
        float[] left = all.scores().clone();
        Arrays.sort(left);
        for (float score : some.scores()) {
            float nearest = Float.POSITIVE_INFINITY;
            for (float other : left) {
                nearest = Math.min(nearest, Math.abs(other - score));
            }
            assertEquals(0, nearest, 1e-4 * (1 + Math.abs(score)));
        }
    }
}
