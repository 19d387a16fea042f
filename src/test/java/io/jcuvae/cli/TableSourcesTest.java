package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.NamedColumns;
import io.jcuvae.data.SourceOptions;
import io.jcuvae.data.Split;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables as the commands take them: by the names of columns, from standard input, in and out as Parquet. */
class TableSourcesTest {
    private static final String CACHE = "jcuvae.cache";
    private static final Path PATIENTS = Path.of("src/test/resources/io/jcuvae/data/patients.csv");
    private static final Path PARQUET = PATIENTS.resolveSibling("parquet/patients.parquet");

    @TempDir
    Path folder;

    private final InputStream in = System.in;
    private String before;

    @BeforeEach
    void begin() {
        before = System.getProperty(CACHE);
        System.setProperty(CACHE, folder.resolve("cache").toString());
    }

    @AfterEach
    void end() {
        System.setIn(in);
        if (before == null) {
            System.clearProperty(CACHE);
        } else {
            System.setProperty(CACHE, before);
        }
    }

    /** Rows of Name, b, c, kind: c is Name + b, kind 0 or 1. */
    private static String text(int rows) {
        StringBuilder text = new StringBuilder("Name,b,c,kind\n");
        for (int r = 0; r < rows; r++) {
            int a = r * 7 % 11;
            int b = r * 5 % 13;
            text.append(a)
                    .append(',')
                    .append(b)
                    .append(',')
                    .append(a + b)
                    .append(',')
                    .append(r % 2)
                    .append('\n');
        }
        return text.toString();
    }

    private Path table() throws IOException {
        return Files.writeString(folder.resolve("rows.csv"), text(60));
    }

    private static Dataset load(Path file, String columns, String label) {
        SourceOptions options = SourceOptions.NONE.with(NamedColumns.parse(columns, label, true));
        return DataSource.parse(file.toString(), options).load(Split.ALL, 3);
    }

    @Test
    void columnsAreTakenByNameInTheirOrder() throws IOException {
        Dataset rows = load(table(), "c,name", "kind");
        assertArrayEquals(new float[] {0, 0, 12, 7, 13, 3}, rows.floats());
        assertArrayEquals(new int[] {0, 1, 0}, rows.labels());
        assertEquals(3, load(table(), "all", "kind").width());
        assertEquals(4, load(table(), "all", "auto").width());
        // Names of digits are names where columns are asked for by them.
        Path digits = Files.writeString(folder.resolve("d.csv"), "1,2\n5,6\n7,8\n");
        assertArrayEquals(new float[] {6, 8}, load(digits, "2", "auto").floats());
        assertArrayEquals(new float[] {4, 2, 2}, load(PARQUET, "visits", "auto").floats());
    }

    @Test
    void whatATableDoesNotHaveIsRefused() throws IOException {
        Path table = table();
        Object[] train = {"train", "--preset", "table", "--out", folder.resolve("no"), "--data", table};
        assertTrue(refused(train, "--columns", "c,nmae").contains("has no column \"nmae\""));
        assertTrue(
                refused(train, "--label-column", "x").contains("which --label-column names; it has Name, b, c, kind"));
        assertTrue(refused(train, "--columns", "b,,c").contains("--columns: must be different names"));
        assertTrue(refused(train, "--columns", "b,b").contains("--columns: must be different names"));
        assertTrue(refused(train, "--columns", "b,c", "--label-column", "b").contains("holds the labels"));
        assertTrue(
                Call.refused("train", "--data", "moons:50", "--columns", "a").contains("--columns: is about tables"));
    }

    private static String refused(Object[] words, Object... more) {
        return Call.refused(Stream.concat(Stream.of(words), Stream.of(more)).toArray());
    }

    @Test
    void aModelKnowsItsColumns() throws IOException {
        Path table = table();
        Path run = folder.resolve("run");
        Call.done(
                "train",
                "--preset",
                "table",
                "--data",
                table,
                "--columns",
                "Name,c",
                "--label-column",
                "kind",
                "--condition",
                "labels",
                "--epochs",
                2,
                "--device",
                "cpu",
                "--latent",
                2,
                "--out",
                run);
        Path codes = folder.resolve("codes.parquet");
        Call.done("encode", "--model", run, "--out", codes, "--device", "cpu");
        assertEquals(4, DataSource.parse(codes.toString()).load(Split.ALL, 0).width());
        // Other places of the columns, and more of them.
        Path other = Files.writeString(folder.resolve("o.csv"), "c,z,kind,Name\n7,0,1,3\n9,0,0,4\n");
        JsonObject json = Call.done("evaluate", "--model", run, "--data", other, "--device", "cpu", "--json")
                .json();
        assertEquals(2, json.get("count").getAsInt(), json.toString());
        Path decoded = folder.resolve("decoded.parquet");
        Call.done("decode", "--model", run, "--latents", codes, "--label", 1, "--out", decoded, "--device", "cpu");
        assertEquals(60, DataSource.parse(decoded.toString()).load(Split.ALL, 0).count());
        Path made = folder.resolve("made.csv");
        Call.done("generate", "--model", run, "--count", 2, "--label", "0", "--out", made);
        assertEquals("Name,c", Files.readAllLines(made).get(0), "what is generated has the columns' names");
    }

