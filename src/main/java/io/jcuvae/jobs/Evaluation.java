package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.data.ValueKind;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.CodeUse;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Codebook;
import io.jcuvae.vae.Prior;
import io.jcuvae.vae.VaeSpec;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Scores a model on data: the negative ELBO and its parts, active units, and the importance-weighted log-likelihood. */
public final class Evaluation {
    /**
     * What an evaluation finds, averages per sample, beside what they are figures of.
     *
     * @param reconstruction negative log-likelihood with one draw per sample
     * @param kl divergence from the prior, NaN where there is none
     * @param activeUnits latents whose posterior mean varies by more than {@link Evaluator#ACTIVE_VARIANCE}
     * @param latents Z
     * @param count samples
     * @param codedValues D where the likelihood gives the values of a sample a probability, else 0
     * @param importanceSamples K, or 0 where the next two were not asked for
     * @param nll importance-weighted negative log-likelihood, NaN without
     * @param nllStandardError of its mean over the samples, NaN without or for a single sample
     * @param split which rows
     * @param data the source as the user named it
     * @param binarization what was done to values in [0, 1]
     * @param protocol likelihood and values that the figures belong to
     * @param units of loss and reconstruction
     * @param caution what they must not be taken for
     * @param protocolNote set where the protocol differs from the training's and that was accepted, else null
     * @param trainedOn what the model was trained on
     * @param seed of the draws, the training run's
     * @param device what computed
     * @param klPerLatent mean divergence of each latent from the prior, nats; null where it cannot be told latent by latent
     * @param codes what the samples make of a codebook; null where there is none
     * @param codebook of the model, or that of one without
     * @param discrepancy between codes and prior, NaN for a model that was not trained to have little of it
     * @param prior what the KL term is held against; of a learned one it is an estimate with one draw per sample
     */
    public record Report(
            double reconstruction,
            double kl,
            int activeUnits,
            int latents,
            long count,
            int codedValues,
            int importanceSamples,
            double nll,
            double nllStandardError,
            Split split,
            String data,
            Binarization binarization,
            String protocol,
            String units,
            String caution,
            String protocolNote,
            DataRecord trainedOn,
            long seed,
            String device,
            List<Double> klPerLatent,
            CodeUse codes,
            Codebook codebook,
            double discrepancy,
            Prior prior) {

        /** Latents that a line of text names. */
        private static final int MOST_LATENTS = 8;

        /** Whether the model has a KL term, and so an ELBO. */
        public boolean hasElbo() {
            return !Double.isNaN(kl);
        }

        /**
         * reconstruction + KL: the negative ELBO whatever beta the model was trained with; the reconstruction alone where there
         * is none.
         */
        public double loss() {
            return hasElbo() ? reconstruction + kl : reconstruction;
        }

        /** NLL where it was estimated, else the loss, in bits per value of a sample: a bound on what a code of it takes. */
        public double bitsPerDimension() {
            return (Double.isFinite(nll) ? nll : loss()) / (codedValues * Math.log(2));
        }

        /**
         * One object. Without importance samples {@code importance_samples} is 0 and {@code nll} and {@code
         * nll_standard_error} are null; {@code mmd}, {@code bits_per_dimension}, {@code prior}, {@code kl_estimate} and
         * {@code protocol_note} are there only where there are such.
         */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("loss", loss());
            json.addProperty("reconstruction", reconstruction);
            addFinite(json, "kl", kl);
            if (klPerLatent != null) {
                JsonArray latentwise = new JsonArray();
                klPerLatent.forEach(latentwise::add);
                json.add("kl_per_latent", latentwise);
            }
            if (prior.isLearned()) {
                json.addProperty("prior", prior.kind().label());
                json.addProperty("kl_estimate", "one draw per sample");
            }
            json.addProperty("active_units", activeUnits);
            if (codes != null) {
                json.addProperty("kl_of", "S log K, the same for every sample: a uniform prior over the codes");
                json.addProperty("commitment", codes.commitment());
                json.addProperty("perplexity", codes.perplexity());
                json.addProperty("codes_used", codes.used());
                json.addProperty("codes", codebook.codes());
                json.addProperty("slots", codebook.slots(latents));
            }
            if (Double.isFinite(discrepancy)) {
                json.addProperty("mmd", discrepancy);
            }
            json.addProperty("latents", latents);
            json.addProperty("count", count);
            json.addProperty("binarization", binarization.label());
            json.addProperty("importance_samples", importanceSamples);
            addFinite(json, "nll", nll);
            addFinite(json, "nll_standard_error", nllStandardError);
            if (codedValues > 0) {
                json.addProperty("bits_per_dimension", bitsPerDimension());
            }
            json.addProperty("split", split.toString());
            json.addProperty("data", data);
            json.addProperty("units", units);
            json.addProperty("protocol", protocol);
            json.addProperty("protocol_caution", caution);
            if (protocolNote != null) {
                json.addProperty("protocol_note", protocolNote);
            }
            json.add("trained_on", trainedOn.toJson());
            json.addProperty("seed", seed);
            json.addProperty("device", device);
            return json;
        }

