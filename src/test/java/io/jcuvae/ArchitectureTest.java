package io.jcuvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the walls of the house: which package may name which, and a few rules every source file keeps. It reads the
 * sources as text, with comments and literals blanked, so a fully qualified use counts like an import.
 */
class ArchitectureTest {
    private static final Path MAIN = Path.of("src/main/java");

    /** Each package with those of ours it may name; a package that is not listed here may name none and fails. */
    private static final Map<String, Set<String>> MAY_NAME = Map.ofEntries(
            Map.entry("tensor", Set.of()),
            Map.entry("cpu", Set.of("tensor")),
            Map.entry("cuda", Set.of("tensor")),
            Map.entry("data", Set.of("tensor")),
            Map.entry("nn", Set.of("tensor")),
            Map.entry("vae", Set.of("nn", "tensor")),
            Map.entry("train", Set.of("vae", "nn", "data", "tensor")),
            Map.entry("onnx", Set.of("vae", "nn", "data", "tensor")),
            Map.entry("jobs", Set.of("onnx", "train", "vae", "nn", "data", "tensor")),
            Map.entry("report", Set.of("jobs", "train", "data", "tensor")),
            // Serves pages and says nothing itself; knows models through the jobs.
            Map.entry("explore", Set.of("jobs", "train", "data", "tensor")),
            Map.entry("bench", Set.of("jobs", "train", "vae", "nn", "data", "tensor")),
            // Knows both kinds of devices, so that neither the library nor the commands open one in a way of their own.
            Map.entry("device", Set.of("train", "cpu", "cuda", "tensor")),
            // The library's supported interface; prints nothing, so no command may be reached from it.
            Map.entry("api", Set.of("device", "jobs", "train", "data", "tensor")),
            // Sends the command line's own jobs to other machines, and the rounds of a training.
            Map.entry("cluster", Set.of("cli", "jobs", "train", "data", "tensor")),
            Map.entry(
                    "cli",
                    Set.of(
                            "bench", "jobs", "explore", "report", "device", "train", "vae", "nn", "data", "cpu", "cuda",
                            "tensor")));

    private static final Pattern OURS = Pattern.compile("\\bio\\.jcuvae\\.([a-z][a-z0-9]*)\\b");
    private static final Pattern JCUDA = Pattern.compile("\\bjcuda\\.[a-zA-Z]");
    private static final Pattern SPARK = Pattern.compile("\\b(?:org\\.apache\\.spark|scala)\\.[a-zA-Z]");
    private static final Pattern NOT_CODE = Pattern.compile(
            "//[^\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])+'", Pattern.DOTALL);

    @Test
    void packagesNameOnlyThoseBelowThem() {
        List<String> broken = new ArrayList<>();
        for (Path file : javaFiles(MAIN)) {
            String from = packageOf(file);
            Set<String> allowed = MAY_NAME.get(from);
            if (allowed == null) {
                broken.add(file + ": package " + from + " has no row in ArchitectureTest.MAY_NAME");
                continue;
            }
            broken.addAll(brokenImports(file.toString(), read(file), from, allowed));
        }
        assertNone(broken);
    }

    @Test
    void packagesFormNoCircle() {
        Map<String, Set<String>> reachable = new HashMap<>();
        for (String name : MAY_NAME.keySet()) {
            Set<String> seen = new TreeSet<>();
            List<String> next = new ArrayList<>(MAY_NAME.get(name));
            while (!next.isEmpty()) {
                String current = next.remove(next.size() - 1);
                if (seen.add(current)) {
                    next.addAll(MAY_NAME.get(current));
                }
            }
            reachable.put(name, seen);
        }
        reachable.forEach((name, below) -> assertTrue(!below.contains(name), name + " reaches itself: " + below));
    }