    @Test
    void standardInputIsATable() throws IOException {
        byte[] text = text(60).getBytes(StandardCharsets.UTF_8);
        Path run = folder.resolve("run");
        System.setIn(new ByteArrayInputStream(text));
        Call.done(
                "train",
                "--preset",
                "table",
                "--data",
                "-",
                "--label-column",
                "kind",
                "--epochs",
                1,
                "--device",
                "cpu",
                "--out",
                run);
        Path file = folder.resolve("file");
        Call.done(
                "train",
                "--preset",
                "table",
                "--data",
                table(),
                "--label-column",
                "kind",
                "--epochs",
                1,
                "--device",
                "cpu",
                "--out",
                file);
        assertEquals(-1, Files.mismatch(metrics(run), metrics(file)));
        assertTrue(Call.refused("encode", "--model", run, "--out", folder.resolve("c.npy"), "--device", "cpu")
                .contains("the model was trained on standard input"));
        // Parquet, too, is told by its first bytes; these rows have gaps.
        System.setIn(new ByteArrayInputStream(Files.readAllBytes(PARQUET)));
        Path scores = folder.resolve("scores.parquet");
        String gap = Call.refused(
                "score",
                "--model",
                run,
                "--data",
                "/dev/stdin",
                "--columns",
                "visits,age,pressure",
                "--out",
                scores,
                "--device",
                "cpu");
        assertTrue(gap.startsWith("error: standard input: row 1, column 7 is empty"), gap);
        System.setIn(new ByteArrayInputStream("Name,b,c\n1,2,zzz\n".getBytes(StandardCharsets.UTF_8)));
        assertTrue(Call.refused("score", "--model", run, "--data", "-", "--out", scores, "--device", "cpu")
                .startsWith("error: standard input: line 2, column 3 is \"zzz\""));
        System.setIn(new ByteArrayInputStream(new byte[0]));
        assertTrue(Call.refused("train", "--data", "-", "--out", folder.resolve("n"))
                .contains("standard input: is empty"));
    }

    /** The losses of a run, without what depends on the clock. */
    private static Path metrics(Path run) throws IOException {
        StringBuilder losses = new StringBuilder();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            JsonObject json = JsonParser.parseString(line).getAsJsonObject();
            List.copyOf(json.keySet()).stream()
                    .filter(key -> key.contains("second") || key.contains("time"))
                    .forEach(json::remove);
            losses.append(json).append('\n');
        }
        return Files.writeString(run.resolve("losses"), losses);
    }

    @Test
    void aSchemaTakesParquetAsItTakesText() throws IOException {
        Path schema = folder.resolve("schema.json");
        assertEquals(0, Call.of("schema", "--data", PARQUET, "--out", schema).code());
        Path run = folder.resolve("run");
        Call.done(
                "train",
                "--preset",
                "table",
                "--data",
                PARQUET,
                "--schema",
                schema,
                "--columns",
                "age,sex,ward",
                "--epochs",
                2,
                "--device",
                "cpu",
                "--out",
                run);
        Path made = folder.resolve("made.parquet");
        Call.done("generate", "--model", run, "--count", 20, "--out", made, "--device", "cpu");
        JsonObject proposed = Call.of("schema", "--data", made, "--json").json();
        assertEquals(3, proposed.getAsJsonArray("columns").size(), proposed.toString());
        assertTrue(proposed.toString().contains("\"ward\""), proposed.toString());
        // As a job in three files, which are those of the rows.
        Path job = folder.resolve("job.parquet");
        Call.done("generate", "--model", run, "--count", 20, "--shards", 3, "--out", job, "--device", "cpu");
        Call.done("verify", folder.resolve("job.parquet.manifest.json"));
        Path scores = folder.resolve("scores.parquet");
        Call.done("score", "--model", run, "--data", PARQUET, "--blame", 2, "--out", scores, "--device", "cpu");
        assertTrue(Call.of("schema", "--data", scores).out().contains("share2"));
    }
}
