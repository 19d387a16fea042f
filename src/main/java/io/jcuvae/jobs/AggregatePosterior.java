package io.jcuvae.jobs;

import io.jcuvae.data.Classes;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Where a model's codes really lie: q(z), the mean of q(z | x) over the training samples, which the prior need not equal. A
 * mixture of normals fitted to one draw per sample is a sampler to generate from (Ghosh et al. 2020, From Variational to
 * Deterministic Autoencoders). Draws, not means: those lack the posterior's own width, and latents that the model does not use
 * would have none at all.
 */
public final class AggregatePosterior {
    /** Components where nothing else is asked for. */
    public static final int COMPONENTS = 10;

    /** Training samples to fit to where nothing else is asked for: the first so many. */
    public static final int SAMPLES = 20_000;

    private AggregatePosterior() {}

    /**
     * What mixture is wanted.
     *
     * @param components K, or 0 for any
     * @param data the samples' source as the user named it, or null for any
     * @param samples how many training samples to fit to at most, 0 for all, or -1 for any number
     */
    public record Wanted(int components, String data, int samples) {
        private boolean isMetBy(MixtureFile kept) {
            return (components == 0 || components == kept.components())
                    && (data == null || data.equals(kept.data()))
                    && (samples < 0 || samples == kept.limit());
        }
    }

    /** Where the mixture of a model file is kept. */
    public static Path file(Path modelFile) {
        return MixtureFile.beside(modelFile);
    }

    /**
     * The mixture, one for each class of a model that is told labels, kept beside a model file if it is of this model and what
     * is wanted, else one fitted now and kept there.
     *
     * @param modelFile the file that the model was loaded from
     * @param source opened only where a mixture must be fitted; its training rows count
     * @param note told what was fitted or found
     * @throws UserError when the data do not fit the model, there are too few of them, or the file cannot be written
     */
    public static CodeSampler of(
            Path modelFile,
            Model model,
            Backend backend,
            Supplier<DataSource> source,
            Wanted wanted,
            Progress progress,
            Consumer<String> note) {
        Path file = file(modelFile);
        String checksum = Safetensors.read(modelFile).metadata().get(Safetensors.CHECKSUM);
        String replaced = null;
        if (Files.exists(file)) {
            MixtureFile kept = MixtureFile.read(file);
            boolean ours = kept.model().equals(checksum)
                    && kept.classes() == model.data().classes().count()
                    && kept.latents() == model.spec().latents();
            if (ours && wanted.isMetBy(kept)) {
                note.accept("drawing from " + file + ": " + describe(kept));
                return kept.sampler();
            }
            replaced = file + (ours ? " is another mixture" : " is of another model") + "; a new one takes its place";
        }
        DataSource data = source.get();
        int samples = wanted.samples() < 0 ? SAMPLES : wanted.samples();
        int components = wanted.components() == 0 ? COMPONENTS : wanted.components();
        Fit fit = fit(model, backend, data, samples, components, progress);
        MixtureFile fitted = new MixtureFile(
                fit.mixtures,
                model.data().classes().count(),
                checksum,
                data.name(),
                samples,
                fit.count,
                fit.logLikelihood / fit.count);
        if (replaced != null) {
            note.accept(replaced);
        }
        fitted.write(file);
        note.accept("fitted " + file + ": " + describe(fitted) + ", " + fit.rounds + " rounds"
                + (fit.converged ? "" : ", and not converged"));
        return fitted.sampler();
    }

    /** What the fits of all classes come to. */
    private static final class Fit {
        final List<Mixture> mixtures = new ArrayList<>();
        int count;
        int rounds;
        boolean converged = true;
        /** The sum over the codes. */
        double logLikelihood;

        void add(MixtureFit.Result result, int codes) {
            double[] likelihoods = result.logLikelihoods();
            mixtures.add(result.mixture());
            count += codes;
            rounds += likelihoods.length;
            converged &= result.converged();
            logLikelihood += codes * likelihoods[likelihoods.length - 1];
        }
    }

    private static Fit fit(
            Model model, Backend backend, DataSource data, int samples, int components, Progress progress) {
        Classes classes = model.data().classes();
        RowLabels labels = Rows.labels(model, data, Split.TRAIN, samples);
        double[][] codes = codes(model, backend, data, samples, labels, progress);
        Fit fit = new Fit();
        for (int number = 0; number < Math.max(1, classes.count()); number++) {
            int wanted = number;
            double[][] own = classes.count() == 0
                    ? codes
                    : IntStream.range(0, codes.length)
                            .filter(row -> labels.at(row) == wanted)
                            .mapToObj(row -> codes[row])
                            .toArray(double[][]::new);
            if (own.length < components) {
                String whose = classes.count() == 0
                        ? ""
                        : " of class " + classes.names().get(number);
                throw new UserError("--components: " + components + " normals cannot be fitted to the " + own.length
                        + " training samples" + whose + " of " + data.name() + "; ask for fewer"
                        + (classes.count() == 0 ? "" : ", or for more rows with --limit"));
            }
            fit.add(MixtureFit.fit(own, components, model.config().seed()), own.length);
        }
        return fit;
    }

    private static String describe(MixtureFile mixture) {
        return String.format(
                Locale.ROOT,
                "%d normals for %sthe codes of %,d samples of %s, %.4f nats per code",
                mixture.components(),
                mixture.classes() == 0 ? "" : "each of " + mixture.classes() + " classes, for ",
                mixture.count(),
                mixture.data(),
                mixture.logLikelihood());
    }

    /**
     * One code per training sample, drawn from its posterior, or the code itself where that is a point. The normals of sample i
     * are i Z .. i Z + Z - 1 of the evaluation stream of the model's seed.
     *
     * @param samples the first so many, 0 for all
     * @param labels of the rows, of a model that is told them
     * @return [N][Z]
     */
    static double[][] codes(
            Model model, Backend backend, DataSource source, int samples, RowLabels labels, Progress progress) {
        List<double[]> codes = new ArrayList<>();
        try (SampleReader reader = Rows.open(model, source, Split.TRAIN, samples)) {
            BoundModel bound = new BoundModel(model, backend);
            int latents = bound.latents();
            float[] rows = bound.samples();
            float[] posteriors = bound.posteriors();
            float[] noise = bound.codes();
            boolean point = posteriors.length == noise.length;
            long key = Stream.EVALUATION.key(model.config().seed());
            int read;
            while ((read = reader.read(rows, bound.rows())) > 0) {
                bound.label(labels, codes.size(), read);
                bound.encode(posteriors, rows);
                Philox.fillNormal(noise, 0, read * latents, key, (long) codes.size() * latents);
                for (int r = 0; r < read; r++) {
                    double[] code = new double[latents];
                    for (int i = 0; i < latents; i++) {
                        double deviation = point ? 0 : Math.exp(0.5 * posteriors[(2 * r + 1) * latents + i]);
                        code[i] = posteriors[r * (posteriors.length / bound.rows()) + i]
                                + deviation * noise[r * latents + i];
                    }
                    codes.add(code);
                }
                progress.at(codes.size(), reader.count());
            }
        }
        return codes.toArray(double[][]::new);
    }
}
