package io.jcuvae.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The report of a {@link GpuCheck} for people: the same figures as its JSON, predictions beside them. */
final class GpuReport {
    private final StringBuilder text = new StringBuilder();
    private final JsonObject report;

    private GpuReport(JsonObject report) {
        this.report = report;
    }

    static String markdown(JsonObject report) {
        GpuReport one = new GpuReport(report);
        one.head();
        one.outcomes();
        one.steps();
        one.wide();
        one.convolutional();
        one.variants();
        one.inference();
        one.rest();
        return one.text.toString();
    }

    private void line(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private void head() {
        line("# jcuvae on a GPU");
        line("");
        if (report.get("rehearsal").getAsBoolean()) {
            line("**A rehearsal on the software device: everything runs. Its times say nothing about any GPU.**");
            line("");
        }
        line("- taken at %s", report.get("at").getAsString());
        report.getAsJsonObject("about")
                .entrySet()
                .forEach(entry ->
                        line("- %s: %s", entry.getKey(), entry.getValue().getAsString()));
        if (!report.has("machine")) {
            line("- the devices could not be asked for");
            return;
        }
        JsonObject machine = report.getAsJsonObject("machine");
        for (JsonElement element : machine.getAsJsonArray("devices")) {
            JsonObject device = element.getAsJsonObject();
            if (device.has("product")) {
                line(
                        "- %s: %s, compute capability %s, %.1f GiB",
                        device.get("name").getAsString(),
                        device.get("product").getAsString(),
                        device.get("compute_capability").getAsString(),
                        device.get("memory_total_bytes").getAsDouble() / (1 << 30));
            } else if (device.has("reason") && !device.get("reason").isJsonNull()) {
                line(
                        "- %s: not used: %s",
                        device.get("name").getAsString(), device.get("reason").getAsString());
            }
        }
        for (JsonElement element : machine.getAsJsonObject("cuda").getAsJsonArray("libraries")) {
            JsonObject library = element.getAsJsonObject();
            line(
                    "- %s %s: `%s` (by %s)",
                    library.get("name").getAsString(),
                    text(library, "version"),
                    library.get("path").getAsString(),
                    library.get("found_by").getAsString());
        }
    }

    private void outcomes() {
        line("");
        line("## Parts");
        line("");
        line("| part | outcome | seconds |");
        line("|---|---|---|");
        for (JsonElement element : report.getAsJsonArray("sections")) {
            JsonObject section = element.getAsJsonObject();
            String outcome = section.has("skipped")
                    ? "left out: " + text(section, "why")
                    : !section.has("ok")
                            ? "under way"
                            : section.get("ok").getAsBoolean() ? "passed" : "FAILED: " + text(section, "why");
            if (section.get("name").getAsString().equals("tests") && section.has("result")) {
                JsonObject result = section.getAsJsonObject("result");
                outcome += String.format(
                        Locale.ROOT,
                        " (%d run, %d failed, %d skipped)",
                        result.get("run").getAsInt(),
                        result.get("failed").getAsInt(),
                        result.get("skipped").getAsInt());
            }
            line(
                    "| %s | %s | %s |",
                    section.get("name").getAsString(), outcome.replace('|', '/'), number(section, "seconds", "%.1f"));
        }
    }

    private void steps() {
        List<JsonObject> rows = rows("step");
        if (rows.isEmpty()) {
            return;
        }
        line("");
        line("## A training step of the default preset");
        line("");
        line(
                "Microseconds. Replay: the recorded step alone; epoch: a whole epoch as a user runs it, per step. Predicted:"
                        + " launches on the critical path and the longer of arithmetic and memory traffic, from shapes and the"
                        + " data sheet.");
        line("");
        line(
                "| batch | precision | replay | predicted | epoch | host | launches (predicted) | torch eager | torch graph"
                        + " | torch compiled | jax | MFLOP | MB |");
        line("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        for (JsonObject row : rows) {
            JsonObject prediction = row.getAsJsonObject("prediction");
            int batch = row.get("batch").getAsInt();
            String precision = row.get("precision").getAsString();
            double steps = Math.ceil(row.get("epoch_samples").getAsDouble() / batch);
            line(
                    "| %d | %s | %s | %s | %.1f | %s | %d (%d) | %s | %s | %s | %s | %s | %.0f | %.1f |",
                    batch,
                    precision,
                    number(row, "step_us", "%.1f"),
                    prediction.has("seconds")
                            ? String.format(
                                    Locale.ROOT,
                                    "%.1f",
                                    1e6 * prediction.get("seconds").getAsDouble())
                            : "-",
                    1e3 * row.get("epoch_ms").getAsDouble() / steps,
                    number(row, "host_us", "%.1f"),
                    row.get("launches_per_step").getAsInt(),
                    prediction.get("launches").getAsInt(),
                    peer("torch eager", batch, precision),
                    peer("torch graph", batch, precision),
                    peer("torch compiled", batch, precision),
                    peer("torch compiled graph", batch, precision),
                    peer("jax", batch, precision),
                    prediction.get("flops").getAsDouble() / 1e6,
                    prediction.get("bytes").getAsDouble() / 1e6);
        }
        line("");
        for (JsonObject row : rows) {
            line(
                    "An epoch of %d samples at batch %d in %s: %.1f ms.",
                    row.get("epoch_samples").getAsInt(),
                    row.get("batch").getAsInt(),
                    row.get("precision").getAsString(),
                    row.get("epoch_ms").getAsDouble());
        }
        assumption(rows.get(0));
    }

    private void assumption(JsonObject row) {
        JsonObject prediction = row.getAsJsonObject("prediction");
        line("");
        line(
                "%s",
                prediction.has("assumes")
                        ? "Predictions assume " + prediction.get("assumes").getAsString() + "."
                        : "The device's data sheet is not known here, so nothing is predicted in seconds.");
    }

    private String peer(String name, int batch, String precision) {
        String wanted = name + ", batch " + batch + ", " + precision;
        for (JsonElement element : report.getAsJsonArray("sections")) {
            JsonObject section = element.getAsJsonObject();
            if (section.get("name").getAsString().equals(wanted) && section.has("result")) {
                return number(section.getAsJsonObject("result"), "step_us", "%.1f");
            }
        }
        return "-";
    }

    private void wide() {
        List<JsonObject> rows = rows("wide");
        if (rows.isEmpty()) {
            return;
        }
        line("");
        line("## The wide case");
        line("");
        line(
                "| batch | precision | step ms | predicted ms | TFLOP/s | large product, TFLOP/s | share | torch eager ms |"
                        + " torch graph ms | torch compiled graph ms | jax ms |");
        line("|---|---|---|---|---|---|---|---|---|---|---|");
        for (JsonObject row : rows) {
            int batch = row.get("batch").getAsInt();
            String precision = row.get("precision").getAsString();
            JsonObject prediction = row.getAsJsonObject("prediction");
            line(
                    "| %d | %s | %.3f | %s | %s | %s | %s | %s | %s | %s | %s |",
                    batch,
                    precision,
                    row.get("step_us").getAsDouble() / 1e3,
                    prediction.has("seconds")
                            ? String.format(
                                    Locale.ROOT,
                                    "%.3f",
                                    1e3 * prediction.get("seconds").getAsDouble())
                            : "-",
                    number(row, "tflops", "%.3g"),
                    number(row, "gemm_tflops", "%.3g"),
                    number(row, "share_of_gemm", "%.2f"),
                    thousandth(peer("torch eager", batch, precision)),
                    thousandth(peer("torch graph", batch, precision)),
                    thousandth(peer("torch compiled graph", batch, precision)),
                    thousandth(peer("jax", batch, precision)));
        }
        assumption(rows.get(rows.size() - 1));
    }

    private void convolutional() {
        List<JsonObject> rows = rows("conv");
        if (rows.isEmpty()) {
            return;
        }
        line("");
        line("## A training step of conv-28");
        line("");
        line("Microseconds. PyTorch with cuDNN, channels last; bf16 is its autocast.");
        line("");
        line("| batch | precision | replay | predicted | host | launches (predicted) | torch eager | torch graph |"
                + " torch compiled graph | MFLOP | MB |");
        line("|---|---|---|---|---|---|---|---|---|---|---|");
        for (JsonObject row : rows) {
            int batch = row.get("batch").getAsInt();
            String precision = row.get("precision").getAsString();
            JsonObject prediction = row.getAsJsonObject("prediction");
            line(
                    "| %d | %s | %s | %s | %s | %d (%d) | %s | %s | %s | %.0f | %.1f |",
                    batch,
                    precision,
                    number(row, "step_us", "%.1f"),
                    prediction.has("seconds")
                            ? String.format(
                                    Locale.ROOT,
                                    "%.1f",
                                    1e6 * prediction.get("seconds").getAsDouble())
                            : "-",
                    number(row, "host_us", "%.1f"),
                    row.get("launches_per_step").getAsInt(),
                    prediction.get("launches").getAsInt(),
                    peer("torch conv eager", batch, precision),
                    peer("torch conv graph", batch, precision),
                    peer("torch conv compiled graph", batch, precision),
                    prediction.get("flops").getAsDouble() / 1e6,
                    prediction.get("bytes").getAsDouble() / 1e6);
        }
        assumption(rows.get(0));
    }

    private void variants() {
        List<JsonObject> rows = rows("variants");
        if (rows.isEmpty()) {
            return;
        }
        line("");
        line("## A training step of each variant");
        line("");
        line(
                "Microseconds, beside the plain VAE's step of equal network, in turns; the ratio is per code where a sample has"
                        + " several, and should be at most %.1f.",
                VariantBench.LIMIT);
        line("");
        line("| variant | replay | plain | codes | ratio | launches | plain's launches |");
        line("|---|---|---|---|---|---|---|");
        for (JsonObject row : rows) {
            if (row.has("why")) {
                line(
                        "| %s | %s | | | | | |",
                        text(row, "preset"), text(row, "why").replace('|', '/'));
            } else {
                line(
                        "| %s | %s | %s | %s | %s | %s | %s |",
                        text(row, "preset"),
                        number(row, "step_us", "%.1f"),
                        number(row, "plain_us", "%.1f"),
                        number(row, "codes", "%.0f"),
                        number(row, "ratio", "%.2f"),
                        number(row, "launches_per_step", "%.0f"),
                        number(row, "plain_launches", "%.0f"));
            }
        }
    }

    private static String thousandth(String number) {
        return number.equals("-") ? number : String.format(Locale.ROOT, "%.3f", Double.parseDouble(number) / 1e3);
    }

    private void inference() {
        line("");
        line("## Copies, generation, evaluation, start");
        line("");
        line("| what | figure |");
        line("|---|---|");
        figure("copies", "to_host_gb_per_s", "copies to the host, page-locked, GB/s", "%.2f");
        figure("copies", "from_array_gb_per_s", "copies from a Java array, GB/s", "%.2f");
        figure("generation", "memory_samples_per_s", "generation to memory, bytes, samples/s", "%.0f");
        figure("generation", "share_of_copy_rate", "its share of the copy rate (predicted: bound by it)", "%.2f");
        figure("generation", "memory_file_samples_per_s", "generation to a file in memory, samples/s", "%.0f");
        figure("generation", "disk_samples_per_s", "generation to disk, bytes, samples/s", "%.0f");
        figure("generation", "flops_per_sample", "arithmetic of a generated sample, FLOP", "%.0f");
        figure("torch, decoding and evaluation", "decode", "torch: decoding, floats that stay, samples/s", "%.0f");
        figure("evaluation", "seconds", "importance-weighted evaluation, s", "%.3f");
        figure("evaluation", "draws_per_s", "draws/s of it", "%.0f");
        figure("evaluation", "flops", "arithmetic of it, FLOP", "%.3g");
        figure("evaluation", "test_set_seconds", "the whole test set with 5,000 draws, s", "%.2f");
        figure("evaluation", "test_set_share_of_gemm", "share of the GEMM rate of it", "%.2f");
        figure("torch, decoding and evaluation", "iwae", "torch: importance-weighted evaluation, s", "%.3f");
        figure("first-step", "first_step_ms", "from process start to the first step done, ms", "%.0f");
        figure("first-step", "open_ms", "of it, opening the device, ms", "%.0f");
    }

    private void figure(String section, String key, String label, String format) {
        JsonObject result = result(section);
        if (result != null && result.has(key)) {
            JsonElement value = result.get(key);
            if (value.isJsonObject()) {
                JsonObject parts = value.getAsJsonObject();
                value = parts.has("samples_per_s") ? parts.get("samples_per_s") : parts.get("seconds");
            }
            line("| %s | %s |", label, String.format(Locale.ROOT, format, value.getAsDouble()));
        }
    }

    private void rest() {
        List<JsonObject> shares = rows("shares");
        if (!shares.isEmpty()) {
            line("");
            line("## Where a step's time goes");
            line("");
            line(
                    "Products alone, everything else alone, and what is left of a step: waiting, launching, or (negative) what"
                            + " ran side by side.");
            line("");
            line("| batch | step us | products us | kernels us | gaps us |");
            line("|---|---|---|---|---|");
            for (JsonObject row : shares) {
                line(
                        "| %d | %s | %s | %s | %s |",
                        row.get("batch").getAsInt(),
                        number(row, "step_us", "%.1f"),
                        number(row, "gemm_us", "%.1f"),
                        number(row, "kernels_us", "%.1f"),
                        number(row, "gaps_us", "%.1f"));
            }
        }
        List<JsonObject> branches = rows("branches");
        if (!branches.isEmpty()) {
            line("");
            line("## Branches in the graph");
            line("");
            line("| batch | without us | with us | gain |");
            line("|---|---|---|---|");
            for (JsonObject row : branches) {
                line(
                        "| %d | %s | %s | %s |",
                        row.get("batch").getAsInt(),
                        number(row, "without_us", "%.1f"),
                        number(row, "with_us", "%.1f"),
                        number(row, "gain", "%.3f"));
            }
        }
    }

    private JsonObject result(String name) {
        for (JsonElement element : report.getAsJsonArray("sections")) {
            JsonObject section = element.getAsJsonObject();
            if (section.get("name").getAsString().equals(name) && section.has("result")) {
                return section.getAsJsonObject("result");
            }
        }
        return null;
    }

    private List<JsonObject> rows(String name) {
        List<JsonObject> rows = new ArrayList<>();
        JsonObject result = result(name);
        if (result != null && result.has("rows")) {
            result.getAsJsonArray("rows").forEach(row -> rows.add(row.getAsJsonObject()));
        }
        return rows;
    }

    private static String text(JsonObject json, String key) {
        return json.has(key) && !json.get(key).isJsonNull() ? json.get(key).getAsString() : "-";
    }

    private static String number(JsonObject json, String key, String format) {
        return json.has(key) && !json.get(key).isJsonNull()
                ? String.format(Locale.ROOT, format, json.get(key).getAsDouble())
                : "-";
    }
}
