package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.ImageGrid;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Model;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Every variant at equal budget: each preset for any samples trained as it is on the same rows for the same epochs, with its
 * held-out figures and samples; and PCA, an autoencoder and a VAE at equal latent size by their squared error. A preset that is
 * added has its line without anything being done here.
 */
public final class VariantsTable {
    private static final int COLUMNS = 10;

    /**
     * What all are trained on.
     *
     * @param source of the rows; pictures, with labels for the variants that are told them
     * @param limit the first training rows, 0 for all
     * @param epochs of each training
     * @param seed of everything
     */
    public record Budget(DataSource source, int limit, int epochs, long seed) {}

    /**
     * A line of the table, nats per held-out sample.
     *
     * @param latents Z
     * @param hasElbo whether there is a KL term, so that the loss is the negative ELBO
     * @param active units
     * @param seconds of an epoch, the median
     * @param samples where its samples come from: the prior, a fitted mixture, or nothing
     */
    public record Line(
            String preset,
            int latents,
            boolean hasElbo,
            double reconstruction,
            double kl,
            int active,
            double seconds,
            String samples) {}

    /**
     * What was found.
     *
     * @param left presets that could not be trained on these rows, and why
     * @param baseline PCA, autoencoder and VAE
     */
    public record Report(Budget budget, int count, List<Line> lines, List<String> left, Baseline.Report baseline) {
        /** The document. */
        public String toMarkdown(String command, String picture) {
            StringBuilder text = new StringBuilder();
            Consumer<String> line = words -> text.append(words).append('\n');
            line.accept("# Every variant on "
                    + budget.source().name().replaceAll("/+$", "").replaceAll(".*/", ""));
            line.accept("");
            line.accept(String.format(
                    Locale.ROOT,
                    "Each preset as it is, trained on %,d rows for %d epochs, seed %d; figures are of the held-out rows, with one"
                            + " draw of z, in nats per sample. The loss is reconstruction + KL, the negative ELBO, whatever the",
                    count,
                    budget.epochs(),
                    budget.seed()));
            line.accept(
                    "training's objective; where there is no KL term it is the reconstruction alone, and not comparable with the"
                            + " others, and neither are figures of a model that is told labels. Made by");
            line.accept("");
            line.accept("    " + command);
            line.accept("");
            line.accept("| preset | Z | loss | reconstruction | KL | active units | s per epoch | samples from |");
            line.accept("|---|---|---|---|---|---|---|---|");
            for (Line row : lines) {
                line.accept(String.format(
                        Locale.ROOT,
                        "| %s | %d | %s | %.2f | %s | %d | %.2f | %s |",
                        row.preset(),
                        row.latents(),
                        row.hasElbo() ? number(row.reconstruction() + row.kl()) : "-",
                        row.reconstruction(),
                        row.hasElbo() ? number(row.kl()) : "-",
                        row.active(),
                        row.seconds(),
                        row.samples()));
            }
            line.accept("");
            left.forEach(why -> line.accept("Left out: " + why + "\n"));
            line.accept("![Samples, a line for each preset in the order of the table](" + picture + ")");
            line.accept("");
            line.accept("## PCA, autoencoder, VAE");
            line.accept("");
            line.accept(
                    "Squared error per held-out sample at equal latent size: of the projection, and of the decoded code or"
                            + " posterior mean. The autoencoder is trained on the squared error, the VAE on a Gaussian"
                            + " whose variance is learned.");
            line.accept("");
            line.accept("| model | Z | squared error | explained |");
            line.accept("|---|---|---|---|");
            for (Baseline.Line row : baseline.lines()) {
                line.accept(String.format(
                        Locale.ROOT,
                        "| %s | %d | %.2f | %.1f %% |",
                        row.name(),
                        row.latents(),
                        row.squaredError(),
                        100 * row.explained()));
            }
            return text.toString();
        }

        private static String number(double value) {
            return String.format(Locale.ROOT, "%.2f", value);
        }
    }

    private final Budget budget;
    private final Backend backend;
    private final Consumer<String> log;
    private final Dataset train;
    private final Dataset test;

    /**
     * Reads the rows.
     *
     * @param log told what is under way
     */
    public VariantsTable(Budget budget, Backend backend, Consumer<String> log) {
        this.budget = budget;
        this.backend = backend;
        this.log = log;
        train = budget.source().load(Split.TRAIN, budget.limit());
        test = budget.source().load(Split.TEST, 0);
    }

