package io.jcuvae.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What scripts/fuzz has Jazzer call: one target, in one folder, both named by system properties. */
public final class Fuzzing {
    /** Processor seconds that any file may take, and for each byte that it holds; instrumented code is slow. */
    private static final double SECONDS = 2;

    private static final double SECONDS_PER_BYTE = 20e-6;

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
        target.requireInProportion(bytes.length, cost);
        double most = SECONDS + SECONDS_PER_BYTE * cost.held();
        if (cost.seconds() > most) {
            throw new AssertionError(target.label() + ": took " + cost.seconds() + " s for a file of " + bytes.length
                    + " bytes that holds " + cost.held() + "; at most " + most + " are allowed");
        }
    }

    /** Called at the end. */
    public static void fuzzerTearDown() throws IOException {
        Files.deleteIfExists(folder);
    }
}
