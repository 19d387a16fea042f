package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import io.jcuvae.vae.Posterior;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a training tells before, after, and when it is stopped. */
final class TrainReport {
    private final Output output;
    private final Trainer trainer;
    private final Backend backend;
    private final RunFolder folder;
    private final Dataset test;

    TrainReport(Output output, Trainer trainer, Backend backend, RunFolder folder, Dataset test) {
        this.output = output;
        this.trainer = trainer;
        this.backend = backend;
        this.folder = folder;
        this.test = test;
    }

    /** Device, data, model and folder, before the first step. */
    void begin() {
        TrainConfig config = trainer.config();
        Model model = trainer.model();
        output.note("device   " + backend.description());
        output.note(
                "data     " + config.data() + ": " + Figures.count(model.data().count()) + " training and "
                        + Figures.count(model.data().testCount()) + " held-out samples of "
                        + model.data().shape());
        output.note("model    " + ModelText.network(model) + ": "
                + Figures.count(model.spec().layout().count()) + " parameters");
        if (trainer.validationCount() > 0) {
            output.note("         " + Figures.count(trainer.validationCount())
                    + (trainer.validatesOnOwnRows()
                            ? " validation samples of their own compare the epochs"
                            : " of the training samples are held out for validation"));
        }
        output.note("settings " + config.epochs() + " epochs, batch " + config.batch() + ", Adam at "
                + config.learningRate() + ", beta " + config.beta() + ", seed " + config.seed());
        String others = others(config);
        if (!others.isEmpty()) {
            output.note("options " + others);
        }
        output.note("folder   " + folder.path());
    }

    /** The settings of the toolbox that are not as usual, as one would type them. */
    private static String others(TrainConfig config) {
        TrainConfig usual = TrainConfig.defaults();
        return EnumSet.range(Setting.LR_SCHEDULE, Setting.KEEP).stream()
                .filter(setting -> !config.text(setting).equals(usual.text(setting)))
                .map(setting -> " --" + setting.key() + " " + config.text(setting))
                .collect(Collectors.joining());
    }

    /** The same in a line. */
    String howToGoOn() {
        return "stopped in epoch " + trainer.epoch() + " of "
                + trainer.config().epochs() + " and saved; go on with " + Main.PROGRAM + " train --resume "
                + ModelText.quoted(folder.path());
    }

    /** How to go on. */
    void stopped() {
        int epoch = trainer.epoch();
        if (output.json()) {
            output.json(json(false, folder.readMetrics(epoch)));
        }
        output.line("stopped in epoch " + epoch + " of " + trainer.config().epochs() + " and saved; go on with");
        output.line("  " + Main.PROGRAM + " train --resume " + ModelText.quoted(folder.path()));
    }

    /** The figures, the pictures, and what to do next. */
    void end() {
        List<JsonObject> metrics = folder.readMetrics(trainer.config().epochs());
        RunPictures pictures = RunPictures.draw(trainer.model(), backend, folder, test, metrics);
        logPictures();
        output.note("");
        if (!metrics.isEmpty()) {
            figures(metrics.get(metrics.size() - 1)).forEach(output::line);
        }
        trainer.stoppedEarly().ifPresent(output::line);
        output.note("");
        output.note("wrote " + folder.path() + ": "
                + files().stream().map(p -> p.getFileName().toString()).collect(Collectors.joining(", ")));
        pictures.notes().forEach(output::note);
        pictures.warnings().forEach(output::warn);
        advice().forEach(output::note);
        output.json(json(true, metrics));
    }

    private void logPictures() {
        for (Path picture : List.of(folder.samples(), folder.reconstructions())) {
            if (Files.exists(picture)) {
                String name = picture.getFileName().toString();
                trainer.logPicture("pictures/" + name.substring(0, name.lastIndexOf('.')), picture);
            }
        }
    }

