package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.ChildJvm;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;

class HelpTest {
    @Test
    void nothingAsksForTheOverview() {
        String overview = Call.done().out();
        for (String name : Commands.names()) {
            assertTrue(overview.contains("\n  " + name + " "), overview);
        }
        for (String word : List.of("--help", "-h", "help")) {
            assertEquals(overview, Call.done(word).out());
        }
    }

    @Test
    void everyCommandShowsItsOptionsAndAnExampleThatParses() {
        for (String name : Commands.names()) {
            Command command = Commands.named(name);
            String help = Call.done("help", name).out();
            assertEquals(help, Call.done(name, "--help").out());
            assertEquals(help, Call.done(name, "--wrong", "-h").out());
            for (Option option : Main.optionsOf(command)) {
                assertTrue(help.contains("\n  --" + option.getLongOpt()), help);
            }
            List<String> example = List.of(command.example().split(" "));
            assertTrue(help.contains("\nexample:\n  scripts/vae " + command.example()), help);
            assertEquals(name, example.get(0));
            Arguments.parse(name, command, example.subList(1, example.size()));
        }
    }

    @Test
    void linesFitATerminal() {
        for (String name : Commands.names()) {
            Call.done("help", name)
                    .out()
                    .lines()
                    .filter(line -> !line.startsWith("  scripts/vae"))
                    .forEach(line -> assertTrue(line.length() <= 80, line));
        }
    }

    @Test
    void everySettingIsThereWithItsDefault() {
        String help = Call.done("train", "--help").out().replaceAll("\\s+", " ");
        for (Setting setting : Setting.values()) {
            String text = setting.help() + " (default " + TrainConfig.defaults().text(setting) + ")";
            assertTrue(help.contains("--" + setting.key() + " " + setting.argument() + " " + text), text);
        }
    }

    @Test
    void theVersionIsTold() {
        assertTrue(Call.done("--version").out().matches("jcuvae \\S+.*, Java \\S+\\s*"));
    }

    @Test
    void helpLoadsNothingHeavy() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ChildJvm.command(List.of("-Xlog:class+load"), Main.class, "train", "--help"))
                .start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        assertTrue(log.contains("--epochs"));
        for (String heavy : List.of("java.awt.", "org.bytedeco.", "dev.ludovic.", "org.knowm.", "io.jcuvae.cpu.")) {
            assertEquals(
                    List.of(),
                    log.lines().filter(line -> line.contains("] " + heavy)).toList());
        }
    }
}
