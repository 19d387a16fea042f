package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Measures of a model on data beside its loss, each with the protocol that it is a figure of: docs/measures.md. */
public final class Measures {
    /** What can be measured. */
    public enum Kind {
        /** The squared error of the posterior means, decoded without noise. */
        RECONSTRUCTION,
        /** What the KL term is spent on: {@link Information}. */
        INFORMATION,
        /** Generated samples against the data: Frechet distance, precision and recall in a feature space. */
        SAMPLES,
        /** Latents against the known factors of the data: {@link Disentanglement}. */
        DISENTANGLEMENT;

        /** The name in options. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * Some kinds by their names.
         *
         * @param names with commas between, or {@code all}: those that need nothing but a model and data
         */
        public static Set<Kind> parse(String names) {
            if (names.equals("all")) {
                return EnumSet.of(RECONSTRUCTION, INFORMATION, SAMPLES);
            }
            Set<Kind> kinds = EnumSet.noneOf(Kind.class);
            for (String name : names.split(",", -1)) {
                Kind found = Arrays.stream(values())
                        .filter(kind -> kind.label().equals(name.strip()))
                        .findFirst()
                        .orElseThrow(() -> new UserError("--measures: '" + name.strip() + "' is no measure; there are "
                                + Arrays.stream(values()).map(Kind::label).collect(Collectors.joining(", "))
                                + ", with commas between, or all for the first three"));
                kinds.add(found);
            }
            return kinds;
        }
    }

    /**
     * What a model is measured against beside the data.
     *
     * @param features the model whose posterior means samples are compared by, null for the model itself
     * @param featuresName as the user named it
     * @param factors where the factors are, null for a member of the data's .npz
     */
    public record Against(Model features, String featuresName, String factors) {
        /** The model's own features, and factors beside the data. */
        public static final Against ITSELF = new Against(null, null, null);
    }

    /** Most samples of either kind that are compared: the neighbours of each are looked for among all. */
    static final int MOST_SAMPLES = 10_000;

    private final Model model;
    private final Backend backend;
    private final DataSource source;
    private final Split split;
    private final int limit;
    private final Set<Kind> kinds;
    private final Against against;
    private final Function<String, Progress> progress;
    private final JsonObject json = new JsonObject();
    private final List<String> text = new ArrayList<>();

    /**
     * Prepares measuring.
     *
     * @param splitOrNull null for what the source is evaluated on
     * @param limit the first rows to use, 0 for all
     * @param progress gives for what is being done who is told how far it is
     * @throws UserError when the model lacks what a kind needs
     */
    public Measures(
            Model model,
            Backend backend,
            DataSource source,
            Split splitOrNull,
            int limit,
            Set<Kind> kinds,
            Against against,
            Function<String, Progress> progress) {
        this.model = model;
        this.backend = backend;
        this.source = source;
        split = Rows.split(source, splitOrNull);
        this.limit = limit;
        this.kinds = kinds;
        this.against = against;
        this.progress = progress;
        check();
    }

    private void check() {
        if (kinds.contains(Kind.INFORMATION) && !divergesByLatents(model)) {
            throw new UserError("--measures information: the model's codes have no Gaussian posterior beside a standard"
                    + " normal prior, and so no KL term that could be taken apart; leave it out");
        }
        if (kinds.contains(Kind.SAMPLES) && !model.config().hasPrior()) {
            throw new UserError(
                    "--measures samples: the model has no prior of codes that are drawn from here (--posterior "
                            + model.spec().posterior().label() + "); leave it out");
        }
        if (kinds.contains(Kind.SAMPLES) && judge().spec().condition().given()) {
            throw new UserError("--features: the encoder of this model is told labels, which generated samples lack;"
                    + " name a model of the same data without --condition by --features DIR");
        }
        SampleShape made = model.data().shape();
        SampleShape taken = judge().data().shape();
        if (!Arrays.equals(made.sizes(), taken.sizes())) {
            throw new UserError("--features: " + against.featuresName() + " takes samples of " + taken
                    + " values, this model makes " + made + "; name a model of the same kind of data");
        }
    }

