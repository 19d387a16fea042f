package examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** The examples of docs/library.md run, say what they should, use the supported interface alone, and are what the page shows. */
class ExamplesTest {
    private static final Path SOURCES = Path.of("src", "test", "java", "examples");
    private static final List<Path> PAGES = List.of(Path.of("docs", "library.md"), Path.of("README.md"));
    private static final Pattern PART = Pattern.compile("(?ms)^ *// [a-z]+\n(.*?)^ *// end$");
    private static final Pattern SHOWN = Pattern.compile("(?ms)^```java\n(.*?)^```$");

    @TempDir
    Path folder;

    /** Runs an example. */
    private interface Main {
        void run(String[] args) throws Exception;
    }

    @ResourceLock(Resources.SYSTEM_OUT)
    private String printed(Main main) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setOut(out);
            main.run(new String[] {folder.toString()});
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void matches(String pattern, String printed) {
        assertTrue(Pattern.compile(pattern, Pattern.DOTALL).matcher(printed).matches(), printed);
    }

    @Test
    void digitsAreGenerated() throws Exception {
        matches(
                "epoch 1: \\d+\\.\\d nats\nepoch 2: \\d+\\.\\d nats\nmean brightness of 10,000 digits: 0\\.\\d\\d\n",
                printed(GenerateDigits::main));
        assertTrue(Files.exists(folder.resolve("digits.safetensors")));
    }

    @Test
    void theUnusualIsFound() throws Exception {
        String printed = printed(FindTheUnusual::main);
        Matcher scores =
                Pattern.compile("scores (\\d+), the median row (-?\\d+\\.\\d)").matcher(printed);
        assertTrue(scores.find(), printed);
        assertTrue(Double.parseDouble(scores.group(1)) > 10 + Double.parseDouble(scores.group(2)), printed);
        assertTrue(printed.endsWith("400 values of codes, 400 of reconstructions\n"), printed);
    }

    @Test
    void manyThreadsAreServed() throws Exception {
        assertEquals("a moon of 784 pixels\n".repeat(8) + "1000 moons\n", printed(ServeManyThreads::main));
    }

    @Test
    void aRunStopsAndGoesOn() throws Exception {
        matches(
                "finished: false, epochs: 1\nfinished: true, epochs: 2\n--latent: [^\n]*'-1'\n",
                printed(StopAndResume::main));
    }

    @Test
    void thePagesShowWhatRuns() throws IOException {
        List<String> parts = new ArrayList<>();
        for (Path file : sources()) {
            Matcher part = PART.matcher(Files.readString(file));
            while (part.find()) {
                parts.add(part.group(1).stripTrailing().stripIndent() + "\n");
            }
        }
        assertEquals(7, parts.size());
        List<String> shown = new ArrayList<>();
        for (Path page : PAGES) {
            Matcher block = SHOWN.matcher(Files.readString(page));
            while (block.find()) {
                shown.add(block.group(1));
            }
        }
        for (String block : shown) {
            assertTrue(
                    parts.contains(block),
                    "no example has this part, between a comment with its name and one 'end':\n" + block);
        }
        for (String part : parts) {
            assertTrue(shown.contains(part), "no page shows this part of an example:\n" + part);
        }
    }

    @Test
    void theExamplesUseTheSupportedInterfaceAlone() throws IOException {
        Pattern ours =
                Pattern.compile("io\\.jcuvae\\.(?!api\\.[A-Z]|train\\.Setting;|tensor\\.UserError;|tensor\\.Failure;)");
        for (Path file : sources()) {
            assertTrue(!ours.matcher(Files.readString(file)).find(), file.toString());
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.filter(file -> !file.endsWith("ExamplesTest.java"))
                    .sorted()
                    .toList();
        }
    }
}
