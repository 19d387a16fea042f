package io.jcuvae.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The curves of a run.
 *
 * @param name of the run, for legends
 * @param config how it was trained
 * @param metrics the lines of metrics.jsonl
 */
public record RunCurves(String name, TrainConfig config, List<JsonObject> metrics) {
    /**
     * Reads a run folder.
     *
     * @throws UserError when it is none
     */
    public static RunCurves read(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UserError(folder + ": no such folder; name the folder of a run, as train writes it");
        }
        RunFolder run = new RunFolder(folder);
        if (!Files.exists(run.config())) {
            throw new UserError(folder + ": holds no config.json, so it is not the folder of a run");
        }
        return new RunCurves(folder.toString(), run.readConfig(), run.readMetrics(Integer.MAX_VALUE));
    }

    /** Names that tell runs apart: the folders' own, with as many of those above as that takes. */
    public static List<String> names(List<Path> folders) {
        List<Path> whole = folders.stream()
                .map(folder -> folder.toAbsolutePath().normalize())
                .toList();
        for (int parts = 1; parts < 64; parts++) {
            int kept = parts;
            List<String> names = whole.stream()
                    .map(path -> path.getNameCount() <= kept
                            ? path.toString()
                            : path.subpath(path.getNameCount() - kept, path.getNameCount())
                                    .toString())
                    .toList();
            if (Set.copyOf(names).size() == Set.copyOf(whole).size()) {
                return names;
            }
        }
        return whole.stream().map(Path::toString).toList();
    }

    private static double[] column(List<JsonObject> lines, String key) {
        return lines.stream()
                .mapToDouble(line -> {
                    JsonElement value = line.get(key);
                    return value == null || value.isJsonNull() ? Double.NaN : value.getAsDouble();
                })
                .toArray();
    }

    /**
     * Runs compared: a colour for each, held-out figures as whole lines, training as dashed ones.
     *
     * @param skip leaves out so many first epochs, whose figures often dwarf the others
     * @throws UserError when no run has an epoch to show
     */
    public static Figure compared(List<RunCurves> runs, int skip) {
        if (runs.stream().allMatch(run -> run.metrics().size() <= skip)) {
            throw new UserError("plot curves: no run has an epoch" + (skip > 0 ? " after the first " + skip : "")
                    + "; train " + (skip > 0 ? "longer or skip fewer" : "first"));
        }
        List<LineChart> panels = panels(runs, skip, 430, 360, false);
        String unit = unit(runs);
        String title = runs.size() == 1 ? "Training of " + runs.get(0).name() : "Training of " + runs.size() + " runs";
        return new CurvesFigure(
                title,
                "whole lines: held-out, dashed: training; " + unit + (skip > 0 ? "; from epoch " + (skip + 1) : ""),
                panels);
    }

    /** The unit of losses, and of several which each counts in. */
    private static String unit(List<RunCurves> runs) {
        Set<String> units = new LinkedHashSet<>();
        runs.forEach(run -> units.add(run.config().likelihood().unit()));
        return units.size() == 1
                ? "in " + units.iterator().next() + " per sample"
                : "the runs count in " + String.join(" and in ", units) + ", which do not compare";
    }

    /** The charts of loss, reconstruction and KL; of reconstruction alone where no run has a KL. */
    static List<LineChart> panels(List<RunCurves> runs, int skip, int width, int height, boolean legend) {
        boolean divergence =
                runs.stream().anyMatch(run -> run.config().posterior().hasDivergence());
        Set<String> units = runs.stream()
                .map(run -> run.config().likelihood().unit())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        String unit = (units.size() == 1 ? units.iterator().next() : String.join(" or ", units)) + " per sample";
        List<LineChart> panels = new ArrayList<>();
        if (runs.stream().anyMatch(run -> run.config().hasPrior())) {
            panels.add(new LineChart("Loss", unit, series(runs, "loss", skip), width, height, legend));
        }
        panels.add(new LineChart("Reconstruction", unit, series(runs, "reconstruction", skip), width, height, legend));
        if (divergence) {
            panels.add(new LineChart("KL", "nats per sample", series(runs, "kl", skip), width, height, legend));
        }
        return panels;
    }

    private static List<LineChart.Series> series(List<RunCurves> runs, String key, int skip) {
        List<Ink> inks = Palette.of(runs.size() == 1 ? 2 : runs.size());
        List<LineChart.Series> series = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            RunCurves run = runs.get(i);
            if (key.equals("kl") && !run.config().posterior().hasDivergence()) {
                continue;
            }
            List<JsonObject> lines = run.metrics()
                    .subList(Math.min(skip, run.metrics().size()), run.metrics().size());
            double[] epochs = column(lines, "epoch");
            String name = runs.size() == 1 ? "" : run.name() + ", ";
            series.add(
                    new LineChart.Series(name + "held-out", epochs, column(lines, "test_" + key), inks.get(i), false));
            Ink training = inks.get(runs.size() == 1 ? 1 : i);
            series.add(new LineChart.Series(name + "training", epochs, column(lines, "train_" + key), training, true));
        }
        return series;
    }
}