    /** Whether the KL term is a sum over latents, each a Gaussian's divergence from the standard normal. */
    static boolean divergesByLatents(Model model) {
        return model.spec().posterior().hasDivergence()
                && !model.spec().upper().given()
                && !model.spec().prior().isLearned();
    }

    private Model judge() {
        return against.features() == null ? model : against.features();
    }

    /** What was measured: an object of its own for each kind. */
    public JsonObject toJson() {
        return json;
    }

    /** Lines for people, the protocol beside the numbers. */
    public List<String> toText() {
        return text;
    }

    /**
     * Measures.
     *
     * @throws UserError when the data lack what a kind needs
     */
    public void run() {
        for (Kind kind : kinds) {
            switch (kind) {
                case RECONSTRUCTION -> reconstruction();
                case INFORMATION -> information();
                case SAMPLES -> samples();
                case DISENTANGLEMENT -> disentanglement();
            }
        }
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private void line(String name, String format, Object... values) {
        text.add(format("%-15s ", name) + format(format, values));
    }

    // ---- reconstruction

    private void reconstruction() {
        BoundModel bound = new BoundModel(model, backend);
        Progress watcher = progress.apply("reconstructing");
        float[] samples = bound.samples();
        float[] made = bound.samples();
        double sum = 0;
        double squares = 0;
        long count = 0;
        try (SampleReader reader = Rows.open(model, source, split, limit)) {
            RowLabels labels = Rows.labels(model, source, split, limit);
            int read;
            while ((read = reader.read(samples, bound.rows())) > 0) {
                bound.label(labels, count, read);
                bound.reconstruct(made, samples);
                for (int r = 0; r < read; r++) {
                    double error = 0;
                    for (int d = r * bound.width(); d < (r + 1) * bound.width(); d++) {
                        double off = (double) made[d] - samples[d];
                        error += off * off;
                    }
                    count++;
                    double delta = error - sum;
                    sum += delta / count;
                    squares += delta * (error - sum);
                }
                watcher.at(count, reader.count());
            }
        }
        double standardError = Math.sqrt(squares / (count - 1) / count);
        JsonObject found = new JsonObject();
        found.addProperty("squared_error", sum);
        if (Double.isFinite(standardError)) {
            found.addProperty("standard_error", standardError);
        }
        found.addProperty("mse", sum / bound.width());
        found.addProperty("count", count);
        json.add(Kind.RECONSTRUCTION.label(), found);
        line(
                "squared error",
                "%.4f%s   per sample, %.6f per value: posterior means, decoded without noise, values as they are",
                sum,
                Double.isFinite(standardError) ? format(" +- %.4f", standardError) : "",
                sum / bound.width());
    }

    // ---- information

    private void information() {
        Posteriors posteriors = Posteriors.of(model, backend, source, split, limit, true, progress.apply("encoding"));
        if (posteriors.count() < 2) {
            throw new UserError("--measures information: needs at least 2 samples, there is " + posteriors.count());
        }
        Information found = Information.of(posteriors, model.config().seed(), progress.apply("estimating q(z)"));
        json.add(Kind.INFORMATION.label(), found.toJson());
        line(
                "information",
                "%.4f +- %.4f   nats that codes carry about samples, I(x; z), of at most log N = %.4f",
                found.mutual(),
                found.mutualError(),
                Math.log(found.count()));
        line(
                "q(z) | p(z)",
                "%.4f   nats: total correlation %.4f + each latent alone %.4f",
                found.total() + found.dimensions(),
                found.total(),
                found.dimensions());
        line(
                "",
                "these make up the KL term of %.4f; %d draws against the posteriors of all %d samples",
                found.kl(),
                found.draws(),
                found.count());
    }

    // ---- samples

    private void samples() {
        Model judge = judge();
        int most = limit == 0 ? MOST_SAMPLES : Math.min(limit, MOST_SAMPLES);
        Posteriors real = Posteriors.of(judge, backend, source, split, most, false, progress.apply("encoding"));
        int count = real.count();
        if (count < 10) {
            throw new UserError("--measures samples: needs at least 10 samples to compare with, there are " + count);
        }
        Posteriors generated = generated(judge, count);
        double distance = Frechet.distance(real.means(), generated.means());
        Manifolds manifolds = Manifolds.of(
                real.means(), generated.means(), Manifolds.NEIGHBOURS, progress.apply("comparing neighbours"));
        String space = against.features() == null ? "the model itself" : against.featuresName();
        JsonObject found = new JsonObject();
        found.addProperty("frechet_distance", distance);
        found.addProperty("precision", manifolds.precision());
        found.addProperty("recall", manifolds.recall());
        found.addProperty("neighbours", Manifolds.NEIGHBOURS);
        found.addProperty("features", "posterior means of " + space);
        found.addProperty("feature_count", real.latents());
        found.addProperty("real_samples", count);
        found.addProperty("generated_samples", count);
        json.add(Kind.SAMPLES.label(), found);
        line("Frechet", "%.4f   distance of %d generated samples to %d of the data; 0 is best", distance, count, count);
        line(
                "precision",
                "%.4f   recall %.4f; manifolds of %d nearest neighbours",
                manifolds.precision(),
                manifolds.recall(),
                Manifolds.NEIGHBOURS);
        line("features", "posterior means of %s, %d of them; comparable in this space only", space, real.latents());
    }

    /** As many samples from the prior, as their expected data; a model that is told labels is told those of the data. */
    private Posteriors generated(Model judge, int count) {
        Progress watcher = progress.apply("generating");
        BoundModel bound = new BoundModel(model, backend);
        Posteriors.Collector collector = new Posteriors.Collector(judge, backend);
        RowLabels labels = Rows.labels(model, source, split, count);
        BoundModel.Generator generator =
                Generation.generator(model, backend, bound, model.config().seed());
        float[] made = bound.samples();
        float[] part = new float[collector.rows() * bound.width()];
        for (int first = 0; first < count; first += bound.rows()) {
            int rows = Math.min(bound.rows(), count - first);
            bound.label(labels, first, rows);
            generator.generate(first);
            backend.download(made, 0, bound.output());
            for (int done = 0; done < rows; done += collector.rows()) {
                int some = Math.min(collector.rows(), rows - done);
                System.arraycopy(made, done * bound.width(), part, 0, some * bound.width());
                collector.add(part, some);
            }
            watcher.at(first + rows, count);
        }
        return collector.collected();
    }

    // ---- disentanglement

    private void disentanglement() {
        Posteriors posteriors = Posteriors.of(model, backend, source, split, limit, false, progress.apply("encoding"));
        Factors factors = Factors.read(against.factors(), source.name(), split, limit, posteriors.count());
        Disentanglement found =
                Disentanglement.of(posteriors.means(), factors, model.config().seed(), progress.apply("disentangling"));
        JsonObject object = found.toJson();
        JsonArray sizes = new JsonArray();
        Arrays.stream(factors.sizes()).forEach(sizes::add);
        object.add("factor_sizes", sizes);
        object.addProperty("count", posteriors.count());
        json.add(Kind.DISENTANGLEMENT.label(), object);
        line(
                "MIG",
                "%.4f   of posterior means in %d bins, %d factors of %d samples",
                found.gap(),
                Disentanglement.BINS,
                factors.count(),
                posteriors.count());
        line(
                "FactorVAE",
                "%.4f   of %d votes, each of %d samples; chance is about %.4f",
                found.factorScore(),
                Disentanglement.TEST_VOTES,
                Disentanglement.VOTE_SAMPLES,
                1.0 / Arrays.stream(factors.sizes()).filter(size -> size > 1).count());
        line(
                "DCI",
                "disentanglement %.4f, completeness %.4f, informativeness %.4f; by %d bagged trees",
                found.disentanglement(),
                found.completeness(),
                found.informativeness(),
                Forest.TREES);
    }
}
