package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.Disk;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What jobs promise, on disks that fail in every way. */
class BatchJobTest {
    private static final int ROWS = 100;
    private static final List<String> NAMES =
            List.of("rows.npy", "rows-ubyte", "rows.csv", "rows.npz", "rows-ubyte.gz", "rows.png");

    @TempDir
    Path folder;

    private static JobPlan plan(RowJob job, Path out, int shards, int blockRows) {
        boolean pictures = !out.getFileName().toString().contains("ubyte")
                && !out.getFileName().toString().contains(".");
        return JobPlan.of(job, "0123", out, pictures, shards, blockRows);
    }

    private static void run(Path out, int shards, int blockRows, boolean resume, Disk disk) {
        boolean pictures = out.endsWith("pictures");
        NumberedRows job = new NumberedRows(ROWS, 3, pictures);
        BatchJob.run(job, plan(job, out, shards, blockRows), resume, disk, Progress.SILENT);
    }

    /** Every file of a folder but hidden ones, and what is in it. */
    private static Map<String, String> contents(Path place) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = place.relativize(file).toString();
                if (!name.startsWith(".")) {
                    all.put(name, java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
                }
            }
        }
        return all;
    }

    @Test
    void killedFiftyTimesAnywhereItEndsWithTheSameBytes() throws IOException {
        Random random = new Random(5);
        for (int kill = 0; kill < 50; kill++) {
            String name = kill % 10 == 9 ? "pictures" : NAMES.get(kill % NAMES.size());
            int shards = 1 + random.nextInt(3);
            int block = 1 + random.nextInt(40);
            Path whole = folder.resolve("whole" + kill);
            Path stopped = folder.resolve("stopped" + kill);
            FaultyDisk counting = FaultyDisk.killedAt(-1);
            run(whole.resolve(name), shards, block, false, counting);
            Map<String, String> expected = contents(whole);
            boolean ended = false;
            for (int attempt = 0; !ended; attempt++) {
                // The first somewhere, the second soon after, the third is let through.
                long at = attempt == 0
                        ? 1 + random.nextLong(counting.operations())
                        : attempt == 1 ? 1 + random.nextLong(6) : -1;
                try {
                    run(stopped.resolve(name), shards, block, true, FaultyDisk.killedAt(at));
                    ended = true;
                } catch (FaultyDisk.Killed e) {
                    claimsNothingFalse(stopped, name, expected);
                    confuseClock(stopped, random);
                }
            }
            String what = name + ", " + shards + " files, blocks of " + block + ", kill " + kill;
            assertEquals(expected, contents(stopped), what);
            assertTrue(JobCheck.run(stopped.resolve(name + ".manifest.json"), Progress.SILENT)
                    .right());
            try (Stream<Path> left = Files.list(stopped)) {
                assertTrue(left.noneMatch(file -> file.getFileName().toString().startsWith(".")), what);
            }
        }
    }

    /** A file under its name is whole; the manifest calls nothing finished that is not. */
    private static void claimsNothingFalse(Path place, String name, Map<String, String> expected) throws IOException {
        Map<String, String> there = contents(place);
        there.forEach((file, bytes) -> {
            if (!file.endsWith(".manifest.json")) {
                assertEquals(expected.get(file), bytes, file);
            }
        });
        Path manifest = place.resolve(name + ".manifest.json");
        if (Files.exists(manifest)) {
            JobCheck.Report report = JobCheck.run(manifest, Progress.SILENT);
            assertEquals(List.of(), report.faults());
            assertEquals(report.finished(), there.equals(expected));
        }
    }

    private static void confuseClock(Path place, Random random) throws IOException {
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.fromMillis(random.nextLong(4_000_000_000_000L)));
            }
        }
    }

    @Test
    void resumingMakesNoRowAgainThatIsOnDisk() {
        Path out = folder.resolve("rows.npy");
        NumberedRows first = new NumberedRows(ROWS, 3, false);
        long[] rows = new long[1];
        first.meanwhile = () -> {
            if (rows[0]++ == 9) {
                throw new FaultyDisk.Killed();
            }
        };
        JobPlan plan = plan(first, out, 1, 10);
        assertThrows(FaultyDisk.Killed.class, () -> BatchJob.run(first, plan, false, Disk.REAL, Progress.SILENT));
        assertEquals(63, first.made);
        NumberedRows second = new NumberedRows(ROWS, 3, false);
        BatchJob.Result result = BatchJob.run(second, plan, true, Disk.REAL, Progress.SILENT);
        assertEquals(60, result.found());
        assertEquals(40, second.made);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, 900, 2000, 3000})
    void fullDiskIsToldAndKeepsWhatIsComplete(int room) throws IOException {
        Path out = folder.resolve("rows.npy");
        UserError error = assertThrows(UserError.class, () -> run(out, 2, 5, false, FaultyDisk.withRoom(room)));
        assertTrue(error.getMessage().contains("No space left on device"), error.getMessage());
        assertEquals(1, error.getMessage().lines().count());
        Path manifest = folder.resolve("rows.npy.manifest.json");
        if (Files.exists(manifest)) {
            assertFalse(JobCheck.run(manifest, Progress.SILENT).finished());
            assertTrue(error.getMessage().contains("--resume"), error.getMessage());
        }
        run(out, 2, 5, true, Disk.REAL);
        run(folder.resolve("whole/rows.npy"), 2, 5, false, Disk.REAL);
        Map<String, String> all = contents(folder);
        all.keySet().removeIf(name -> name.startsWith("whole"));
        assertEquals(contents(folder.resolve("whole")), all);
    }

    @Test
    void flippedByteIsNamedWithItsFileAndBlock() throws IOException {
        run(folder.resolve("rows.npy"), 2, 10, false, Disk.REAL);
        Path second = folder.resolve("rows-00001-of-00002.npy");
        byte[] bytes = Files.readAllBytes(second);
        bytes[128 + 24 * 23] ^= 4;
        Files.write(second, bytes);
        JobCheck.Report report = JobCheck.run(folder.resolve("rows.npy.manifest.json"), Progress.SILENT);
        assertFalse(report.right());
        assertEquals(
                List.of("rows-00001-of-00002.npy: block 2 is not as it was written (bytes 608 to 847, rows 70 to 79)"),
                report.faults());
        Files.delete(second);
        assertEquals(
                List.of("rows-00001-of-00002.npy: is missing"),
                JobCheck.run(folder.resolve("rows.npy.manifest.json"), Progress.SILENT)
                        .faults());
    }

    /** A zip's members have a time each, as short as two seconds; numpy writes this one. */
    @Test
    void archiveSaysNothingOfWhenItWasWritten() throws IOException {
        run(folder.resolve("rows.npz"), 1, 10, false, Disk.REAL);
        byte[] bytes = Files.readAllBytes(folder.resolve("rows.npz"));
        assertArrayEquals(new byte[] {0, 0, 0x21, 0}, Arrays.copyOfRange(bytes, 10, 14));
    }

    @Test
    void changedPictureIsNamed() throws IOException {
        run(folder.resolve("pictures"), 1, 10, false, Disk.REAL);
        Path manifest = folder.resolve("pictures.manifest.json");
        assertTrue(JobCheck.run(manifest, Progress.SILENT).right());
        Path picture = folder.resolve("pictures/0000000042.png");
        byte[] bytes = Files.readAllBytes(picture);
        bytes[bytes.length - 20] ^= 1;
        Files.write(picture, bytes);
        assertEquals(
                List.of("pictures/0000000042.png: is missing, or not as it was written"),
                JobCheck.run(manifest, Progress.SILENT).faults());
    }

    @Test
    void blockThatWasDamagedWhileNobodyWorkedIsMadeAgain() throws IOException {
        Path out = folder.resolve("rows.csv");
        assertThrows(UserError.class, () -> run(out, 1, 10, false, FaultyDisk.withRoom(3500)));
        Path aside = folder.resolve(".rows.csv.job/rows.csv");
        byte[] bytes = Files.readAllBytes(aside);
        bytes[bytes.length / 3] ^= 1;
        Files.write(aside, bytes);
        run(out, 1, 10, true, Disk.REAL);
        run(folder.resolve("whole/rows.csv"), 1, 10, false, Disk.REAL);
        assertArrayEquals(Files.readAllBytes(folder.resolve("whole/rows.csv")), Files.readAllBytes(out));
    }

    @Test
    void secondJobOnTheSameFilesIsRefused() {
        NumberedRows job = new NumberedRows(ROWS, 3, false);
        Path out = folder.resolve("rows.npy");
        int[] refused = new int[1];
        job.meanwhile = () -> {
            UserError error = assertThrows(UserError.class, () -> run(out, 1, 10, true, Disk.REAL));
            assertTrue(error.getMessage().contains("another job is at work"), error.getMessage());
            refused[0]++;
        };
        BatchJob.run(job, plan(job, out, 1, 10), false, Disk.REAL, Progress.SILENT);
        assertEquals((ROWS + 6) / 7, refused[0]);
        assertTrue(JobCheck.run(folder.resolve("rows.npy.manifest.json"), Progress.SILENT)
                .right());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rows.npy", "rows.npz"})
    void folderThatVanishesEndsTheJobWithoutAClaim(String name) throws IOException {
        Path place = Files.createDirectory(folder.resolve("place"));
        NumberedRows job = new NumberedRows(ROWS, 3, false);
        long[] batches = new long[1];
        job.meanwhile = () -> {
            if (batches[0]++ == 8) {
                delete(place);
            }
        };
        JobPlan plan = plan(job, place.resolve(name), 2, 10);
        UserError error =
                assertThrows(UserError.class, () -> BatchJob.run(job, plan, false, Disk.REAL, Progress.SILENT));
        assertEquals(1, error.getMessage().lines().count());
        assertFalse(Files.exists(plan.manifest()));
    }

    private static void delete(Path place) {
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void otherJobsAndFinishedOnesAreNotTouched() throws IOException {
        Path out = folder.resolve("rows.npy");
        run(out, 1, 10, false, Disk.REAL);
        Map<String, String> before = contents(folder);
        assertTrue(assertThrows(UserError.class, () -> run(out, 1, 10, false, Disk.REAL))
                .getMessage()
                .contains("finished job"));
        NumberedRows other = new NumberedRows(ROWS, 4, false);
        String told = assertThrows(
                        UserError.class,
                        () -> BatchJob.run(other, plan(other, out, 1, 10), true, Disk.REAL, Progress.SILENT))
                .getMessage();
        assertTrue(told.contains("seed was 3, now it is 4"), told);
        told = assertThrows(UserError.class, () -> run(out, 2, 10, true, Disk.REAL))
                .getMessage();
        assertTrue(told.contains("shards was 1, now it is 2"), told);
        run(out, 1, 10, true, Disk.REAL);
        assertEquals(before, contents(folder));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    @Test
    void rowsAreTheSameInHoweverManyFiles() throws IOException {
        float[] all = null;
        for (int shards : new int[] {1, 3, 100}) {
            Path place = folder.resolve("in" + shards);
            run(place.resolve("rows.npy"), shards, 4, false, Disk.REAL);
            float[] joined = new float[ROWS * 6];
            int filled = 0;
            try (Stream<Path> files = Files.list(place)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".npy"))
                        .sorted()
                        .toList()) {
                    float[] some = SmallModels.load(file);
                    System.arraycopy(some, 0, joined, filled, some.length);
                    filled += some.length;
                }
            }
            assertEquals(joined.length, filled);
            all = all == null ? joined : all;
            assertArrayEquals(all, joined);
        }
        String told = assertThrows(UserError.class, () -> run(folder.resolve("x.npy"), 101, 4, false, Disk.REAL))
                .getMessage();
        assertTrue(told.startsWith("--shards: must be from 1 to 100"), told);
    }

    @Test
    void manifestThatIsNoneIsRefused() throws IOException {
        for (String text : List.of("", "{}", "[1]", "{\"format\":\"jcuvae-job/2\"}", "{\"format\":\"jcuvae-job/1\"}")) {
            Path file = Files.writeString(folder.resolve("m.json"), text);
            String told =
                    assertThrows(UserError.class, () -> JobManifest.read(file)).getMessage();
            assertTrue(told.contains("is no manifest of a job"), told);
            assertEquals(1, told.lines().count());
        }
        assertTrue(assertThrows(UserError.class, () -> JobManifest.read(folder.resolve("none")))
                .getMessage()
                .contains("no such file"));
    }
}
