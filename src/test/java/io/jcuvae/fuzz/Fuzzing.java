package io.jcuvae.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** What scripts/fuzz has Jazzer call: one target, in one folder, both named by system properties. */
public final class Fuzzing {
    /** Processor seconds that any file may take, and for each byte that it holds; instrumented code is slow. */
    private static final double SECONDS = 2;

    private static final double SECONDS_PER_BYTE = 20e-6;
    /** What Jazzer's hooks around comparisons and maps allocate beside the reader; what is kept is replayed without them. */
    private static final int HOOKS = 8;

    private static FuzzTarget target;
    private static Path folder;

    private Fuzzing() {}

    /** Called once, before the first input. */
    public static void fuzzerInitialize() throws IOException {
        target = FuzzTarget.valueOf(System.getProperty("jcuvae.fuzz.target").toUpperCase(Locale.ROOT));
        folder = Files.createTempDirectory(Path.of(System.getProperty("jcuvae.fuzz.folder")), target.label());
        // Loads what a reader needs, which is instrumented then and would count as the first file's.
        for (FuzzSeeds.Seed seed : FuzzSeeds.corpus(target)) {
            target.read(seed.bytes(), folder);
        }
    }

    /** Called with each input. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        try {
            requireInProportion(bytes);
        } catch (AssertionError e) {
            // Once more: a class that is loaded only now costs its instrumentation, but the second time it is there.
            requireInProportion(bytes);
        }
    }

    private static void requireInProportion(byte[] bytes) {
        FuzzTarget.Cost cost = target.read(bytes, folder);
        target.requireInProportion(bytes.length, cost, HOOKS);
        double most = SECONDS + SECONDS_PER_BYTE * cost.held();
        if (cost.seconds() > most) {
            throw new AssertionError(target.label() + ": took " + cost.seconds() + " s for a file of " + bytes.length
                    + " bytes that holds " + cost.held() + "; at most " + most + " are allowed");
        }
    }

    /**
     * Reads files once more without the fuzzer, whose own memory blurs that of the readers; ends with 1 where one is a finding.
     *
     * @param arguments a target and a folder of files
     */
    public static void main(String[] arguments) throws IOException {
        FuzzTarget replayed = FuzzTarget.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        Path aside = Files.createTempDirectory(Path.of(System.getProperty("jcuvae.fuzz.folder")), arguments[0]);
        int findings = 0;
        try (Stream<Path> files = Files.list(Path.of(arguments[1]))) {
            for (Path file : files.sorted().toList()) {
                byte[] bytes = Files.readAllBytes(file);
                try {
                    replayed.requireInProportion(bytes.length, replayed.read(bytes, aside), 1);
                } catch (RuntimeException | Error e) {
                    findings++;
                    System.out.println("== Replayed " + file + ": " + e);
                }
            }
        }
        Files.deleteIfExists(aside);
        System.exit(findings > 0 ? 1 : 0);
    }

    /** Called at the end. */
    public static void fuzzerTearDown() throws IOException {
        Files.deleteIfExists(folder);
    }
}
