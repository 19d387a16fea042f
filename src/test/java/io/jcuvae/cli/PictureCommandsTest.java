package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.TestPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on folders of pictures. */
class PictureCommandsTest {
    private static final String CACHE = "jcuvae.cache";

    @TempDir
    Path folder;

    private Path set;
    private Path run;
    private String before;

    @BeforeEach
    void begin() {
        before = System.getProperty(CACHE);
        System.setProperty(CACHE, folder.resolve("cache").toString());
        set = folder.resolve("set");
        run = folder.resolve("run");
        for (int i = 0; i < 24; i++) {
            String part = i < 16 ? "train/" : "test/";
            TestPictures.put(set, part + i % 2 + "/" + i + ".png", TestPictures.png(6, 8, (long) i));
        }
    }

    @AfterEach
    void end() {
        if (before == null) {
            System.clearProperty(CACHE);
        } else {
            System.setProperty(CACHE, before);
        }
    }

    private Object[] train(Object... more) {
        List<Object> words = new ArrayList<>(List.of(
                "train", "--data", set, "--hidden", 6, "--latent", 2, "--epochs", 1, "--batch", 8, "--device", "cpu"));
        if (!Arrays.asList(more).contains("--out")) {
            words.addAll(List.of("--out", run));
        }
        words.addAll(Arrays.asList(more));
        return words.toArray();
    }

    private JsonObject options() throws IOException {
        return JsonParser.parseString(Files.readString(run.resolve("config.json")))
                .getAsJsonObject()
                .getAsJsonObject("options");
    }

    private static Dataset load(Path file) {
        return DataSource.parse(file.toString()).load(Split.ALL, 0);
    }

    @Test
    void aRunOnColourPicturesIsRepeatedAndUsedWithoutSayingTheSizeAgain() throws IOException {
        String out = Call.done(train("--size", "4x5")).out();
        assertTrue(out.startsWith("pictures 24 of 4x5x3, 2 labels, decoded in "), out);
        assertTrue(out.contains(": 16 training and 8 held-out samples of 4x5x3\n"), out);
        assertEquals("4x5", options().get("size").getAsString());
        assertFalse(options().get("grey").getAsBoolean());
        assertEquals(
                3, ImageIO.read(run.resolve("samples.png").toFile()).getRaster().getNumBands());
        assertEquals(
                3,
                ImageIO.read(run.resolve("reconstructions.png").toFile())
                        .getRaster()
                        .getNumBands());
        Path again = folder.resolve("again");
        String second = Call.done("train", "--config", run.resolve("config.json"), "--out", again)
                .out();
        assertTrue(second.startsWith("pictures 24 of 4x5x3, 2 labels, decoded before, from "), second);
        assertEquals(-1, Files.mismatch(run.resolve("model.safetensors"), again.resolve("model.safetensors")));
        Call.done("train", "--resume", run, "--epochs", 2);

        String report = Call.done("evaluate", "--model", run).out();
        assertTrue(report.startsWith("pictures 24 of 4x5x3, 2 labels, decoded before"), report);
        assertTrue(report.contains("colour values in [0, 1], used as they are") && !report.contains("grey"), report);
        JsonObject json =
                Call.done("evaluate", "--model", run, "--data", set, "--json").json();
        assertEquals(8, json.get("count").getAsInt());
        for (String name : List.of("r.npy", "r.npz", "r-ubyte", "r.csv", "r.png")) {
            Call.done("reconstruct", "--model", run, "--out", folder.resolve(name), "--limit", 3, "--quiet");
        }
        assertEquals(new SampleShape(4, 5, 3), load(folder.resolve("r.npy")).shape());
        assertEquals(new SampleShape(4, 5, 3), load(folder.resolve("r-ubyte")).shape());
        assertEquals(
                3, ImageIO.read(folder.resolve("r.png").toFile()).getRaster().getNumBands());
        Call.done("encode", "--model", run, "--data", set, "--split", "all", "--out", folder.resolve("codes.npy"));
        assertEquals(24, load(folder.resolve("codes.npy")).count());
        Call.done("interpolate", "--model", run, "--from", 0, "--to", 7, "--out", folder.resolve("line.png"));
        Call.done("generate", "--model", run, "--out", folder.resolve("g.png"));
        assertTrue(Call.done("info", "--model", run).out().contains("of 4x5x3"));
    }

