package io.jcuvae.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads the corpus of scripts/fuzz once more, without the fuzzer. */
final class FuzzCorpusTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(FuzzTarget.class)
    void everyFileIsReadOrRefused(FuzzTarget target) throws IOException {
        List<FuzzSeeds.Seed> corpus = FuzzSeeds.corpus(target);
        int sound = 0;
        int refused = 0;
        for (FuzzSeeds.Seed seed : corpus) {
            FuzzTarget.Cost cost;
            try {
                cost = target.read(seed.bytes(), folder);
                target.requireInProportion(seed.bytes().length, cost, 1);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(target.label() + "/" + seed.name() + ": " + e, e);
            }
            if (seed.valid()) {
                assertEquals(null, cost.refusal(), target.label() + "/" + seed.name());
                sound++;
            } else if (cost.refusal() != null) {
                refused++;
            }
        }
        assertTrue(sound > 0 && refused > 0, target.label() + ": " + sound + " sound, " + refused + " refused");
    }

    @Test
    void everyCorpusHasATarget() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of("src/test/resources/fuzz"))) {
            assertEquals(
                    Stream.of(FuzzTarget.values())
                            .map(FuzzTarget::label)
                            .sorted()
                            .toList(),
                    folders.filter(Files::isDirectory)
                            .map(path -> path.getFileName().toString())
                            .sorted()
                            .toList());
        }
    }

    /** What is watched can be seen: a file that costs more than it holds is told. */
    @Test
    void memoryBeyondTheFileIsAFinding() {
        FuzzTarget target = FuzzTarget.CONFIG;
        long most = FuzzTarget.ALLOCATED_ALWAYS + 12 * FuzzTarget.ALLOCATED_PER_BYTE;
        target.requireInProportion(12, new FuzzTarget.Cost(null, most, 0, 12), 1);
        AssertionError told = assertThrows(
                AssertionError.class,
                () -> target.requireInProportion(12, new FuzzTarget.Cost(null, most + 1, 0, 12), 1));
        assertTrue(told.getMessage().startsWith("config: allocated"), told.getMessage());
    }

    /** What is allocated is measured, and so is what a file unpacks to. */
    @Test
    void costIsMeasured() throws IOException {
        FuzzSeeds.Seed packed = FuzzSeeds.corpus(FuzzTarget.NPY).stream()
                .filter(seed -> seed.name().equals("valid-packed"))
                .findFirst()
                .orElseThrow();
        FuzzTarget.Cost cost = FuzzTarget.NPY.read(packed.bytes(), folder);
        assertTrue(cost.allocated() > 10_000, () -> "allocated " + cost.allocated());
        assertTrue(cost.held() > packed.bytes().length, () -> "holds " + cost.held());
    }
}