    private List<Path> files() {
        return Stream.concat(
                        Stream.of(
                                folder.model(),
                                folder.checkpoint(),
                                folder.bestCheckpoint(),
                                folder.config(),
                                folder.metrics(),
                                folder.lossChart(),
                                folder.reconstructions(),
                                folder.samples(),
                                folder.report()),
                        recentCheckpoints())
                .filter(Files::exists)
                .toList();
    }

    private Stream<Path> recentCheckpoints() {
        return folder.checkpointedEpochs().stream().map(folder::epochCheckpoint);
    }

    private List<String> figures(JsonObject last) {
        List<String> lines = new ArrayList<>();
        lines.add(
                String.format(Locale.ROOT, "%-14s  %10s  %10s", "epoch " + last.get("epoch"), "training", "held-out"));
        boolean elbo = trainer.config().posterior().hasDivergence();
        boolean codes = trainer.config().posterior() == Posterior.VQ;
        List<String> terms = List.of("loss", "reconstruction", codes ? "commitment" : "kl");
        for (String name : elbo || codes ? terms : List.of("loss")) {
            String label = name.equals("kl") ? "KL" : elbo || codes ? name : "reconstruction";
            lines.add(String.format(
                    Locale.ROOT,
                    "%-14s  %10s  %10s%s",
                    label,
                    Figures.nats(last.get("train_" + name).getAsDouble()),
                    Figures.nats(last.get("test_" + name).getAsDouble()),
                    name.equals("loss") ? "  " + trainer.config().likelihood().unit() + " per sample" : ""));
        }
        if (codes) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-14s  %10s  %10.1f  %s of %d used",
                    "perplexity",
                    "",
                    last.get("test_perplexity").getAsDouble(),
                    last.get("test_codes_used"),
                    trainer.config().codebook().codes()));
        }
        String active = last.get("active_units") + " of " + trainer.config().latents();
        lines.add(String.format(Locale.ROOT, "%-14s  %10s  %10s", "active units", "", active));
        if (trainer.config().keep().best()) {
            trainer.bestEpoch()
                    .ifPresent(epoch -> lines.add("best epoch " + epoch + ": "
                            + folder.bestCheckpoint().getFileName()));
        }
        return lines;
    }

    private List<String> advice() {
        String model = " --model " + ModelText.quoted(folder.path());
        boolean image = trainer.model().data().shape().isImage();
        List<String> lines = new ArrayList<>(List.of("", "next:"));
        TrainConfig config = trainer.config();
        boolean measurable =
                config.likelihood().isDensity() && config.posterior().hasDivergence();
        lines.add("  " + Main.PROGRAM + " evaluate" + model + (measurable ? " --importance 100" : ""));
        if (config.hasPrior() || config.posterior() == Posterior.VQ) {
            lines.add("  " + Main.PROGRAM + " generate" + model
                    + (config.conditioned() ? " --label all" : " --count 100") + " --out samples"
                    + (image ? ".png" : trainer.model().data().table().given() ? ".csv" : ".npy"));
        }
        lines.add("  " + Main.PROGRAM + " encode" + model + " --out codes.npy");
        return lines;
    }

    private JsonObject json(boolean completed, List<JsonObject> metrics) {
        JsonObject json = new JsonObject();
        json.addProperty("folder", folder.path().toString());
        json.addProperty("completed", completed);
        json.addProperty("epochs_done", metrics.size());
        trainer.stoppedEarly().ifPresent(text -> json.addProperty("stopped_early", text));
        trainer.bestEpoch().ifPresent(epoch -> json.addProperty("best_epoch", epoch));
        json.addProperty("device", backend.description());
        json.addProperty("parameters", trainer.model().spec().layout().count());
        json.add("settings", trainer.config().toJson());
        json.add("data", trainer.model().data().toJson());
        JsonElement last = metrics.isEmpty() ? new JsonObject() : metrics.get(metrics.size() - 1);
        json.add("metrics", last);
        JsonArray files = new JsonArray();
        files().forEach(file -> files.add(file.toString()));
        json.add("files", files);
        return json;
    }
}
