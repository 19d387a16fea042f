package io.jcuvae.train;

import io.jcuvae.data.PictureOptions;
import io.jcuvae.nn.Initialisation;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Codebook;
import io.jcuvae.vae.Estimator;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.Prior;
import io.jcuvae.vae.Reduction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Everything that can be set about a training run: the one table behind the command line's options, the keys of a
 * configuration file and {@link TrainConfig}. Defaults are in the presets.
 */
// Long because it is one table: a row for each setting.
public enum Setting {
    // Long because every option has its words here.

    /** What to train on. */
    DATA(
            "SRC",
            "what to train on: mnist-sample (built in), mnist or fashion-mnist (downloaded once), moons[:N], a folder or zip of"
                    + " pictures, a folder of IDX files, a file, or - for a table on standard input",
            Setting::text),
    /** What the columns of the data are. */
    SCHEMA(
            "FILE",
            "what the columns of a table are, as JSON (docs/tables.md; 'schema --data FILE.csv' proposes one); each has a"
                    + " likelihood of its own",
            Setting::text),
    /** Which columns are features. */
    COLUMNS(
            "NAME,...",
            "of a table with names (.csv, .parquet): the columns to take, in this order; 'all' takes every one but the label",
            Setting::text),
    /** Which column holds the labels. */
    LABEL_COLUMN(
            "NAME",
            "of a table with names: the column of labels, whole numbers; 'auto' is label or y, if there is one",
            Setting::text),
    /** Passes over the data. */
    EPOCHS("N", "passes over the data", t -> integer(t, 1, 1_000_000)),
    /** How long the run may take. */
    BUDGET(
            "TIME",
            "as many of the --epochs as fit into a time, as in 90s, 10m or 2h, found from the pace of the first steps;"
                    + " schedules are shortened with them",
            Budget::parse),
    /** Rows of a step. */
    BATCH("N", "samples per step", t -> integer(t, 1, 1_000_000)),
    /** Adam's step size. */
    LR("RATE", "learning rate of Adam", t -> real(t, 0, 10, false)),
    /** Size of z. */
    LATENT("N", "size of the latent code", t -> integer(t, 1, 100_000)),
    /** Size of a second stochastic layer. */
    UPPER_LATENT(
            "N",
            "size of a second stochastic layer u above the latent code z, which then has the prior p(z | u); 0 for none",
            t -> integer(t, 0, 100_000)),
    /** Widths of the layers between the two. */
    UPPER_HIDDEN(
            "W,W,...",
            "with --upper-latent: widths of the layers from z to u, mirrored from u to z; 'none' for no layer",
            Setting::widths),
    /** Widths of the encoder's layers; the decoder mirrors them. */
    HIDDEN("W,W,...", "widths of the encoder's layers, mirrored in the decoder; 'none' for no layer", Setting::widths),
    /** Nonlinearity of the hidden layers. */
    ACTIVATION(
            "NAME",
            "activation of the hidden layers",
            choice(Arrays.copyOfRange(Activation.values(), 1, Activation.values().length), Activation::label)),
    /** The encoder's layers one by one. */
    ENCODER(
            "JSON",
            "layers from a sample to the heads for mu and logvar, as JSON (docs/models.md); mlp: by --hidden",
            Stack::encoder),
    /** The decoder's layers one by one. */
    DECODER(
            "JSON",
            "layers from the latent code to a sample, as JSON (docs/models.md); mlp: by --hidden, mirrored",
            Stack::decoder),
    /** What encoder and decoder are told beside. */
    CONDITION(
            "NAME",
            "what encoder and decoder are told beside the sample and the code: nothing, or the sample's label one-hot, so"
                    + " that samples of a class can be asked for",
            choice(new String[] {"none", "labels"}, text -> text)),
    /** What the decoder's output says about the data. */
    LIKELIHOOD(
            "NAME",
            "reconstruction term; mse is the plain sum of squared errors, gaussian half of that plus a constant"
                    + " (unit variance), gaussian-learned and laplace learn one scale, table one for each"
                    + " column, gaussian-per-value and"
                    + " discretized-logistic one for each value (docs/likelihoods.md)",
            choice(Likelihood.values(), Likelihood::label)),
    /** Levels of a categorical likelihood. */
    LEVELS(
            "N",
            "categorical: grey levels, to the nearest of which values in [0, 1] are rounded",
            t -> integer(t, 2, 256)),
    /** Whether values are standardised. */
    STANDARDIZE(
            "[true|false]",
            "take every value less its mean over the training rows, in their deviations; results are in the data's units",
            Setting::flag),
    /** What the encoder says about z. */
    POSTERIOR(
            "NAME",
            "what the encoder says about z: a distribution that it is drawn from, or its value (a plain autoencoder)",
            choice(Posterior.values(), Posterior::label)),
    /** The vectors of a codebook. */
    CODES(
            "K",
            "vq: vectors in the codebook, of which each slot of a code becomes the nearest",
            t -> integer(t, 1, Codebook.MOST_CODES)),
    /** The values of a slot. */
    CODE_SIZE("E", "vq: values of a slot; a code has --latent / E of them", t -> integer(t, 1, 100_000)),
    /** The weight of the commitment term. */
    COMMITMENT(
            "X",
            "vq: adds X times the squared distance between what the encoder says and its codes",
            t -> real(t, 0, 1e6, true)),
    /** The decay of the moving averages that the codebook follows. */
    CODE_DECAY("X", "vq: decay of the moving averages that the codebook follows", t -> below(t, 1)),
    /** Below which use a code is revived. */
    CODE_REVIVAL(
            "X",
            "vq: a code used less than X times the mean is put onto an encoder output, 0 for none but the unused",
            t -> below(t, 1)),
    /** What codes are held against. */
    PRIOR(
            "NAME",
            "what codes are held against: the standard normal, or, learned, a mixture of normals (gmm) or the posteriors of"
                    + " pseudo-inputs (vamp)",
            choice(Prior.Kind.values(), Prior.Kind::label)),
    /** Components of a learned prior. */
    COMPONENTS(
            "N",
            "gmm and vamp: normals or pseudo-inputs, 0 for " + Prior.Kind.GMM.usual() + " and "
                    + Prior.Kind.VAMP.usual(),
            t -> integer(t, 0, 100_000)),
    /** What is minimised. */
    ESTIMATOR(
            "NAME",
            "what is minimised: the negative ELBO, or the importance-weighted bound of --draws codes per sample; dreg is the"
                    + " same with doubly reparameterised gradients",
            choice(Estimator.values(), Estimator::label)),
    /** Weight of the total correlation. */
    TC(
            "X",
            "adds X times the total correlation of a batch's codes, beta - 1 of beta-TC-VAE, 0 for none",
            t -> real(t, 0, 1e6, true)),
    /** Weight of the discrepancy between codes and prior. */
    MMD(
            "X",
            "adds X times the squared maximum mean discrepancy between a batch's codes and the prior (WAE-MMD), 0 for none",
            t -> real(t, 0, 1e9, true)),
    /** Codes of each sample. */
    DRAWS("K", "iwae and dreg: codes drawn of each sample", t -> integer(t, 1, 10_000)),
    /** How the training loss adds up over the batch. */
    REDUCTION(
            "NAME",
            "how the training loss adds up over the batch; reports are per sample",
            choice(Reduction.values(), Reduction::label)),
    /** Weight of the KL term. */
    BETA("X", "weight of the KL term", t -> real(t, 0, 1e6, true)),
    /** Whether values in [0, 1] are drawn to 0 or 1. */
    BINARIZE(
            "NAME",
            "draw values in [0, 1] to 0 or 1: once (static) or anew in every epoch (dynamic)",
            choice(Binarization.values(), Binarization::label)),
    /** How the learning rate changes. */
    LR_SCHEDULE("NAME", "learning rate after the warm-up", choice(Schedule.Rate.values(), Schedule.Rate::label)),
    /** How long the learning rate takes to grow. */
    WARMUP(
            "LENGTH",
            "the learning rate grows from nothing to --lr over so many epochs, or steps as in 500steps",
            Stretch::parse),
    /** The period of the learning rate's schedule. */
    LR_EVERY(
            "LENGTH",
            "step and exponential: the learning rate is multiplied by --lr-factor over each such length",
            Stretch::parse),
    /** When the learning rate is multiplied. */
    LR_AT(
            "LENGTH,...",
            "milestones: after each of these lengths the learning rate is multiplied by --lr-factor",
            Setting::lengths),
    /** What the learning rate is multiplied by. */
    LR_FACTOR("X", "step, exponential, milestones and plateau: factor of the learning rate", t -> real(t, 0, 1, false)),
    /** Epochs without improvement before the learning rate falls. */
    LR_PATIENCE(
            "N",
            "plateau: epochs without improvement of --metric that are let pass before the learning rate falls",
            t -> integer(t, 0, 1_000_000)),
    /** The least learning rate. */
    LR_FINAL("RATE", "where cosine and stages end, and the least rate of the others", t -> real(t, 0, 10, true)),
    /** Decay of Adam's first moment. */
    ADAM_BETA1("X", "Adam: decay of the first moment", t -> below(t, 1)),
    /** Decay of Adam's second moment. */
    ADAM_BETA2("X", "Adam: decay of the second moment", t -> below(t, 1)),
    /** What is added to the root of Adam's second moment. */
    ADAM_EPSILON("X", "Adam: added to the root of the second moment", t -> real(t, 0, 1, false)),
    /** Where Adam's second moment begins. */
    ADAM_SECOND(
            "X", "Adam: where the second moment begins; above 0 the first steps are small", t -> real(t, 0, 1e6, true)),
    /** AdamW's decay. */
    WEIGHT_DECAY("X", "AdamW: each step shrinks what --decayed names by rate times X", t -> real(t, 0, 100, true)),
    /** What weight decay acts on. */
    DECAYED(
            "NAME",
            "what --weight-decay acts on: the weights of layers but no bias, norm or variance, or all as in PyTorch",
            choice(Decayed.values(), Decayed::label)),
    /** The largest norm of the gradients. */
    CLIP("NORM", "scales gradients down to this norm over all parameters, 0 for none", t -> real(t, 0, 1e9, true)),
    /** How beta begins. */
    ANNEAL(
            "NAME",
            "beta grows to its value: linearly, or several times over",
            choice(Schedule.Annealing.values(), Schedule.Annealing::label)),
    /** How long annealing takes. */
    ANNEAL_OVER(
            "LENGTH",
            "epochs, or steps as in 500steps, that --anneal takes; 0 with cyclical: the whole run",
            Stretch::parse),
    /** Cycles of annealing. */
    ANNEAL_CYCLES("N", "cyclical: how often beta grows", t -> integer(t, 1, 100_000)),
    /** Share of a cycle in which beta grows. */
    ANNEAL_RISE("X", "cyclical: share of a cycle in which beta grows", t -> real(t, 0, 1, false)),
    /** The floor under each latent's divergence. */
    FREE_BITS(
            "NATS",
            "the KL term of a latent counts as at least this much, averaged over the batch, 0 for none",
            t -> real(t, 0, 1e6, true)),
    /** What the divergence is drawn to. */
    CAPACITY("NATS", "the KL term becomes beta |KL - NATS|, 0 for none", t -> real(t, 0, 1e6, true)),
    /** How long the capacity grows. */
    CAPACITY_OVER("LENGTH", "epochs, or steps as in 500steps, over which --capacity grows from 0", Stretch::parse),
    /** Batches of a step. */
    ACCUMULATE(
            "N",
            "batches per step: gradients of N batches are added up before the parameters move",
            t -> integer(t, 1, 1_000_000)),
    /** When the order of the samples is drawn. */
    SHUFFLE(
            "WHEN",
            "the order of the training samples is drawn anew in every epoch, or never: that of the data",
            choice(new String[] {"epoch", "never"}, text -> text)),
    /** Decay of the moving average of the parameters. */
    EMA(
            "DECAY",
            "evaluates and saves a moving average of the parameters with this decay, as in 0.999, 0 for none",
            t -> below(t, 1)),
    /** Training rows held out for decisions. */
    VALIDATION(
            "PART",
            "training rows held out for --metric, a share as in 0.1, a number of rows, or last:400 for the last ones; 0: the"
                    + " data's own validation rows serve, else the held-out rows",
            Holdout::parse),
    /** The figure that decides. */
    METRIC("NAME", "held-out figure by which epochs are compared", choice(Metric.values(), Metric::label)),
    /** Epochs without improvement before the run ends. */
    PATIENCE(
            "N",
            "ends the run after N epochs without improvement of --metric, 0 for never",
            t -> integer(t, 0, 1_000_000)),
    /** What counts as an improvement. */
    MIN_DELTA("X", "how much --metric must fall to count as improved", t -> real(t, 0, 1e9, true)),
    /** Which checkpoints stay. */
    KEEP(
            "WHICH",
            "checkpoints that stay: last, best,last, or a number for those of the last epochs, as in best,3",
            Keep::parse),
    /** How parameters start. */
    INIT(
            "NAME",
            "initial parameters: PyTorch's default, He or Glorot",
            choice(Initialisation.values(), Initialisation::label)),
    /** Where the output starts. */
    INIT_OUTPUT(
            "NAME",
            "the bias of the decoder's last layer: as --init says, or such that it gives the mean of the training data",
            choice(new String[] {"layer", "data-mean"}, text -> text)),
    /** Machines that train together. */
    WORKERS(
            "N",
            "on a cluster (docs/cluster.md): so many workers train on their own part of the rows, each on its device, and"
                    + " average",
            t -> integer(t, 1, 10_000)),
    /** Steps between averages. */
    ROUND_STEPS(
            "K",
            "on a cluster: steps that each worker makes between two averages; an epoch ends with one",
            t -> integer(t, 1, 1_000_000)),
    /** Start of all random sequences. */
    SEED("N", "start of all random sequences", Setting::wholeNumber),
    /** First rows of the data to use. */
    LIMIT("N", "use the first N training samples, 0 for all", t -> integer(t, 0, Integer.MAX_VALUE)),
    /** Processor threads. */
    THREADS("N", "processor threads, 0 for all; results do not depend on it", t -> integer(t, 0, 1024)),
    /** What computes. */
    DEVICE("NAME", "auto (cuda where one works, else cpu), cpu, or cuda[:i]", Setting::device),
    /** How matrix products on a CUDA device treat their factors. */
    PRECISION(
            "NAME",
            "matrix products on cuda: in single precision, or faster with rounded factors",
            choice(Precision.values(), Precision::label)),
    /** Who draws the noise on a CUDA device. */
    NOISE(
            "NAME",
            "who draws the noise on cuda: cuRAND, or our own kernel; the sequence is the same, there and on the cpu",
            choice(new String[] {"curand", "philox"}, text -> text)),
    /** Where TensorBoard finds the run. */
    TENSORBOARD(
            "DIR",
            "writes the figures of each epoch for TensorBoard: on, into the folder of the run; into another folder; or off",
            EventLog::parse),
    /** Extents of pictures. */
    SIZE(
            "HxW",
            "crop pictures around the centre and resize them to this height and width; auto takes them as they are,"
                    + " if they are all the same",
            PictureOptions::parseSize),
    /** Whether pictures lose their colours. */
    GREY("[true|false]", "take pictures in grey; without it, grey where all of them are", Setting::flag),
    /** Whether pictures that cannot be read are left out. */
    SKIP_BAD("[true|false]", "leave out pictures that cannot be read, instead of stopping", Setting::flag);

