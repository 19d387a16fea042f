package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** score and augment, as one calls them. */
class ScoreCommandsTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path run;
    private static Path table;
    private static Path normal;

    @BeforeAll
    static void train() throws IOException {
        table = shared.resolve("table.csv");
        normal = shared.resolve("normal.csv");
        Files.writeString(table, rows(600, 60, 4));
        Files.writeString(normal, rows(500, 0, 5));
        run = shared.resolve("run");
        // It says that the posterior collapses at first, which is none of this test's business.
        Call.of(
                "train",
                "--data",
                table + "@label=0",
                "--likelihood",
                "gaussian",
                "--hidden",
                "8",
                "--latent",
                "2",
                "--lr",
                "0.01",
                "--epochs",
                "25",
                "--batch",
                "32",
                "--quiet",
                "--out",
                run);
    }

    private static String rows(int count, int anomalies, long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder("warm,wet,y\n");
        for (int r = 0; r < count; r++) {
            double a = random.nextGaussian();
            boolean odd = r % 10 == 0 && r / 10 < anomalies;
            text.append(a + (odd ? 6 : 0))
                    .append(',')
                    .append(a)
                    .append(',')
                    .append(odd ? 1 : 0)
                    .append('\n');
        }
        return text.toString();
    }

    @Test
    void aThresholdIsFoundUsedAndShown() throws IOException {
        Path mine = folder.resolve("run");
        Files.createDirectories(mine);
        Files.copy(run.resolve("model.safetensors"), mine.resolve("model.safetensors"));
        String found = Call.done(
                        "score",
                        "--model",
                        mine,
                        "--by",
                        "reconstruction",
                        "--calibrate",
                        normal,
                        "--false-alarm",
                        "0.05")
                .out();
        assertTrue(found.startsWith("calibrated " + mine.resolve("calibration.json") + ": "), found);
        assertTrue(found.contains("false alarms at 0.05 (95 %: "), found);
        assertTrue(Call.done("info", "--model", mine).out().contains("\nthreshold    "));
        assertEquals(
                0.05,
                Call.done("info", "--model", mine, "--json")
                        .json()
                        .getAsJsonObject("calibration")
                        .get("false_alarm")
                        .getAsDouble());
        Path out = folder.resolve("scores.csv");
        Path png = folder.resolve("scores.png");
        String text = Call.done(
                        "score",
                        "--model",
                        mine,
                        "--data",
                        table,
                        "--split",
                        "unseen",
                        "--labels",
                        "--blame",
                        1,
                        "--histogram",
                        png,
                        "--out",
                        out)
                .out();
        for (String part :
                List.of("(unseen)", "threshold ", "unusual ", "AUROC ", "AP ", "at threshold ", "wrote " + png)) {
            assertTrue(text.contains(part), text);
        }
        assertEquals(
                "row,score,unusual,label,column1,share1",
                Files.readAllLines(out).get(0));
        assertEquals(760, ImageIO.read(png.toFile()).getWidth());
        JsonObject beside = JsonParser.parseString(Files.readString(folder.resolve("scores.summary.json")))
                .getAsJsonObject();
        assertTrue(beside.getAsJsonObject("detection").get("auroc").getAsDouble() > 0.9, beside.toString());
        // Another score than the threshold's: said, and without it.
        Call other = Call.of("score", "--model", mine, "--data", table, "--by", "loss", "--draws", 2, "--out", out);
        assertEquals(0, other.code());
        assertTrue(other.err().contains("the threshold is of the reconstruction term"), other.err());
        assertEquals("row,score", Files.readAllLines(out).get(0));
        // A model that changed has none.
        Call.of(
                "train",
                "--data",
                "moons:50",
                "--hidden",
                "4",
                "--latent",
                "2",
                "--epochs",
                "1",
                "--quiet",
                "--out",
                folder.resolve("other"));
        Files.copy(
                folder.resolve("other").resolve("model.safetensors"),
                mine.resolve("model.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);
        assertTrue(Call.done("info", "--model", mine).out().contains("threshold    void: "));
        Call changed = Call.of("score", "--model", mine, "--out", out);
        assertTrue(
                changed.code() == 0 && changed.err().contains("changed since, so there is no threshold"),
                changed.err());
    }

    @Test
    void jsonIsOneObject() {
        JsonObject json = Call.done(
                        "score",
                        "--model",
                        run,
                        "--data",
                        table,
                        "--split",
                        "all",
                        "--by",
                        "nll",
                        "--importance",
                        5,
                        "--labels",
                        "--json")
                .json();
        assertEquals(600, json.get("count").getAsInt());
        assertEquals("nll", json.get("by").getAsString());
        assertEquals(5, json.get("draws").getAsInt());
        assertEquals(60, json.getAsJsonObject("detection").get("anomalies").getAsInt());
        assertTrue(json.get("threshold").isJsonNull());
    }

    @Test
    void calibrationTakesHeldOutRowsOfTheTrainingData() {
        String error =
                Call.refused("score", "--model", run, "--calibrate", table + "@label=0", "--false-alarm", "0.01");
        int heldOut = DataSource.parse(table + "@label=0").labels(Split.TEST, 0).length;
        assertTrue(error.contains("has " + heldOut + " rows") && error.contains("at least 368 normal rows"), error);
        assertFalse(Files.exists(run.resolve("calibration.json")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --labels --by luck                     | --by: must be one of reconstruction|loss|nll, got 'luck'
            --labels --by reconstruction --draws 3 | --draws: is about --by loss
            --labels --by nll --draws 3            | or give --importance
            --labels --importance 3                | --importance: is about --by nll
            --labels --by loss --draws 0           | --draws: must be a whole number from 1
            --labels --blame 2                     | --blame: is written into the file of scores; add --out FILE
            --by loss                              | --out FILE is missing
            --labels --false-alarm 0.1             | --false-alarm: is about finding a threshold
            --calibrate nowhere --false-alarm 0.7  | --false-alarm: must be above 0 and at most 0.5
            --calibrate nowhere --false-alarm 0    | --false-alarm: must be above 0
            --calibrate nowhere --split test       | --split: is about rows to score
            --calibrate nowhere.csv                | nowhere.csv: no such file
            --labels --split half                  | --split: split "half" is unknown
            --anomaly-label 1 --normal-label 0     | leave one out
            --anomaly-label 1,,2                   | --anomaly-label: must be labels with commas between
            --anomaly-label 9                      | makes none of the
            --labels --data moons:50               | moons:50: data has samples of 28x28 = 784 values, the model takes 2
            --out scores.orc                   | scores.orc: this ending tells no format
            --histogram scores.jpg                 | --histogram: must be a .png
            --labels --data T@label=5              | has no label "5" (there are 0, 1)""")
    void mistakesAreToldInOneLine(String line, String expected) {
        String[] words = ("score --model RUN " + line
                        + (line.contains("--data") || line.contains("--calibrate") ? "" : " --data T"))
                .replace("RUN", run.toString())
                .replace(" T", " " + table)
                .split(" +");
        String error = Call.refused((Object[]) words);
        assertTrue(error.contains(expected), error);
    }

    @Test
    void picturesHaveNoColumnsToBlame() {
        Path digits = folder.resolve("digits");
        Call.of(
                "train",
                "--data",
                "moons:60",
                "--hidden",
                "4",
                "--latent",
                "2",
                "--epochs",
                "1",
                "--quiet",
                "--out",
                digits);
        String error = Call.refused("score", "--model", digits, "--blame", 2, "--out", folder.resolve("s.csv"));
        assertTrue(error.contains("--blame: names columns of a table"), error);
        assertFalse(Files.exists(folder.resolve("s.csv")));
        error = Call.refused("score", "--model", digits, "--split", "unseen", "--out", folder.resolve("s.csv"));
        assertTrue(error.contains("--split unseen: the model was trained on moons:60"), error);
        // Labels of the moons are hundredths of their phase: some are normal.
        Call.done(
                "score",
                "--model",
                digits,
                "--normal-label",
                "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20",
                "--data",
                "moons:200",
                "--out",
                folder.resolve("s.csv"));
    }

    @Test
    void augmentWritesLabelledRows() {
        Path out = folder.resolve("more.npz");
        String text = Call.done("augment", "--model", run, "--data", table, "--per-sample", 3, "--out", out)
                .out();
        int train = DataSource.parse(table.toString()).labels(Split.TRAIN, 0).length;
        assertEquals(
                "wrote " + out + ": " + String.format("%,d", 3 * train) + " rows of 2, 3 of each sample, with labels\n",
                text);
        int[] labels = DataSource.parse(out.toString()).load(Split.ALL, 0).labels();
        int[] originals = DataSource.parse(table.toString()).labels(Split.TRAIN, 0);
        for (int r = 0; r < labels.length; r++) {
            assertEquals(originals[r / 3], labels[r]);
        }
        JsonObject json = Call.done(
                        "augment",
                        "--model",
                        run,
                        "--data",
                        table,
                        "--split",
                        "all",
                        "--limit",
                        4,
                        "--out",
                        folder.resolve("a.npy"),
                        "--json")
                .json();
        assertEquals(20, json.get("count").getAsInt());
        assertFalse(json.get("labelled").getAsBoolean());
        assertTrue(Call.refused("augment", "--model", run, "--data", table, "--out", out, "--per-sample", 0)
                .contains("--per-sample: must be a whole number from 1"));
        assertTrue(Call.refused("augment", "--model", run, "--data", table, "--out", folder.resolve("x.txt"))
                .contains("this ending tells no format"));
        assertTrue(Call.refused("augment", "--model", run, "--data", table).contains("--out FILE is missing"));
        assertTrue(Call.refused("augment", "--model", run, "--data", table, "--out", out, "--temperature", "-1")
                .contains("--temperature: must be a number from 0"));
    }

    @Test
    void everyRowOfAPictureIsALine() {
        Path digits = folder.resolve("digits");
        Call.of(
                "train",
                "--data",
                "moons:60",
                "--hidden",
                "4",
                "--latent",
                "2",
                "--epochs",
                "1",
                "--quiet",
                "--out",
                digits);
        Path png = folder.resolve("lines.png");
        Call.done("augment", "--model", digits, "--limit", 3, "--per-sample", 7, "--out", png);
        assertTrue(Files.exists(png));
    }

    @Test
    void columnsOfASchemaAreNamedAndTravelAlong() throws IOException {
        Random random = new Random(6);
        StringBuilder text = new StringBuilder("warm,kind,y\n");
        for (int r = 0; r < 300; r++) {
            boolean red = random.nextBoolean();
            double warm = (red ? 5 : -5) + random.nextGaussian();
            // Of the odd ones the temperature fits neither kind.
            text.append(r % 30 == 0 ? 60 : warm)
                    .append(',')
                    .append(red ? "red" : "green")
                    .append(',');
            text.append(r % 30 == 0 ? 1 : 0).append('\n');
        }
        Path file = Files.writeString(folder.resolve("kinds.csv"), text);
        Path schema = folder.resolve("schema.json");
        Call.of("schema", "--data", file, "--out", schema);
        Path kinds = folder.resolve("kinds");
        Call.of(
                "train",
                "--preset",
                "table",
                "--data",
                file + "@label=0",
                "--schema",
                schema,
                "--hidden",
                "8",
                "--latent",
                "2",
                "--epochs",
                "15",
                "--quiet",
                "--out",
                kinds);
        Path out = folder.resolve("s.csv");
        Call scored = Call.of(
                "score",
                "--model",
                kinds,
                "--data",
                file,
                "--split",
                "unseen",
                "--labels",
                "--blame",
                1,
                "--out",
                out,
                "--json");
        assertEquals(0, scored.code(), scored.err());
        assertEquals(1, scored.json().getAsJsonObject("detection").get("auroc").getAsDouble(), 0.02);
        List<String> odd = Files.readAllLines(out).stream()
                .filter(line -> line.split(",")[2].equals("1"))
                .toList();
        assertEquals(10, odd.size());
        odd.forEach(line -> assertEquals("warm", line.split(",")[3], line));
        Path more = folder.resolve("more.csv");
        assertEquals(
                0,
                Call.of("augment", "--model", kinds, "--data", file, "--per-sample", 2, "--out", more)
                        .code());
        List<String> lines = Files.readAllLines(more);
        assertEquals("warm,kind,y", lines.get(0).replace("label", "y"));
        assertTrue(lines.get(1).matches("[-0-9.E]+,(red|green),[01]"), lines.get(1));
    }
}
