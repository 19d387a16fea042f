package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportCommandTest {
    @TempDir
    Path folder;

    private Path train(String name, String... options) {
        Path run = folder.resolve(name);
        Object[] words = new Object[options.length + 12];
        Object[] common = {
            "train", "--data", "moons:150", "--hidden", "16", "--epochs", 2, "--threads", 1, "--out", run, "--quiet"
        };
        System.arraycopy(common, 0, words, 0, common.length);
        System.arraycopy(options, 0, words, common.length, options.length);
        Call.done(words);
        return run;
    }

    /** A report changes nothing that is trained. */
    @Test
    void theModelIsTheSameWithAndWithoutAReport() throws IOException {
        Path live = train("live");
        Path end = train("end", "--report", "end");
        Path off = train("off", "--report", "off");
        byte[] model = Files.readAllBytes(live.resolve("model.safetensors"));
        assertArrayEquals(model, Files.readAllBytes(end.resolve("model.safetensors")));
        assertArrayEquals(model, Files.readAllBytes(off.resolve("model.safetensors")));
        assertFalse(Files.exists(off.resolve("report.html")));
        for (Path run : new Path[] {live, end}) {
            String html = Files.readString(run.resolve("report.html"));
            assertTrue(html.contains("Finished: 2 epochs.") && html.contains("Traversals"));
            assertFalse(html.contains("http-equiv=\"refresh\""));
        }
    }

    @Test
    void everyVariantHasAReport() throws IOException {
        for (String preset : new String[] {"ae", "iwae", "tc-vae", "capacity"}) {
            Path run = train(preset, "--preset", preset);
            assertTrue(Files.readString(run.resolve("report.html")).contains("Reconstructions"), preset);
        }
        Path told = folder.resolve("told");
        Call.done(
                "train", "--preset", "cvae", "--limit", 100, "--hidden", "8", "--epochs", 1, "--quiet", "--out", told);
        String html = Files.readString(told.resolve("report.html"));
        assertTrue(html.contains("samples of label 9") && html.contains("; label "), "labels");
    }

    @Test
    void isWrittenAgainForAnOldRun() throws IOException {
        Path run = train("run", "--report", "off");
        Call call = Call.done("report", run);
        assertTrue(call.out().contains("wrote " + run.resolve("report.html")), call.out());
        assertTrue(Files.readString(run.resolve("report.html")).contains("KL per latent"));
        Path other = folder.resolve("other.html");
        assertEquals(
                1,
                Call.done("report", "--out", other, run, "--json")
                        .json()
                        .get("runs")
                        .getAsInt());
        assertTrue(Files.exists(other));
    }

    /** Without its data a run still has a page, and a warning. */
    @Test
    void dataThatAreGoneCostThePictures() throws IOException {
        Path rows = folder.resolve("rows.csv");
        Files.writeString(rows, "a,b\n1,0\n0,1\n1,1\n0,0\n1,0\n0,1\n");
        Path run = folder.resolve("run");
        Call.done("train", "--data", rows, "--epochs", 1, "--latent", 2, "--quiet", "--out", run);
        Files.delete(rows);
        Call call = Call.of("report", run);
        assertEquals(0, call.code(), call.err());
        assertTrue(call.err().startsWith("warning: ") && call.err().contains("shows nothing of the data"), call.err());
        assertTrue(Files.readString(run.resolve("report.html")).contains("Curves"));
    }

    @Test
    void runsAreComparedOnOnePage() throws IOException {
        Path a = train("a");
        Path b = train("b", "--latent", "3");
        Path page = folder.resolve("compare.html");
        Call.done("report", a, b, "--out", page);
        String html = Files.readString(page);
        assertTrue(html.contains("2 runs compared") && html.contains("Samples from the same noise"));
        assertTrue(Call.refused("report", a, b).contains("--out FILE is missing"));
        assertTrue(
                Call.refused("report", a, b, "--out", folder.resolve("x.txt")).contains("end it in .html"));
        Files.delete(b.resolve("model.safetensors"));
        assertTrue(Call.refused("report", a, b, "--out", page).contains("holds no model.safetensors"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            report                           | report: name the folder of a run
            report nowhere                   | nowhere: no such folder
            report src                       | src: holds no config.json
            report --modle x                 | unknown option --modle
            train --report lvie --out nodir  | --report: must be live, end or off, got 'lvie'; did you mean live?""")
    void isToldInOneLine(String line, String expected) {
        String error = Call.refused((Object[]) line.split(" +"));
        assertTrue(error.contains(expected), error);
        assertFalse(Files.exists(Path.of("nodir")));
    }
}