    private final String argument;
    private final String help;
    private final Function<String, Object> parser;

    Setting(String argument, String help, Function<String, Object> parser) {
        this.argument = argument;
        this.help = help;
        this.parser = parser;
    }

    /** The option's name without hyphens, which is also the key in files. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether it is true or false, so that on the command line its name alone sets it. */
    public boolean isFlag() {
        return argument.startsWith("[");
    }

    /** Placeholder of the value in help texts. */
    public String argument() {
        return argument;
    }

    /** One line of help, without the default. */
    public String help() {
        return parser instanceof Choice ? help + ": " + parser : help;
    }

    /** The values there are, in the order of the help; empty where they cannot be listed. */
    public List<String> choices() {
        return parser instanceof Choice<?> choice ? choice.names() : List.of();
    }

    /** The setting of that key. */
    public static Optional<Setting> find(String key) {
        return Arrays.stream(values()).filter(s -> s.key().equals(key)).findFirst();
    }

    /**
     * Reads a value.
     *
     * @param text as on the command line
     * @param where what to name in an error, as in {@code --batch}
     * @throws UserError naming the option, what was found and what is accepted
     */
    public Object parse(String text, String where) {
        if (text.indexOf(0) >= 0) {
            // Files may say it. No name of a file may have it, and no other value does.
            throw new UserError(where + ": has a character 0 in it; take it out");
        }
        try {
            return parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            // A stack's error quotes the layer at fault; the whole of it would bury that.
            boolean quoted = this == ENCODER || this == DECODER;
            throw new UserError(where + ": " + e.getMessage() + (quoted ? "" : ", got '" + text + "'"));
        }
    }