        /** The latents with the most of it, in descending order. */
        private String mostKl() {
            String shown = IntStream.range(0, latents)
                    .boxed()
                    .sorted(Comparator.comparingDouble(d -> -klPerLatent.get(d)))
                    .limit(MOST_LATENTS)
                    .map(d -> String.format(Locale.ROOT, "%.3f (z%d)", klPerLatent.get(d), d))
                    .collect(Collectors.joining(" "));
            return latents > MOST_LATENTS ? shown + " ..." : shown;
        }

        private static void addFinite(JsonObject json, String key, double value) {
            if (Double.isFinite(value)) {
                json.addProperty(key, value);
            } else {
                json.add(key, JsonNull.INSTANCE);
            }
        }

        /** Lines for people, the protocol beside the numbers. */
        public String toText() {
            StringBuilder text = new StringBuilder();
            if (codes != null) {
                ofCodes(text);
            } else if (hasElbo()) {
                line(
                        text,
                        "loss",
                        "%.4f   reconstruction + KL, the negative ELBO with one draw of z per sample",
                        loss());
                line(text, "reconstruction", "%.4f", reconstruction);
                line(text, "KL", "%.4f   %d of %d latents active", kl, activeUnits, latents);
                if (klPerLatent != null) {
                    line(text, "KL per latent", "%s", mostKl());
                }
                if (prior.isLearned()) {
                    line(text, "prior", "%s; KL is log q(z|x) - log p(z) of one draw per sample", prior.describe());
                }
            } else {
                line(
                        text,
                        "reconstruction",
                        "%.4f   reconstruction only: codes without a posterior have no ELBO",
                        loss());
                line(text, "latents", "%d of %d active", activeUnits, latents);
            }
            if (Double.isFinite(discrepancy)) {
                line(
                        text,
                        "MMD",
                        "%.4f   squared, unweighted, between the codes of %d rows and the prior",
                        discrepancy,
                        Math.min(count, HeldOutDiscrepancy.ROWS));
            }
            if (importanceSamples > 0) {
                String error =
                        Double.isNaN(nllStandardError) ? "" : String.format(Locale.ROOT, " +- %.4f", nllStandardError);
                line(text, "NLL", "%.4f%s   importance-weighted, %d draws per sample", nll, error, importanceSamples);
            }
            if (codedValues > 0) {
                line(
                        text,
                        "bits/dim",
                        "%.4f   of the %s, over %d values",
                        bitsPerDimension(),
                        Double.isFinite(nll) ? "NLL" : "loss",
                        codedValues);
            }
            line(text, "units", "%s, mean over %d samples", units, count);
            line(text, "data", "%s (%s)", data, split);
            line(text, "trained on", "%s, %d samples", trainedOn.source(), trainedOn.count());
            line(text, "protocol", "%s; %s", protocol, caution);
            if (protocolNote != null) {
                line(text, "note", "%s", protocolNote);
            }
            line(text, "computed by", "%s, seed %d", device, seed);
            return text.toString();
        }