    @Test
    void everyPackageSaysWhatItIs() {
        Set<Path> folders = new TreeSet<>();
        javaFiles(MAIN).forEach(file -> folders.add(file.getParent()));
        List<String> broken = new ArrayList<>();
        for (Path folder : folders) {
            if (!Files.isRegularFile(folder.resolve("package-info.java"))) {
                broken.add(folder + ": no package-info.java");
            }
        }
        assertNone(broken);
    }

    @Test
    void sourcesKeepTheHouseRules() {
        List<String> broken = new ArrayList<>();
        for (Path root : List.of(MAIN, Path.of("src/test/java"))) {
            for (Path file : javaFiles(root)) {
                List<String> lines = read(file).lines().toList();
                for (int i = 0; i < lines.size(); i++) {
                    if (lines.get(i).indexOf('\t') >= 0) {
                        broken.add(file + ":" + (i + 1) + ": a tab");
                    }
                }
                boolean excused = lines.stream().anyMatch(line -> line.matches("\\s*// Long because \\S.*"));
                if (root.equals(MAIN) && lines.size() > 500 && !excused) {
                    broken.add(file + ":501: " + lines.size() + " lines, and no line '// Long because <reason>'");
                }
            }
        }
        assertNone(broken);
    }

    @Test
    void theScannerSeesWhatItShould() {
        String source = """
                package io.jcuvae.vae;

                import io.jcuvae.nn.Layer;
                import io.jcuvae.cpu.CpuBackend;
                import static io.jcuvae.train.Adam.*;

                /** Not io.jcuvae.cli.Main. */
                class A {
                    String s = "io.jcuvae.cli"; // io.jcuvae.cli
                    Object o = new io.jcuvae.data.Dataset(jcuda.driver.JCudaDriver.class);
                    Object p = org.apache.spark.TaskContext.get();
                }
                """;
        List<String> found = brokenImports("A.java", source, "vae", MAY_NAME.get("vae"));
        assertEquals(5, found.size(), () -> String.join("\n", found));
        assertTrue(found.get(0).startsWith("A.java:4: vae names cpu"), found.get(0));
        assertTrue(found.get(1).startsWith("A.java:5: vae names train"), found.get(1));
        assertTrue(found.get(2).startsWith("A.java:10: vae names data"), found.get(2));
        assertTrue(found.get(3).startsWith("A.java:10: jcuda"), found.get(3));
        assertTrue(found.get(4).startsWith("A.java:11: Spark"), found.get(4));
    }

    private static List<String> brokenImports(String file, String source, String from, Set<String> allowed) {
        List<String> broken = new ArrayList<>();
        String[] lines = blankNonCode(source).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String where = file + ":" + (i + 1) + ": ";
            Matcher ours = OURS.matcher(lines[i]);
            while (ours.find()) {
                String to = ours.group(1);
                if (!to.equals(from) && !allowed.contains(to)) {
                    broken.add(where + from + " names " + to + ", but may name only " + new TreeSet<>(allowed));
                }
            }
            if (!from.equals("cuda") && JCUDA.matcher(lines[i]).find()) {
                broken.add(where + "jcuda is named outside the package cuda");
            }
            if (!from.equals("cluster") && SPARK.matcher(lines[i]).find()) {
                broken.add(where + "Spark is named outside the package cluster");
            }
        }
        return broken;
    }

    /** Comments, strings and characters become spaces; line ends stay, so that line numbers hold. */
    private static String blankNonCode(String source) {
        return NOT_CODE.matcher(source).replaceAll(match -> match.group().replaceAll("[^\n]", " "));
    }

    private static String packageOf(Path file) {
        Path inside = Path.of("io", "jcuvae");
        Path folder = MAIN.relativize(file).getParent();
        return folder.equals(inside) ? "" : inside.relativize(folder).getName(0).toString();
    }

    private static List<Path> javaFiles(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertNone(List<String> broken) {
        assertTrue(broken.isEmpty(), () -> broken.size() + " broken rules:\n" + String.join("\n", broken));
    }
}
