package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.Disk;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a job promises whose files others make: any order, too many attempts, attempts that are not what they say. */
class GatheringTest {
    private static final int ROWS = 60;
    private static final List<String> NAMES = List.of("rows.npy", "rows.csv", "rows.npz", "pictures");

    @TempDir
    Path folder;

    private static NumberedRows job(Path out) {
        return new NumberedRows(ROWS, 3, out.endsWith("pictures"));
    }

    private static JobPlan plan(Path out) {
        return JobPlan.of(job(out), "0123", out, out.endsWith("pictures"), 5, 4);
    }

    private static void alone(Path out) {
        BatchJob.run(job(out), plan(out), false, Disk.REAL, Progress.SILENT);
    }

    private static JobManifest.Entry attempt(JobPlan plan, int part, Path aside) {
        try {
            Files.createDirectory(aside.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new PartWriter(plan, job(plan.out()), Disk.REAL)
                .make(plan.parts().get(part), aside, rows -> {});
    }

    /** Makes files in any order, some of them twice, as a scheduler does whose tasks get lost and found. */
    private static PartMaker scattered(JobPlan plan, Random random) {
        return (open, place, arrivals) -> {
            List<Integer> order = new ArrayList<>(open);
            order.addAll(open.subList(0, open.size() / 2));
            Collections.shuffle(order, random);
            int attempts = 0;
            for (int part : order) {
                Path aside = place.resolve("attempt-" + attempts++)
                        .resolve(plan.parts().get(part).file());
                arrivals.arrived(part, attempt(plan, part, aside), aside);
            }
            // One that nobody waits for any more.
            attempt(plan, 0, place.resolve("late").resolve(plan.parts().get(0).file()));
        };
    }

    private static Map<String, String> contents(Path place) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.put(place.relativize(file).toString(), HexFormat.of().formatHex(Files.readAllBytes(file)));
            }
        }
        return all;
    }

    @Test
    void ofManyHandsAndKilledAnywhereItEndsWithTheBytesOfOne() throws IOException {
        Random random = new Random(7);
        for (int kill = 0; kill < 24; kill++) {
            String name = NAMES.get(kill % NAMES.size());
            Path whole = folder.resolve("whole" + kill % NAMES.size());
            if (!Files.exists(whole)) {
                alone(whole.resolve(name));
            }
            Path out = folder.resolve("gathered" + kill).resolve(name);
            JobPlan plan = plan(out);
            // Five files, each given its name and written down, after a first manifest: 2 + 5 times 4 operations, less
            // 1.
            FaultyDisk dying = FaultyDisk.killedAt(1 + random.nextInt(22));
            PartMaker makers = scattered(plan, random);
            assertThrows(FaultyDisk.Killed.class, () -> BatchJob.gather(plan, true, dying, makers, Progress.SILENT));
            if (Files.exists(plan.manifest())) {
                assertEquals(
                        List.of(),
                        JobCheck.run(plan.manifest(), Progress.SILENT).faults());
            }
            long before = Files.exists(plan.manifest())
                    ? JobManifest.read(plan.manifest()).rowsDone()
                    : 0;
            BatchJob.Result result = BatchJob.gather(plan, true, Disk.REAL, makers, Progress.SILENT);
            assertEquals(before, result.found());
            assertEquals(contents(whole), contents(out.getParent()), name + ", kill " + kill);
        }
    }

    @Test
    void whatOneMachineBeganOthersFinishAndTheOtherWayRound() throws IOException {
        Path whole = folder.resolve("whole/rows.npy");
        alone(whole);
        Path first = folder.resolve("first/rows.npy");
        assertThrows(
                UserError.class,
                () -> BatchJob.run(job(first), plan(first), false, FaultyDisk.withRoom(4000), Progress.SILENT));
        BatchJob.gather(plan(first), true, Disk.REAL, scattered(plan(first), new Random(1)), Progress.SILENT);
        assertEquals(contents(whole.getParent()), contents(first.getParent()));

        Path second = folder.resolve("second/rows.npy");
        PartMaker failing = (open, place, arrivals) -> {
            Path aside = place.resolve("a").resolve(plan(second).parts().get(3).file());
            arrivals.arrived(3, attempt(plan(second), 3, aside), aside);
            throw new UserError("no more");
        };
        UserError told = assertThrows(
                UserError.class, () -> BatchJob.gather(plan(second), false, Disk.REAL, failing, Progress.SILENT));
        assertEquals("no more; what was complete stays: --resume goes on from there", told.getMessage());
        NumberedRows rest = job(second);
        BatchJob.Result result = BatchJob.run(rest, plan(second), true, Disk.REAL, Progress.SILENT);
        assertEquals(12, result.found());
        assertEquals(ROWS - 12, rest.made);
        assertEquals(contents(whole.getParent()), contents(second.getParent()));
    }

    @Test
    void fileThatIsNotWhatItIsSaidToBeIsNotTaken() {
        Path out = folder.resolve("rows.npy");
        JobPlan plan = plan(out);
        PartMaker cut = (open, place, arrivals) -> {
            Path aside = place.resolve("a").resolve(plan.parts().get(2).file());
            JobManifest.Entry made = attempt(plan, 2, aside);
            try {
                Files.write(aside, new byte[] {1, 2, 3});
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            arrivals.arrived(2, made, aside);
        };
        String told = assertThrows(UserError.class, () -> BatchJob.gather(plan, false, Disk.REAL, cut, Progress.SILENT))
                .getMessage();
        assertTrue(told.contains("and here it has 3; "), told);
        PartMaker elsewhere = (open, place, arrivals) -> {
            Path aside = place.resolve("a").resolve(plan.parts().get(2).file());
            arrivals.arrived(2, attempt(plan, 2, aside), folder.resolve("nowhere.npy"));
        };
        told = assertThrows(UserError.class, () -> BatchJob.gather(plan, true, Disk.REAL, elsewhere, Progress.SILENT))
                .getMessage();
        assertTrue(told.contains("must be on a file system that all share"), told);
        PartMaker mistaken = (open, place, arrivals) -> {
            Path aside = place.resolve("a").resolve(plan.parts().get(2).file());
            arrivals.arrived(1, attempt(plan, 2, aside), aside);
        };
        assertThrows(
                IllegalArgumentException.class,
                () -> BatchJob.gather(plan, true, Disk.REAL, mistaken, Progress.SILENT));
        assertFalse(Files.exists(out.resolveSibling("rows-00002-of-00005.npy")));
        assertFalse(JobCheck.run(plan.manifest(), Progress.SILENT).finished());
    }

    @Test
    void attemptOfAnEarlierRunFindsNoPlace() {
        Path out = folder.resolve("rows.npy");
        JobPlan plan = plan(out);
        Path[] earlier = new Path[1];
        PartMaker lost = (open, place, arrivals) -> {
            earlier[0] = place;
            throw new UserError("the driver went");
        };
        assertThrows(UserError.class, () -> BatchJob.gather(plan, false, Disk.REAL, lost, Progress.SILENT));
        PartMaker meanwhile = (open, place, arrivals) -> {
            Path late = earlier[0].resolve("a").resolve(plan.parts().get(0).file());
            assertThrows(UncheckedIOException.class, () -> attempt(plan, 0, late));
            scattered(plan, new Random(2)).make(open, place, arrivals);
        };
        BatchJob.gather(plan, true, Disk.REAL, meanwhile, Progress.SILENT);
        assertTrue(JobCheck.run(plan.manifest(), Progress.SILENT).right());
    }
}
