package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MistakesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            trian                                 | unknown command 'trian'; did you mean train?
            evalute --model x                     | did you mean evaluate?
            xyzzy                                 | there are train, evaluate, generate,
            help trian                            | did you mean train?
            --json train                          | the command comes first
            train --epoch 3                       | unknown option --epoch; did you mean --epochs?
            train --epoch=3                       | unknown option --epoch; did you mean --epochs?
            train --learning-rate 1               | did you mean --lr?
            train --batch-size 1                  | did you mean --batch?
            train --Epochs 3                      | did you mean --epochs?
            train --output x                      | did you mean --out?
            train --frobnicate                    | unknown option --frobnicate (scripts/vae train --help
            train moons                           | unexpected 'moons'
            train --epochs                        | --epochs: its value N is missing: passes over the data
            train --epochs 1 --epochs 2           | --epochs is given twice
            train --epochs 0                      | --epochs: must be a whole number from 1 to 1000000, got '0'
            train --epochs x                      | got 'x'
            train --lr -1                         | --lr: must be a number above 0
            train --hidden 4,,5                   | --hidden: must be widths
            train --likelihood berno              | must be one of bernoulli|mse|gaussian|gaussian-learned, got 'berno'
            train --preset cnn                    | --preset: there is no preset 'cnn' (there are mlp, conv-28,
            train --preset con-28                 | did you mean conv-28?
            train --preset conv-64                | preset conv-64 is for pictures of 64x64; the data are 28x28: use conv-28,
            train --encoder cnn                   | --encoder: must be mlp or a JSON array of layers
            train --data nowhere.npy              | nowhere.npy: no such file
            train --data moons:many               | moons
            train --device tpu                    | --device: must be auto, cpu, cuda or cuda:NUMBER, got 'tpu'
            train --config nowhere.json           | nowhere.json: no such file
            train --resume nowhere                | nowhere: no such folder
            train --resume nowhere --out x        | --out: cannot be given with --resume
            evaluate                              | --model DIR is missing: the folder of a run
            evaluate --model nowhere              | nowhere: no such file or folder
            evaluate --model x --split half       | --split: split "half" is unknown; use train, validation, test or all
            evaluate --model x --importance -1    | --importance: must be a whole number from 0
            generate --model x                    | --out FILE is missing
            generate --model x --out y --count 0  | --count: must be a whole number from 1, got '0'
            generate --model x --temperature warm | --temperature: must be a number from 0, got 'warm'
            generate --model x --out y --sampler vq | --sampler: must be prior, normal, gmm or tree, got 'vq'
            generate --model x --out y --sampler normal --limit 5  | --limit: is about fitting a mixture; add --sampler gmm
            interpolate --model x --out y --to 1  | --from I is missing
            interpolate --from 0 --to 1 --steps 1 | --steps: must be a whole number from 2, got '1'
            decode --model x --out y              | --latents FILE is missing
            encode --model x --out y --limit -1   | --limit: must be a whole number from 0
            check --golden nowhere                | nowhere
            info --model nowhere                  | nowhere: no such file or folder""")
    void isToldInOneLine(String line, String expected) {
        String error = Call.refused((Object[]) line.split(" +"));
        assertTrue(error.contains(expected), error);
    }

    @Test
    void cudaIsRefusedWithTheReason() {
        String error =
                Call.refused("train", "--data", "moons:50", "--out", folder.resolve("run"), "--device", "cuda:0");
        assertTrue(error.contains("--device cuda:0: ") && error.contains("--device cpu"), error);
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void precisionIsRefusedWhereThereIsNone() {
        String error = Call.refused(
                "train",
                "--data",
                "moons:50",
                "--out",
                folder.resolve("run"),
                "--device",
                "cpu",
                "--precision",
                "tf32");
        assertTrue(error.contains("--precision tf32: the CPU computes in fp32 only"), error);
        assertTrue(
                Call.refused("check", "--device", "cpu", "--precision", "fp16").contains("fp32|tf32|bf16"));
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void aStackTraceIsShownOnlyWhenAskedFor() {
        assertEquals(1, Call.of("info", "--model", "nowhere").err().lines().count());
        Call debug = Call.of("info", "--model", "nowhere", "--debug");
        assertEquals(2, debug.code());
        assertTrue(debug.err().contains("\tat io.jcuvae."), debug.err());
        assertTrue(Call.of("--debug", "info", "--model", "nowhere").err().contains("\tat "));
    }

    @Test
    void whatNobodyExpectedIsToldInOneLineToo() {
        // No output: the command line's own failure stands in for any.
        java.io.PrintStream err = new java.io.PrintStream(java.io.OutputStream.nullOutputStream());
        assertEquals(1, Main.run(new String[] {"--version"}, null, err));
    }

    @Test
    void errorsLeaveStandardOutputToJson() {
        Call call = Call.of("evaluate", "--model", "nowhere", "--json");
        assertEquals(2, call.code());
        assertEquals("", call.out());
        assertTrue(call.err().startsWith("error: nowhere"), call.err());
    }
}
