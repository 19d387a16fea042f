package io.jcuvae.train;

import io.jcuvae.nn.Initialisation;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.Reduction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Everything that can be set about a training run: the one table behind the command line's options, the keys of a
 * configuration file and {@link TrainConfig}. Defaults are in the presets.
 */
public enum Setting {
    /** What to train on. */
    DATA("SRC", "what to train on: mnist-sample, moons[:N], a folder of IDX files, or a file", Setting::text),
    /** Passes over the data. */
    EPOCHS("N", "passes over the data", t -> integer(t, 1, 1_000_000)),
    /** Rows of a step. */
    BATCH("N", "samples per step", t -> integer(t, 1, 1_000_000)),
    /** Adam's step size. */
    LR("RATE", "learning rate of Adam", t -> real(t, 0, 10, false)),
    /** Size of z. */
    LATENT("N", "size of the latent code", t -> integer(t, 1, 100_000)),
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
    /** What the decoder's output says about the data. */
    LIKELIHOOD(
            "NAME",
            "reconstruction term; mse is the plain sum of squared errors, gaussian half of that plus a constant"
                    + " (unit variance), gaussian-learned learns one variance",
            choice(Likelihood.values(), Likelihood::label)),
    /** How the training loss adds up over the batch. */
    REDUCTION(
            "NAME",
            "how the training loss adds up over the batch; reports are per sample",
            choice(Reduction.values(), Reduction::label)),
    /** Weight of the KL term. */
    BETA("X", "weight of the KL term", t -> real(t, 0, 1e6, true)),
    /** Whether grey pixels are drawn black or white. */
    BINARIZE(
            "NAME",
            "draw grey values to 0 or 1: once (static) or anew in every epoch (dynamic)",
            choice(Binarization.values(), Binarization::label)),
    /** How parameters start. */
    INIT(
            "NAME",
            "initial parameters: PyTorch's default, He or Glorot",
            choice(Initialisation.values(), Initialisation::label)),
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
            choice(new String[] {"curand", "philox"}, text -> text));

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
        return name().toLowerCase(Locale.ROOT);
    }

    /** Placeholder of the value in help texts. */
    public String argument() {
        return argument;
    }

    /** One line of help, without the default. */
    public String help() {
        return parser instanceof Choice ? help + ": " + parser : help;
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
        @Override
        public Object apply(String text) {
            for (T value : values) {
                if (label.apply(value).equals(text)) {
                    return value;
                }
            }
            throw new IllegalArgumentException("must be one of " + this);
        }

        @Override
        public String toString() {
            return values.stream().map(label).collect(Collectors.joining("|"));
        }
    }
}