        private void ofCodes(StringBuilder text) {
            line(text, "loss", "%.4f   reconstruction + KL, the negative ELBO under a uniform prior", loss());
            line(text, "reconstruction", "%.4f", reconstruction);
            line(
                    text,
                    "KL",
                    "%.4f   %d log %d, whatever the sample: what its %d codes cost where all are alike",
                    kl,
                    codebook.slots(latents),
                    codebook.codes(),
                    codebook.slots(latents));
            line(text, "codes", "perplexity %.1f, %d of %d used", codes.perplexity(), codes.used(), codebook.codes());
            line(text, "commitment", "%.4f   beside the reconstruction in training", codes.commitment());
        }

        private static void line(StringBuilder text, String name, String format, Object... values) {
            text.append(String.format(Locale.ROOT, "%-15s ", name))
                    .append(String.format(Locale.ROOT, format, values))
                    .append('\n');
        }
    }

    private Evaluation() {}

    /**
     * Evaluates a model, reading the data once, and once more for importance samples.
     *
     * @param splitOrNull null for what the source is evaluated on
     * @param limit the first rows to use, 0 for all
     * @param importanceSamples K draws per sample for the log-likelihood, 0 for none
     * @param acceptProtocol evaluates even where the data are of another kind than the training's
     * @throws UserError when the data do not fit the model or its protocol
     * @throws Failure when a figure is not finite
     */
    public static Report run(
            Model model,
            Backend backend,
            DataSource source,
            Split splitOrNull,
            int limit,
            int importanceSamples,
            boolean acceptProtocol,
            Progress progress) {
        checkImportanceSamples(model, importanceSamples);
        Split split = Rows.split(source, splitOrNull);
        Binarization binarization = model.config().binarization();
        long seed = model.config().seed();
        long key = Evaluator.binarizationKey(binarization, split == Split.TRAIN, seed);
        Protocol training = Protocol.ofTraining(model);

        RowLabels labels = Rows.labels(model, source, split, limit);
        Evaluator.Result result;
        ValueKind kind;
        double[] latentwise;
        Consumer<ValueKind> early = found -> {
            // Wider than the training's values already: no further row can mend that.
            if (!acceptProtocol && found.compareTo(training.values()) > 0) {
                throw otherProtocol(training, found, source);
            }
        };
        try (WatchedReader reader = new WatchedReader(
                Rows.open(model, source, split, limit), importanceSamples > 0 ? Progress.SILENT : progress, early)) {
            Evaluator evaluator = new Evaluator(model.spec(), backend, model.values(), model.buffers());
            result = evaluator.evaluate(reader, labels, binarization, key, seed);
            latentwise = Measures.divergesByLatents(model) ? evaluator.klPerLatent() : null;
            kind = reader.kind();
        }
        requireFinite("loss", result.loss(1), source);
        Protocol evaluated = training.with(kind);
        if (!acceptProtocol && !training.covers(evaluated)) {
            throw otherProtocol(training, kind, source);
        }

        Supplier<SampleReader> rows = () -> Rows.open(model, source, split, limit);
        ImportanceSampler.Estimate nll = nll(model, backend, rows, labels, importanceSamples, key, progress);
        if (importanceSamples > 0) {
            requireFinite("importance-weighted NLL", nll.mean(), source);
        }
        return new Report(
                result.reconstruction(),
                kl(model.spec(), result),
                result.activeUnits(),
                model.spec().latents(),
                result.count(),
                codedValues(model),
                importanceSamples,
                nll.mean(),
                nll.standardError(),
                split,
                source.name(),
                binarization,
                evaluated.toString(),
                evaluated.units(),
                evaluated.caution(),
                note(training, evaluated),
                model.data(),
                seed,
                backend.description(),
                latentwise == null ? null : Arrays.stream(latentwise).boxed().toList(),
                result.codes(),
                model.spec().codebook(),
                discrepancy(model, backend, rows, labels, key),
                model.spec().prior());
    }

    /** The KL term; of codes, which training leaves out as a constant, S log K; NaN where there is none. */
    private static double kl(VaeSpec spec, Evaluator.Result result) {
        return switch (spec.posterior()) {
            case GAUSSIAN -> result.kl();
            case NONE -> Double.NaN;
            case VQ -> spec.slots() * Math.log(spec.codebook().codes());
        };
    }

    /**
     * The importance-weighted negative log-likelihood alone, of values as they are, by a model that is told no labels.
     *
     * @param draws K
     * @return nats per sample
     */
    public static double nll(Model model, Backend backend, Dataset data, int draws) {
        long seed = model.config().seed();
        try (SampleReader reader = data.open();
                ImportanceSampler sampler = new ImportanceSampler(model, backend, draws)) {
            return sampler.estimate(reader, RowLabels.NONE, Binarization.NONE, 0, seed, Progress.SILENT)
                    .mean();
        }
    }

    private static ImportanceSampler.Estimate nll(
            Model model,
            Backend backend,
            Supplier<SampleReader> rows,
            RowLabels labels,
            int draws,
            long key,
            Progress progress) {
        if (draws == 0) {
            return new ImportanceSampler.Estimate(Double.NaN, Double.NaN);
        }
        try (SampleReader reader = rows.get();
                ImportanceSampler sampler = new ImportanceSampler(model, backend, draws)) {
            return sampler.estimate(
                    reader,
                    labels,
                    model.config().binarization(),
                    key,
                    model.config().seed(),
                    progress);
        }
    }

    private static double discrepancy(
            Model model, Backend backend, Supplier<SampleReader> rows, RowLabels labels, long key) {
        if (model.config().discrepancy() == 0) {
            return Double.NaN;
        }
        try (SampleReader reader = rows.get()) {
            return HeldOutDiscrepancy.of(model, backend, reader, labels, key);
        }
    }

    private static int codedValues(Model model) {
        return model.config().likelihood().isDiscrete()
                ? Math.toIntExact(model.spec().sample().count())
                : 0;
    }

    private static String note(Protocol training, Protocol evaluated) {
        return training.covers(evaluated)
                ? null
                : "trained on " + training.input() + "; do not compare with its figures";
    }

    private static void checkImportanceSamples(Model model, int importanceSamples) {
        if (importanceSamples < 0) {
            throw new UserError("--importance: must be at least 0, got " + importanceSamples);
        }
        if (importanceSamples > 0 && !model.spec().posterior().hasDivergence()) {
            throw new UserError("--importance: the model has no posterior to draw from (--posterior "
                    + model.spec().posterior().label() + "), and so no log-likelihood; leave the option out");
        }
        if (importanceSamples > 0 && !model.config().likelihood().isDensity()) {
            throw new UserError("--importance: the model's likelihood is "
                    + model.config().likelihood().label()
                    + ", which is not a density and has no log-likelihood; leave the"
                    + " option out, or train with --likelihood gaussian");
        }
    }

    private static UserError otherProtocol(Protocol training, ValueKind kind, DataSource source) {
        return new UserError(source.name() + ": has " + training.with(kind).input() + ", the model was trained on "
                + training.input()
                + ", and figures of the two cannot be compared; evaluate on data of that kind, or add"
                + " --accept-protocol to evaluate all the same");
    }

    private static void requireFinite(String name, double value, DataSource source) {
        if (!Double.isFinite(value)) {
            throw new Failure("the " + name + " over " + source.name() + " is " + value
                    + ": the model overflows on these data; are they scaled like the training data?");
        }
    }
}
