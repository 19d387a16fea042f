package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Compares a backend with stored results of PyTorch: activations, losses, gradients, and parameters after Adam's steps. */
public final class GoldenCheck {
    private static final List<String> BUILT_IN = List.of("mlp_small", "mlp_mnist", "conv_small");

    /**
     * The worst deviation of one quantity.
     *
     * @param quantity what was compared
     * @param compared numbers compared
     * @param share the worst error as a share of its tolerance; above 1, or not a number, is a failure
     * @param where tensor and element of the worst
     * @param found what the backend computed there
     * @param expected what is stored there
     * @param tolerance the largest error that passes there
     */
    public record Check(
            String quantity,
            long compared,
            double share,
            String where,
            double found,
            double expected,
            double tolerance) {
        /** Whether the worst error is within its tolerance. */
        public boolean passed() {
            return share <= 1;
        }

        private JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("quantity", quantity);
            json.addProperty("passed", passed());
            json.addProperty("compared", compared);
            // As text where it is no number, which JSON cannot hold.
            json.add("share_of_tolerance", number(share));
            json.addProperty("where", where);
            json.add("found", number(found));
            json.addProperty("expected", expected);
            json.addProperty("tolerance", tolerance);
            return json;
        }

        private static JsonPrimitive number(double value) {
            return Double.isFinite(value) ? new JsonPrimitive(value) : new JsonPrimitive(String.valueOf(value));
        }

        private String toText() {
            return String.format(
                    Locale.ROOT,
                    "  %-4s %-34s %10.4f of tolerance over %d; worst %s: %.9g for %.9g +- %.3g",
                    passed() ? "ok" : "FAIL",
                    quantity,
                    share,
                    compared,
                    where,
                    found,
                    expected,
                    tolerance);
        }
    }

    /**
     * One case.
     *
     * @param name of its files
     * @param skipped why it was not run, or null
     * @param checks its quantities
     */
    public record Case(String name, String skipped, List<Check> checks) {
        /** Whether it was run and every quantity is within its tolerance. */
        public boolean passed() {
            return skipped == null && checks.stream().allMatch(Check::passed);
        }

        private String status() {
            return skipped != null ? "skipped" : passed() ? "passed" : "failed";
        }
    }

    /**
     * What a comparison finds.
     *
     * @param source the folder, or "built-in"
     * @param device what computed
     * @param cases in the order of their names
     */
    public record Report(String source, String device, List<Case> cases) {
        /** Whether some case was run and none failed; skipped ones do not count. */
        public boolean passed() {
            return cases.stream().anyMatch(Case::passed)
                    && cases.stream().allMatch(golden -> golden.skipped() != null || golden.passed());
        }

        /** One object. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("passed", passed());
            json.addProperty("source", source);
            json.addProperty("device", device);
            JsonArray list = new JsonArray();
            for (Case golden : cases) {
                JsonObject one = new JsonObject();
                one.addProperty("name", golden.name());
                one.addProperty("status", golden.status());
                if (golden.skipped() != null) {
                    one.addProperty("reason", golden.skipped());
                }
                JsonArray checks = new JsonArray();
                golden.checks().forEach(check -> checks.add(check.toJson()));
                one.add("checks", checks);
                list.add(one);
            }
            json.add("cases", list);
            return json;
        }

        /** Lines for people: per quantity the worst error as a share of its tolerance. */
        public String toText() {
            StringBuilder text = new StringBuilder();
            for (Case golden : cases) {
                text.append(golden.name()).append(": ").append(golden.status());
                text.append(golden.skipped() == null ? "" : ", " + golden.skipped())
                        .append('\n');
                golden.checks().forEach(check -> text.append(check.toText()).append('\n'));
            }
            long failed = cases.stream()
                    .filter(golden -> golden.skipped() == null && !golden.passed())
                    .count();
            long run = cases.stream().filter(golden -> golden.skipped() == null).count();
            text.append(String.format(
                    "%d of %d cases passed, %d skipped, on %s%n", run - failed, run, cases.size() - run, device));
            return text.toString();
        }
    }

    private GoldenCheck() {}

    /**
     * Runs every case of a folder in single precision, see {@link #run(Path, Backend, Precision)}.
     */
    public static Report run(Path folderOrNull, Backend backend) {
        return run(folderOrNull, backend, Precision.FP32);
    }

    /**
     * Runs every case of a folder.
     *
     * @param folderOrNull .json files, each with its .npz beside it; null for the cases that travel with the program
     * @param precision what the backend was opened with, which decides about the tolerances
     * @throws UserError when there is no case, or one is damaged or incomplete
     */
    public static Report run(Path folderOrNull, Backend backend, Precision precision) {
        if (folderOrNull != null) {
            return new Report(folderOrNull.toString(), backend.description(), cases(folderOrNull, backend, precision));
        }
        try {
            Path folder = Files.createTempDirectory("jcuvae-golden");
            try {
                unpack(folder);
                return new Report("built-in", backend.description(), cases(folder, backend, precision));
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new UserError("the built-in cases cannot be unpacked (" + e + "); is the temporary folder full?", e);
        }
    }

    private static List<Case> cases(Path folder, Backend backend, Precision precision) {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(file -> file.toString().endsWith(".json"))
                    .sorted(Comparator.comparing(Path::toString))
                    .toList();
        } catch (IOException e) {
            throw new UserError(folder + ": cannot be listed (" + e + "); a folder of golden cases is needed", e);
        }
        if (files.isEmpty()) {
            throw new UserError(folder + ": holds no .json file; golden cases are pairs of .json and .npz");
        }
        List<Case> cases = new ArrayList<>();
        for (Path file : files) {
            GoldenCase golden = GoldenCase.read(file);
            String unsupported = golden.unsupported();
            List<Check> checks = unsupported == null ? new GoldenRun(golden, backend, precision).compare() : List.of();
            cases.add(new Case(golden.name(), unsupported, checks));
        }
        return cases;
    }

    private static void unpack(Path folder) throws IOException {
        for (String name : BUILT_IN) {
            for (String ending : new String[] {".json", ".npz"}) {
                try (InputStream in = GoldenCheck.class.getResourceAsStream("golden/" + name + ending)) {
                    Files.copy(in, folder.resolve(name + ending));
                }
            }
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
