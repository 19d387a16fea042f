package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.ImageGrid;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.Labels;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.report.Drawing;
import io.jcuvae.report.LossChart;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import io.jcuvae.vae.Posterior;
import java.util.ArrayList;
import java.util.List;

/**
 * The pictures of a run folder: curves, reconstructions of held-out samples, and samples from the prior.
 *
 * @param notes why there are not more
 * @param warnings what could not be drawn
 */
record RunPictures(List<String> notes, List<String> warnings) {
    private static final int PAIRS = 32;
    private static final int SAMPLES = 64;
    /** Where each class has a line. */
    private static final int OF_A_CLASS = 8;

    /** Draws what can be drawn; a picture that fails costs a warning, not the run. */
    static RunPictures draw(Model model, Backend backend, RunFolder folder, Dataset test, List<JsonObject> metrics) {
        List<String> notes = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        String unit = model.config().likelihood().unit();
        Drawing.attempt(folder.lossChart(), file -> LossChart.write(file, metrics, unit))
                .ifPresent(warnings::add);
        SampleShape shape = test.shape();
        if (!shape.isImage()) {
            notes.add("no pictures of samples: rows of shape " + shape + " are no images");
            return new RunPictures(notes, warnings);
        }
        int pairs = Math.min(PAIRS, test.count());
        float[] rows = new float[pairs * test.width()];
        for (int i = 0; i < pairs; i++) {
            test.copyRow(i, rows, i * test.width());
        }
        // Computed inside, too: a device that has no memory left costs the pictures alone.
        Drawing.attempt(folder.reconstructions(), file -> {
                    float[] seen = rows.clone();
                    model.data().table().encode(seen, pairs);
                    float[] made = Reconstruction.of(
                            model, backend, seen, RowLabels.of(model.data().classes(), test.first(pairs)), pairs);
                    model.data().table().decode(made, pairs);
                    ImageGrid.writePairs(file, rows, made, pairs, shape, 0);
                })
                .ifPresent(warnings::add);
        if (!model.config().hasPrior()) {
            notes.add(
                    model.spec().posterior() == Posterior.VQ
                            ? "no samples.png: generate fits a prior to the codes first"
                            : "no samples.png: the codes of a plain autoencoder follow no prior that could be drawn from");
            return new RunPictures(notes, warnings);
        }
        Drawing.attempt(folder.samples(), file -> {
                    boolean told = model.data().classes().count() > 0;
                    int[] classes = Labels.of(model, told ? Classes.ALL : null);
                    int count = told ? OF_A_CLASS : SAMPLES;
                    float[] made = Generation.sample(
                            model, backend, classes, null, count, model.config().seed(), 1);
                    model.data().table().decode(made, classes.length * count);
                    ImageGrid.write(file, made, classes.length * count, shape, told ? count : 0);
                })
                .ifPresent(warnings::add);
        return new RunPictures(notes, warnings);
    }
}
