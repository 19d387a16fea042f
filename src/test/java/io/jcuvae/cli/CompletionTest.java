package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.ScoreKind;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Completion as the shells run it. */
class CompletionTest {
    /** Asks the sourced script as bash does for each line of standard input, and prints what it answers on a line. */
    private static final String ASK_BASH = """
            source vae.bash
            [[ $(complete -p vae) == *'-F _vae vae' ]] || echo "not registered"
            while IFS= read -r line; do
                # As bash does: words are parted at blanks and at "=", which is a word.
                spaced=${line//=/ = }
                read -r -a COMP_WORDS <<<"$spaced"
                [[ $line != *[' ='] ]] || COMP_WORDS+=('')
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _vae
                (IFS='|'; echo "${COMPREPLY[*]}")
            done
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void layOut() throws IOException {
        Files.createDirectories(folder.resolve("runs/my run"));
        Files.writeString(folder.resolve("data.csv"), "");
    }

    @Test
    void bashOffersWhatFits() throws Exception {
        assertOffers("vae ge", "generate");
        assertOffers("vae he", "help");
        assertOffers("vae help dev", "devices");
        assertOffers("vae generate --sam", "--sampler");
        assertOffers("vae generate --sampler ", "prior", "normal", "gmm", "tree");
        assertOffers("vae generate --sampler=g", "gmm");
        assertOffers("vae train --device=", "auto", "cpu", "cuda");
        assertOffers("vae train --activation s", "sigmoid", "softplus", "silu");
        assertOffers("vae train --preset conv-3", "conv-32-rgb");
        assertOffers("vae train --report ", "live", "end", "off");
        assertOffers("vae train --grey t", "true");
        assertOffers("vae train --grey --qu", "--quiet");
        assertOffers("vae train --epochs ");
        assertOffers("vae evaluate --split ", "train", "validation", "test", "all");
        assertOffers("vae score --by l", "loss");
        assertOffers("vae plot la", "latents");
        assertOffers("vae plot latents --side 3 --mo", "--model", "--most");
        assertOffers("vae completion ", "bash", "zsh");
        assertOffers("vae nonsense ");
    }

    @Test
    void bashOffersPaths() throws Exception {
        assertOffers("vae evaluate --model r", "runs");
        assertOffers("vae evaluate --model runs/m", "runs/my run");
        assertOffers("vae train --data d", "data.csv");
        assertOffers("vae train --data m", "mnist-sample", "mnist", "moons");
        assertOffers("vae train --out d");
        assertOffers("vae report r", "runs");
        assertOffers("vae verify d", "data.csv");
    }

    @Test
    void bashOffersEveryCommandAndOption() throws Exception {
        Set<String> commands = new TreeSet<>(Commands.names());
        commands.addAll(List.of("help", "--help", "--version"));
        assertEquals(commands, offers("vae "));
        List<String> lines =
                Commands.names().stream().map(name -> "vae " + name + " --").toList();
        List<Set<String>> offered = offers(lines);
        for (int i = 0; i < lines.size(); i++) {
            Set<String> expected = new TreeSet<>();
            Main.optionsOf(Commands.named(Commands.names().get(i)))
                    .forEach(option -> expected.add("--" + option.getLongOpt()));
            assertEquals(expected, offered.get(i), lines.get(i));
        }
    }

    /** A word that is offered and refused would be worse than none. */
    @Test
    void everyWordIsAccepted() {
        int words = 0;
        for (String name : Commands.names()) {
            Command command = Commands.named(name);
            for (Option option : Main.optionsOf(command)) {
                for (String word : Completion.value(command, option)
                        .map(Completion.Value::words)
                        .orElse(List.of())) {
                    requireAccepted(name, option.getLongOpt(), word);
                    words++;
                }
            }
        }
        assertTrue(words > 200, words + " words");
    }

    private static void requireAccepted(String command, String option, String word) {
        switch (option) {
            case "data", "factors", "calibrate" ->
                assertEquals(word, DataSource.parse(word).name().split(":")[0]);
            case "preset" -> assertTrue(Preset.find(word).isPresent(), word);
            case "split" -> assertEquals(word, Split.parse(word).toString());
            case "by" -> assertEquals(word, ScoreKind.parse(word).label());
            // These are looked at before the mistake that keeps the command from doing anything.
            case "sampler" ->
                assertTrue(Call.refused(command, "--sampler", word).contains("--model"), word);
            case "report" ->
                assertTrue(
                        Call.refused(command, "--report", word, "--preset", "none")
                                .contains("'none'"),
                        word);
            default -> Setting.find(option).orElseThrow().parse(word, option);
        }
    }

    @Test
    void zshReadsTheScript() throws Exception {
        assumeTrue(isThere("zsh"), "no zsh here");
        Path script = Files.writeString(
                folder.resolve("_vae"), Call.done("completion", "zsh").out());
        Process process = new ProcessBuilder("zsh", "-f", "-n", script.toString())
                .redirectErrorStream(true)
                .start();
        assertEquals("", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(0, process.waitFor());
    }

    @Test
    void anotherShellIsRefused() {
        assertEquals(
                "error: completion: SHELL must be bash or zsh, got 'fish', as in scripts/vae completion bash",
                Call.refused("completion", "fish"));
        assertTrue(Call.refused("completion").contains("got none"));
        assertTrue(Call.refused("completion", "bash", "zsh").contains("got 'bash zsh'"));
    }

    private void assertOffers(String line, String... expected) throws Exception {
        assertEquals(new TreeSet<>(Arrays.asList(expected)), offers(line), line);
    }

    private Set<String> offers(String line) throws Exception {
        return offers(List.of(line)).get(0);
    }

    private List<Set<String>> offers(List<String> lines) throws Exception {
        assumeTrue(isThere("bash"), "no bash here");
        Files.writeString(
                folder.resolve("vae.bash"), Call.done("completion", "bash").out());
        List<Set<String>> sets = new ArrayList<>();
        for (String answer : ask(lines, "bash", "--norc", "-c", ASK_BASH)) {
            sets.add(answer.isEmpty() ? Set.of() : new TreeSet<>(Arrays.asList(answer.split("\\|"))));
        }
        return sets;
    }

    private List<String> ask(List<String> lines, String... command) throws Exception {
        Path questions = Files.write(folder.resolve("questions"), lines);
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(questions.toFile())
                .redirectError(log.toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals("", Files.readString(log));
        Files.delete(questions);
        Files.delete(log);
        List<String> answers = out.lines().toList();
        assertEquals(lines.size(), answers.size(), out);
        return answers;
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }
}