    @Test
    void aGreyModelTakesColourPicturesInGrey() throws IOException {
        Call.done(train("--grey", "--quiet"));
        assertTrue(options().get("grey").getAsBoolean());
        // Pictures of another size and of colour.
        Path other = folder.resolve("other");
        TestPictures.put(other, "a.png", TestPictures.png(20, 20, 0x204060));
        TestPictures.put(other, "b.png", TestPictures.png(9, 7, 0x204060));
        JsonObject json =
                Call.done("evaluate", "--model", run, "--data", other, "--json").json();
        assertEquals(2, json.get("count").getAsInt());
        assertTrue(json.get("protocol").getAsString().contains("grey values"), json.toString());
        assertEquals(
                1, ImageIO.read(run.resolve("samples.png").toFile()).getRaster().getNumBands());
        // A flag can be taken back.
        Call.done("train", "--config", run.resolve("config.json"), "--grey", "false", "--out", folder.resolve("c"));
    }

    @Test
    void unreadablePicturesStopEveryCommandOrAreLeftOut() {
        Call.done(train("--quiet"));
        TestPictures.put(set, "test/0/x.png", new byte[9]);
        for (String command : List.of("evaluate", "encode", "reconstruct", "interpolate")) {
            List<Object> words = new ArrayList<>(List.of(command, "--model", run));
            if (!command.equals("evaluate")) {
                words.addAll(List.of("--out", folder.resolve("o.npy")));
            }
            if (command.equals("interpolate")) {
                words.addAll(List.of("--from", 0, "--to", 1));
            }
            String error = Call.refused(words.toArray());
            assertTrue(error.contains("1 of 25 pictures") && error.contains("\"test/0/x.png\""), error);
            words.add("--skip-bad");
            Call call = Call.of(words.toArray());
            assertEquals(0, call.code(), call.err());
            assertTrue(call.err().startsWith("warning: ") && call.err().contains("1 of 25"), call.err());
        }
        Path second = folder.resolve("second");
        assertTrue(Call.refused(train("--out", second)).contains("--skip-bad"));
        assertFalse(Files.exists(second));
        assertEquals(0, Call.of(train("--out", second, "--skip-bad")).code());
        // A model that was trained without them is evaluated without them on the same data.
        Call call = Call.of("evaluate", "--model", second);
        assertEquals(0, call.code(), call.err());
    }

    @Test
    void otherOrdersOfChannelsAreTheSamePictures() throws IOException {
        // The same pictures as a file of [3, H, W]: the model's figures on both are the same.
        byte[] last = DataSource.parse(set.toString()).load(Split.ALL, 0).bytes();
        float[] first = new float[last.length];
        for (int i = 0; i < 24; i++) {
            for (int p = 0; p < 48; p++) {
                for (int c = 0; c < 3; c++) {
                    first[144 * i + 48 * c + p] = (last[144 * i + 3 * p + c] & 0xFF) / 255f;
                }
            }
        }
        Path file = folder.resolve("first.npy");
        try (RowWriter writer = RowWriters.samples(file, new SampleShape(3, 6, 8), 24)) {
            writer.write(first, 24);
            writer.commit();
        }
        Call.done(
                "train", "--data", file, "--hidden", 6, "--latent", 2, "--epochs", 1, "--out", run, "--device", "cpu");
        Path codes = folder.resolve("codes.npy");
        Call.done("encode", "--model", run, "--data", set, "--split", "all", "--out", codes, "--quiet");
        float[] ofFolder = load(codes).floats();
        Call.done("encode", "--model", run, "--data", file, "--split", "all", "--out", codes, "--quiet");
        assertArrayEquals(load(codes).floats(), ofFolder);
        Path wrong = folder.resolve("wrong.npy");
        try (RowWriter writer = RowWriters.samples(wrong, new SampleShape(12, 12), 1)) {
            writer.write(new float[144], 1);
            writer.commit();
        }
        String error = Call.refused("encode", "--model", run, "--data", wrong, "--out", codes);
        assertTrue(error.contains("12x12") && error.contains("3x6x8"), error);
    }

    @Test
    void mistakesAreToldInOneLine() {
        TestPictures.put(set, "train/0/large.png", TestPictures.png(9, 9, 1));
        String error = Call.refused(train());
        assertTrue(error.contains("differ in size") && error.contains("--size 64x64"), error);
        assertFalse(Files.exists(run));
        assertTrue(Call.refused(train("--size", "0x4")).contains("--size: must be HEIGHTxWIDTH"));
        assertTrue(Call.refused(train("--grey", "maybe")).contains("--grey: must be true or false"));
        String other = Call.refused("train", "--data", "moons:50", "--size", "9x9", "--out", run);
        assertTrue(other.contains("--size 9x9: is about a folder or zip of pictures"), other);
        assertTrue(Call.refused("train", "--data", "moons:50", "--grey", "--out", run)
                .contains("--grey true: is about"));
        Path zip = TestPictures.put(folder, "broken.zip", new byte[5]);
        assertTrue(
                Call.refused("train", "--data", zip, "--out", run).contains("broken.zip: cannot be opened as a zip"));
    }
}