    /**
     * The first preset, and those that train any samples as it does: with its likelihood, of values as they are. The others, as
     * those of papers that draw values to 0 or 1, have figures of their own kind.
     */
    static List<String> presets() {
        return Preset.variants().stream().map(Preset::label).toList();
    }

    /**
     * Trains all of them.
     *
     * @param picture where a line of samples of each goes
     */
    public Report run(Path picture) {
        List<Line> lines = new ArrayList<>();
        List<String> left = new ArrayList<>();
        List<float[]> samples = new ArrayList<>();
        log.accept("warming up");
        train(TrainConfig.defaults(), 1);
        for (String preset : presets()) {
            log.accept(preset);
            try {
                Trained trained = train(TrainConfig.preset(preset), budget.epochs());
                Drawn drawn = draw(trained.model());
                samples.add(drawn.rows());
                lines.add(line(preset, trained, drawn.from()));
            } catch (UserError e) {
                // As a preset that is told labels, on rows that have none.
                left.add("`" + preset + "`: " + e.getMessage());
            }
        }
        draw(picture, samples);
        return new Report(budget, train.count(), lines, left, baseline());
    }

    private record Trained(Model model, List<EpochMetrics> epochs) {
        double seconds() {
            double[] seconds =
                    epochs.stream().mapToDouble(EpochMetrics::seconds).sorted().toArray();
            return seconds[seconds.length / 2];
        }
    }

    private Trained train(TrainConfig preset, int count) {
        TrainConfig config = preset.with(Setting.DATA, budget.source().name())
                .with(Setting.EPOCHS, Integer.toString(count))
                .with(Setting.LIMIT, Integer.toString(budget.limit()))
                .with(Setting.SEED, Long.toString(budget.seed()));
        List<EpochMetrics> epochs = new ArrayList<>();
        Trainer trainer = Trainer.start(config, train, test, backend, null, new Trainer.Listener() {
            @Override
            public void epoch(EpochMetrics metrics) {
                epochs.add(metrics);
            }
        });
        trainer.run(() -> false);
        return new Trained(trainer.model(), epochs);
    }

    private static Line line(String preset, Trained trained, String samples) {
        EpochMetrics last = trained.epochs().get(trained.epochs().size() - 1);
        return new Line(
                preset,
                trained.model().spec().latents(),
                trained.model().spec().posterior().hasDivergence(),
                last.test().reconstruction(),
                last.test().kl(),
                last.test().activeUnits(),
                trained.seconds(),
                samples);
    }

    /** Some samples and where they come from. */
    private record Drawn(float[] rows, String from) {}

    /** One of each class where a model is told classes; from a mixture where it has no prior. */
    private Drawn draw(Model model) {
        boolean told = model.config().conditioned();
        int[] classes = Labels.of(model, told ? "all" : null);
        int count = told ? 1 : COLUMNS;
        if (model.config().hasPrior()) {
            return new Drawn(
                    Generation.sample(model, backend, classes, null, count, budget.seed(), 1),
                    told ? "prior, by class" : "prior");
        }
        double[][] codes = AggregatePosterior.codes(
                model, backend, budget.source(), AggregatePosterior.SAMPLES, RowLabels.NONE, Progress.SILENT);
        Mixture mixture = MixtureFit.fit(codes, AggregatePosterior.COMPONENTS, budget.seed())
                .mixture();
        return new Drawn(
                Generation.sample(model, backend, classes, mixture, count, budget.seed(), 1),
                "mixture of " + mixture.components());
    }

    private void draw(Path picture, List<float[]> samples) {
        SampleShape shape = train.shape();
        float[] all = new float[samples.size() * COLUMNS * shape.width()];
        for (int i = 0; i < samples.size(); i++) {
            int values = Math.min(samples.get(i).length, COLUMNS * shape.width());
            System.arraycopy(samples.get(i), 0, all, i * COLUMNS * shape.width(), values);
        }
        ImageGrid.write(picture, all, samples.size() * COLUMNS, shape, COLUMNS);
    }

    private Baseline.Report baseline() {
        log.accept("PCA, autoencoder and VAE");
        TrainConfig plain = TrainConfig.defaults();
        Model ae = train(TrainConfig.preset("ae").with(Setting.LIKELIHOOD, "mse"), budget.epochs())
                .model();
        Model vae = train(plain.with(Setting.LIKELIHOOD, "gaussian-learned"), budget.epochs())
                .model();
        return Baseline.run(
                budget.source(),
                List.of(plain.latents()),
                budget.limit(),
                List.of(new Baseline.Named("AE", ae), new Baseline.Named("VAE", vae)),
                backend,
                1,
                Progress.SILENT);
    }
}