    private static Object text(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("must not be empty");
        }
        return text;
    }

    private static Object flag(String text) {
        if (text.equals("true") || text.equals("false")) {
            return Boolean.valueOf(text);
        }
        throw new IllegalArgumentException("must be true or false, or its name alone");
    }

    private static Object integer(String text, int least, int most) {
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("must be a whole number from " + least + " to " + most);
    }

    private static Object wholeNumber(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be a whole number");
        }
    }

    private static Object real(String text, double above, double most, boolean orEqual) {
        try {
            double value = Double.parseDouble(text);
            if ((value > above || (orEqual && value == above)) && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException(
                "must be a number " + (orEqual ? "from " : "above ") + (int) above + " to " + (int) most);
    }

    private static Object below(String text, double end) {
        try {
            double value = Double.parseDouble(text);
            if (value >= 0 && value < end) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("must be a number from 0 to below " + (int) end);
    }

    private static Object widths(String text) {
        List<Integer> widths = new ArrayList<>();
        if (!text.equals("none")) {
            for (String part : text.split(",", -1)) {
                try {
                    widths.add((Integer) integer(part.strip(), 1, 1_000_000));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "must be widths from 1 to 1000000 separated by commas, as in 400,200, or none");
                }
            }
        }
        return List.copyOf(widths);
    }

    private static Object lengths(String text) {
        List<Stretch> lengths = new ArrayList<>();
        if (!text.equals("none")) {
            for (String part : text.split(",", -1)) {
                try {
                    lengths.add(Stretch.parse(part.strip()));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "must be lengths separated by commas, as in 200,350 (epochs) or 500steps, or none");
                }
            }
        }
        return List.copyOf(lengths);
    }

    private static Object device(String text) {
        if (text.matches("auto|cpu|cuda(:\\d{1,3})?")) {
            return text;
        }
        throw new IllegalArgumentException("must be auto, cpu, cuda or cuda:NUMBER");
    }

    private static <T> Function<String, Object> choice(T[] values, Function<T, String> label) {
        return new Choice<>(List.of(values), label);
    }

    private record Choice<T>(List<T> values, Function<T, String> label) implements Function<String, Object> {
        private static final int LONGEST_NAMES = 55;

        @Override
        public Object apply(String text) {
            for (T value : values) {
                if (label.apply(value).equals(text)) {
                    return value;
                }
            }
            throw new IllegalArgumentException("must be one of " + this);
        }

        List<String> names() {
            return values.stream().map(label).toList();
        }

        @Override
        public String toString() {
            String names = String.join("|", names());
            // A line of the help can only be broken at a space.
            return names.length() > LONGEST_NAMES ? names.replace("|", " | ") : names;
        }
    }
}
