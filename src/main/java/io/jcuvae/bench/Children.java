package io.jcuvae.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes that this one starts, waits for, and ends when their time is up. */
final class Children {
    /**
     * What came of one.
     *
     * @param code its exit code; -1 when its time was up, -2 when it could not be started
     * @param firstSeconds from its start to its first output; negative without any
     */
    record Outcome(int code, String output, String errors, double seconds, double firstSeconds) {
        /** Why it failed: the last line of what it complained of. */
        String why() {
            if (code == -1) {
                return "its time was up after " + Math.round(seconds) + " s";
            }
            return (errors.isBlank() ? output : errors)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .reduce((a, b) -> b)
                    .orElse("it ended with " + code)
                    .strip();
        }
    }

    private final Path scratch;

    Children(Path scratch) {
        this.scratch = scratch;
    }

    /**
     * Runs a command.
     *
     * @param limit seconds after which it is ended, with all that it started
     */
    Outcome run(List<String> command, double limit) {
        long start = System.nanoTime();
        try {
            Path out = Files.createTempFile(scratch, "out", ".txt");
            Path err = Files.createTempFile(scratch, "err", ".txt");
            Process process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            double first = -1;
            boolean ended = false;
            while (!ended && (System.nanoTime() - start) / 1e9 < limit) {
                // Often until the first output, whose time is asked for; then at leisure.
                ended = process.waitFor(first < 0 ? 1 : 20, TimeUnit.MILLISECONDS);
                if (first < 0 && Files.size(out) > 0) {
                    first = (System.nanoTime() - start) / 1e9;
                }
            }
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Outcome(
                    ended ? process.exitValue() : -1,
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8),
                    seconds,
                    first);
        } catch (IOException e) {
            return new Outcome(-2, "", command.get(0) + " cannot be run: " + e.getMessage(), 0, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(-2, "", "interrupted", 0, -1);
        }
    }
}
