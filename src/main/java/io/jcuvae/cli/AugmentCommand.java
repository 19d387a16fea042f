package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.jobs.Augmentation;
import io.jcuvae.jobs.RowRange;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.cli.Option;

/** Makes variations of samples. */
final class AugmentCommand implements Command {
    private static final String PER_SAMPLE = "per-sample";
    private static final int FEW = 5;
    private static final int MOST = 1_000_000;

    @Override
    public String summary() {
        return "writes variations of samples, with the labels of the originals";
    }

    @Override
    public List<Option> options() {
        return JobOptions.with(all(), true);
    }

    private static List<Option> all() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.value("split", "NAME", "train, test or all (default train)"),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.value(PER_SAMPLE, "N", "variations of each sample (default " + FEW + ")"),
                CommonOptions.value(
                        "temperature",
                        "T",
                        "how far from the sample's mean code: 1 as the posterior has it, more is bolder (default 1)"),
                CommonOptions.value("seed", "N", "start of the random sequence (default 0)"),
                CommonOptions.value(
                        "out",
                        "FILE",
                        "where to write: .npz (members data, origin, labels) or .csv (a column label); without labels"
                                + " also .npy, .png (a line for each sample), -ubyte or -ubyte.gz"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "augment --model runs/digits --data mnist-sample --per-sample 5 --out more.npz";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        arguments.requiredPath("model");
        Path out = arguments.requiredPath("out");
        int perSample = arguments.integer(PER_SAMPLE, 1, MOST, FEW);
        double temperature = arguments.number("temperature", 1);
        long seed = arguments.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE, 0);
        RowRange range = JobOptions.range(arguments);
        JobOptions.check(arguments);
        JobOptions.Written[] written = new JobOptions.Written[1];
        JsonObject json = ModelJob.run(arguments, output, "augmenting", (model, backend, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            Augmentation.Asked asked = new Augmentation.Asked(perSample, temperature, seed);
            try (Augmentation job = new Augmentation(model, backend, source, range, asked, out)) {
                written[0] = JobOptions.write(arguments, output, job, progress);
                ModelJob.warn(source, output);
                Augmentation.Result result = new Augmentation.Result(written[0].rows(), job.labelled());
                JsonObject described = describe(out, result, job.rowShape(), perSample, source);
                written[0].addTo(described);
                return described;
            }
        });
        String shape = json.getAsJsonArray("row_shape").asList().stream()
                .map(size -> String.valueOf(size.getAsInt()))
                .collect(Collectors.joining("x"));
        output.line("wrote " + written[0].name(out) + ": "
                + Figures.count(json.get("count").getAsLong()) + " rows of " + shape + ", "
                + perSample + " of each sample, "
                + (json.get("labelled").getAsBoolean() ? "with labels" : "without labels"));
        if (json.has("label_names")) {
            output.line("labels       "
                    + IntStream.range(0, json.getAsJsonArray("label_names").size())
                            .mapToObj(i -> i + " "
                                    + json.getAsJsonArray("label_names").get(i).getAsString())
                            .collect(Collectors.joining(", ")));
        }
        output.json(json);
        return 0;
    }

    private static JsonObject describe(
            Path out, Augmentation.Result result, int[] sizes, int perSample, DataSource source) {
        JsonObject json = new JsonObject();
        json.addProperty("file", out.toString());
        json.addProperty("count", result.rows());
        json.addProperty("per_sample", perSample);
        json.addProperty("labelled", result.labelled());
        JsonArray shape = new JsonArray();
        for (int size : sizes) {
            shape.add(size);
        }
        json.add("row_shape", shape);
        if (result.labelled() && source.labelNames() != null) {
            JsonArray names = new JsonArray();
            source.labelNames().forEach(names::add);
            json.add("label_names", names);
        }
        return json;
    }
}
