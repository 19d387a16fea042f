package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs, as one calls them: slices, shards and manifests give the bytes that the whole file has. */
class JobCommandsTest {
    private static final int HEADER = 128;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        Call.of(
                "train",
                "--data",
                "moons:1500",
                "--hidden",
                "16",
                "--latent",
                "2",
                "--epochs",
                "1",
                "--quiet",
                "--out",
                model);
    }

    /** Each command with options that give 1500 rows or more. */
    private static String[] command(String name) {
        String line =
                switch (name) {
                    case "generate" -> "generate --count 2500 --seed 4";
                    case "encode" -> "encode --data moons:1500 --split train";
                    case "reconstruct" -> "reconstruct --data moons:1500 --split train --bytes";
                    case "score" -> "score --data moons:1500 --split train --by nll --importance 3";
                    default -> "augment --data moons:1500 --split train --per-sample 2";
                };
        return line.split(" ");
    }

    private static Call call(String[] words, Object... more) {
        List<Object> all = new ArrayList<>(List.of((Object[]) words));
        all.addAll(List.of("--model", model, "--device", "cpu"));
        all.addAll(List.of(more));
        return Call.done(all.toArray());
    }

    private static byte[] values(Path npy) throws IOException {
        byte[] bytes = Files.readAllBytes(npy);
        return Arrays.copyOfRange(bytes, HEADER, bytes.length);
    }

    private static byte[] joined(Path place, String ending) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (Stream<Path> files = Files.list(place)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(ending)).sorted().toList()) {
                all.write(values(file));
            }
        }
        return all.toByteArray();
    }

    /** The mixture lies in a file of its own; a job that began with one does not go on with another. */
    @Test
    void anotherMixtureIsAnotherJob() {
        Path out = folder.resolve("m.npy");
        String[] words = {"generate", "--count", "40", "--sampler", "gmm", "--quiet"};
        call(words, "--components", 2, "--out", out, "--manifest");
        call(words, "--out", out, "--resume");
        call(words, "--components", 3, "--out", folder.resolve("other.npy"));
        String told = Call.refused(
                "generate",
                "--count",
                40,
                "--sampler",
                "gmm",
                "--model",
                model,
                "--device",
                "cpu",
                "--quiet",
                "--resume",
                "--out",
                out);
        assertTrue(told.contains("is of another job") && told.contains("sampler"), told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"generate", "encode", "reconstruct", "score", "augment"})
    void slicesShardsAndThreadsShowNowhere(String name) throws IOException {
        Path whole = folder.resolve("whole.npy");
        call(command(name), "--out", whole, "--threads", 1);
        byte[] expected = values(whole);

        Path place = folder.resolve("shards");
        JsonObject json = call(
                        command(name),
                        "--out",
                        place.resolve("rows.npy"),
                        "--shards",
                        3,
                        "--block",
                        200,
                        "--threads",
                        2,
                        "--json")
                .json();
        assertEquals(3, json.getAsJsonArray("files").size());
        assertArrayEquals(expected, joined(place, ".npy"));
        String manifest = json.get("manifest").getAsString();
        assertTrue(Call.done("verify", manifest).out().startsWith("right: 3 files, "));

        String[] sliced = Arrays.stream(command(name))
                .map(word -> word.equals("2500") ? "1300" : word)
                .toArray(String[]::new);
        Path slice = folder.resolve("slice.npy");
        List<Object> more = new ArrayList<>(List.of("--out", slice, "--first", 101));
        if (!name.equals("generate")) {
            more.addAll(List.of("--count", 1300));
        }
        call(sliced, more.toArray());
        int rows = name.equals("generate") ? 2500 : name.equals("augment") ? 3000 : 1500;
        int row = expected.length / rows;
        int each = name.equals("augment") ? 2 : 1;
        assertArrayEquals(Arrays.copyOfRange(expected, 101 * each * row, 1401 * each * row), values(slice));
    }

    @Test
    void resumingAFinishedJobDoesNothing() throws IOException {
        Path out = folder.resolve("s.npz");
        call(command("augment"), "--out", out, "--resume");
        byte[] before = Files.readAllBytes(out);
        assertTrue(call(command("augment"), "--out", out, "--resume").out().contains("resumed: 3,000 of 3,000 rows"));
        assertArrayEquals(before, Files.readAllBytes(out));
        Path plain = folder.resolve("plain.npz");
        call(command("augment"), "--out", plain);
        assertEquals(
                DataSource.parse(plain.toString()).load(Split.ALL, 0).fingerprint(),
                DataSource.parse(out.toString()).load(Split.ALL, 0).fingerprint());
    }

    @Test
    void labelsGoIntoTheShardsOfTheirRows() {
        call(command("augment"), "--out", folder.resolve("a.csv"), "--shards", 2);
        Path plain = folder.resolve("plain.csv");
        call(command("augment"), "--out", plain);
        int[] labels = DataSource.parse(plain.toString()).labels(Split.ALL, 0);
        int[] second = DataSource.parse(folder.resolve("a-00001-of-00002.csv").toString())
                .labels(Split.ALL, 0);
        assertArrayEquals(Arrays.copyOfRange(labels, 1500, 3000), second);
    }

    @Test
    void bytesOfAnArrayAreThoseOfAnIdxFile() throws IOException {
        Path idx = folder.resolve("s-ubyte");
        Path npy = folder.resolve("s.npy");
        call(command("generate"), "--out", idx);
        call(command("generate"), "--out", npy, "--bytes");
        byte[] bytes = Files.readAllBytes(idx);
        assertArrayEquals(Arrays.copyOfRange(bytes, 16, bytes.length), values(npy));
        assertTrue(DataSource.parse(npy.toString()).load(Split.ALL, 5).isBytes());
        assertTrue(Call.refused("generate", "--model", model, "--bytes", "--out", folder.resolve("x.csv"))
                .contains("--bytes: is about a .npy"));
    }

    @Test
    void folderHasAPictureOfEachSample() throws IOException {
        Path place = folder.resolve("pictures");
        call(new String[] {"generate"}, "--count", 12, "--first", 5, "--out", place + "/");
        Path npy = folder.resolve("s.npy");
        call(new String[] {"generate"}, "--count", 12, "--first", 5, "--out", npy, "--bytes");
        assertTrue(Files.exists(place.resolve("0000000005.png")));
        Dataset pictures = DataSource.parse(place.toString()).load(Split.ALL, 0);
        assertArrayEquals(DataSource.parse(npy.toString()).load(Split.ALL, 0).bytes(), pictures.bytes());
        assertTrue(
                Call.refused("generate", "--model", model, "--out", place + "/").contains("is there already"));
        Call.refused("generate", "--model", model, "--manifest", "--out", place + "/");
        assertFalse(Files.exists(folder.resolve(".pictures.job")));
    }

    @Test
    void plainCommandLeavesItsFileAlone() throws IOException {
        call(new String[] {"generate"}, "--out", folder.resolve("s.npy"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void verifyEndsWithOneWhereSomethingIsWrong() throws IOException {
        Path out = folder.resolve("s.npy");
        call(command("generate"), "--out", out, "--manifest");
        byte[] bytes = Files.readAllBytes(out);
        bytes[5000] ^= 1;
        Files.write(out, bytes);
        Call call = Call.of("verify", out + ".manifest.json");
        assertEquals(1, call.code());
        assertTrue(call.out().startsWith("s.npy: block 0 is not as it was written"), call.out());
        assertEquals(1, call.err().lines().count(), call.err());
        call = Call.of("verify", out + ".manifest.json", "--json");
        assertFalse(call.json().get("right").getAsBoolean());
        assertEquals(1, call.code());
    }

    @Test
    void mistakesAreToldInALine() {
        Path out = folder.resolve("s.npy");
        Object[][] mistakes = {
            {"verify"},
            {"verify", "a", "b"},
            {"verify", folder.resolve("none.json")},
            {"generate", "--model", model, "--out", out, "--block", 5},
            {"generate", "--model", model, "--out", out, "--shards", 65},
            {"generate", "--model", model, "--out", out, "--shards", 0},
            {"generate", "--model", model, "--out", out, "--first", -1},
            {"generate", "--model", model, "--out", out, "--first", Long.MAX_VALUE},
            {"encode", "--model", model, "--data", "moons:10", "--split", "train", "--first", 10, "--out", out},
            {"augment", "--model", model, "--data", "moons:10", "--out", out, "--manifest", "--block", 7},
            {"score", "--model", model, "--out", folder.resolve("s.json"), "--manifest"},
            {"score", "--model", model, "--out", out, "--manifest", "--labels"},
            {"score", "--model", model, "--manifest", "--labels"},
        };
        for (Object[] mistake : mistakes) {
            Call.refused(mistake);
        }
        assertFalse(Files.exists(folder.resolve("s.npy.manifest.json")));
    }
}
