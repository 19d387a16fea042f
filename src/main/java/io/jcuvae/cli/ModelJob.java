package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.SourceOptions;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.RowJob;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What the commands that use a trained model share: device, model and progress before, what was written after. */
final class ModelJob {
    /** The work itself. */
    @FunctionalInterface
    interface Work<T> {
        /** Does it. */
        T run(Model model, Backend backend, JobProgress progress);
    }

    /** Work that leaves a file of rows. */
    @FunctionalInterface
    interface Writing {
        /**
         * Does it.
         *
         * @return the shape of one row
         */
        int[] run(Model model, Backend backend, Path out, Progress progress);
    }

    /** Makes a job. */
    @FunctionalInterface
    interface Making {
        /** Binds it; pictures to read are decoded when this returns. */
        RowJob make(Model model, Backend backend);
    }

    private ModelJob() {}

    /**
     * Opens the device, loads the model and works.
     *
     * @param doing what, as in {@code encoding}
     */
    static <T> T run(Arguments arguments, Output output, String doing, Work<T> work) {
        Path path = arguments.requiredPath("model");
        try (Device device = Device.open(arguments)) {
            T result;
            try (JobProgress progress = new JobProgress(output, doing)) {
                result = work.run(Model.load(path, device.backend()), device.backend(), progress);
            }
            device.tellPerson(output);
            return result;
        }
    }

    /**
     * Opens the device, loads the model, works, and says what was written to {@code --out}.
     *
     * @param doing what, as in {@code encoding}
     * @return the exit code
     */
    static int write(Arguments arguments, Output output, String doing, Writing writing) {
        arguments.requiredPath("model");
        Path out = arguments.requiredPath("out");
        JsonObject json = run(arguments, output, doing, (model, backend, progress) -> {
            long[] count = new long[1];
            int[] shape = writing.run(model, backend, out, (done, total) -> {
                count[0] = done;
                progress.at(done, total);
            });
            return describe(out, count[0], shape);
        });
        tell(output, out.toString(), json);
        return 0;
    }

    /**
     * Opens the device, loads the model, makes a job and writes its rows to {@code --out}, and says what was written.
     *
     * @param doing what, as in {@code encoding}
     * @return the exit code
     */
    static int rows(Arguments arguments, Output output, String doing, Making making) {
        arguments.requiredPath("model");
        Path out = arguments.requiredPath("out");
        JobOptions.check(arguments);
        JobOptions.Written[] written = new JobOptions.Written[1];
        JsonObject json = run(arguments, output, doing, (model, backend, progress) -> {
            try (RowJob job = making.make(model, backend)) {
                written[0] = JobOptions.write(arguments, output, job, progress);
                job.warnings().forEach(output::warn);
                JsonObject described = describe(out, written[0].rows(), job.rowShape());
                written[0].addTo(described);
                return described;
            }
        });
        tell(output, written[0].name(out), json);
        return 0;
    }

    private static void tell(Output output, String name, JsonObject json) {
        String row = json.getAsJsonArray("row_shape").asList().stream()
                .map(JsonElement::getAsString)
                .collect(Collectors.joining("x"));
        long count = json.get("count").getAsLong();
        output.line("wrote " + name + ": " + Figures.count(count) + (count == 1 ? " row of " : " rows of ") + row);
        output.json(json);
    }

    private static JsonObject describe(Path out, long count, int[] shape) {
        JsonObject json = new JsonObject();
        json.addProperty("file", out.toString());
        json.addProperty("count", count);
        JsonArray sizes = new JsonArray();
        Arrays.stream(shape).forEach(sizes::add);
        json.add("row_shape", sizes);
        return json;
    }

    /** Pictures in the model's size and colours. */
    private static SourceOptions options(Arguments arguments, Output output, Model model) {
        return SourceArguments.read(arguments, output, pictures(arguments, output, model), model.config(), false);
    }

    private static PictureOptions pictures(Arguments arguments, Output output, Model model) {
        return PictureOptions.asTheyAre()
                .like(model.data().shape())
                .withSkipBad(arguments.has(CommonOptions.SKIP_BAD))
                .withThreads(arguments.integer("threads", 0, 1024, 0))
                .withProgress(() -> new JobProgress(output, "decoding"));
    }

    /** The data that a text names; pictures in the model's size and colours. */
    static DataSource source(Arguments arguments, Output output, Model model, String src) {
        return prepared(DataSource.parse(src, options(arguments, output, model)), output);
    }

    /** The data that {@code --data} names, or what the model was trained on; pictures in the model's size and colours. */
    static DataSource source(Arguments arguments, Output output, Model model) {
        SourceOptions options = options(arguments, output, model);
        if (arguments.has("data")) {
            return prepared(DataSource.parse(arguments.required("data"), options), output);
        }
        if (!model.data().known()) {
            throw new UserError(
                    "--data SRC is missing: the model's weights were imported, and what they were trained on is"
                            + " not known");
        }
        if (DataSource.isStandardInput(model.data().source())) {
            throw new UserError("--data SRC is missing: the model was trained on standard input, which is gone");
        }
        boolean skip = options.pictures().skipBad() || model.config().skipsBad();
        SourceOptions same = options.with(options.pictures().withSkipBad(skip));
        try {
            return prepared(DataSource.parse(model.data().source(), same), output);
        } catch (UserError e) {
            throw new UserError(
                    e.getMessage() + " (that is what the model was trained on; --data names other data)", e);
        }
    }

    /** Decodes what must be decoded before the job's own progress is shown, and says so. */
    private static DataSource prepared(DataSource source, Output output) {
        source.prepare();
        source.notes().forEach(output::note);
        return source;
    }

    /** Tells what reading the data left out or guessed. */
    static void warn(DataSource source, Output output) {
        source.warnings().forEach(output::warn);
    }
}
