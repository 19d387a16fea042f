package io.jcuvae.vae;

import io.jcuvae.nn.DropoutSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.ResidualSpec;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;

/**
 * What codes are held against: p(z).
 *
 * @param kind its family
 * @param components N of a learned one; 0 for the standard normal
 */
public record Prior(Kind kind, int components) {
    /** The family of a prior. */
    public enum Kind {
        /** The standard normal, which has no parameters. */
        NORMAL(0),
        /** A mixture of diagonal normals whose weights, means and variances are learned. */
        GMM(10),
        /** The mean of the posteriors of learned pseudo-inputs (Tomczak, Welling 2018). */
        VAMP(100);

        private final int usual;

        Kind(int usual) {
            this.usual = usual;
        }

        /** Components where no number is asked for. */
        public int usual() {
            return usual;
        }

        /** The name in options and files: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The standard normal. */
    public static final Prior NORMAL = new Prior(Kind.NORMAL, 0);

    /** [N, Z]: means of a mixture. */
    public static final String MEANS = "prior.means";
    /** [N, Z]: its log variances. */
    public static final String LOGVARS = "prior.logvars";
    /** [N]: its weights before their softmax. */
    public static final String LOGITS = "prior.logits";
    /** [N, D]: pseudo-inputs. */
    public static final String INPUTS = "prior.inputs";

    /** How far pseudo-inputs begin from training rows, as a share of the data's standard deviation. */
    private static final double NEARNESS = 0.01;

    /** Checks the number. */
    public Prior {
        if (kind == Kind.NORMAL ? components != 0 : components < 1) {
            throw new IllegalArgumentException("prior " + kind.label() + " with " + components + " components");
        }
    }

    /** Whether it has parameters, so that its divergence is an estimate from draws and no closed form. */
    public boolean isLearned() {
        return kind != Kind.NORMAL;
    }

    /** Whether its components are what the encoder says of pseudo-inputs. */
    public boolean encodes() {
        return kind == Kind.VAMP;
    }

    /** As in {@code vamp of 100 components}. */
    public String describe() {
        return isLearned()
                ? kind.label() + " of " + components + (components == 1 ? " component" : " components")
                : kind.label();
    }

    /** Refuses what its pseudo-inputs cannot go through as samples do. */
    void check(List<LayerSpec> encoder, Shape encoderInput, Condition condition, Posterior posterior) {
        if (isLearned() && posterior != Posterior.GAUSSIAN) {
            throw new IllegalArgumentException("--prior " + kind.label() + ": needs --posterior gaussian, got "
                    + posterior.label() + "; leave one of the two out");
        }
        if (!encodes()) {
            return;
        }
        if (condition.given()) {
            throw new IllegalArgumentException("--prior vamp: its pseudo-inputs have no labels, so it does not go with"
                    + " --condition labels; take --prior gmm, or leave one of the two out");
        }
        ParameterLayout layout = new ParameterLayout();
        Sequential.declare(layout, encoder, "enc", encoderInput);
        boolean keeps = !layout.buffers().entries().isEmpty();
        if (keeps || drops(encoder)) {
            throw new IllegalArgumentException("--prior vamp: its pseudo-inputs would "
                    + (keeps
                            ? "count in the statistics of the encoder's batch_norm"
                            : "be thinned by the encoder's dropout")
                    + "; take layer_norm or no such layer in the encoder, or --prior gmm");
        }
    }

    private static boolean drops(List<LayerSpec> layers) {
        return layers.stream()
                .anyMatch(layer -> layer instanceof DropoutSpec
                        || (layer instanceof ResidualSpec residual
                                && (drops(residual.block()) || drops(residual.shortcut()))));
    }

    /**
     * Adds its parameters.
     *
     * @param values D, of a sample
     */
    void declare(ParameterLayout layout, int latents, long values) {
        switch (kind) {
            case GMM -> {
                layout.zero(MEANS, Shape.of(components, latents));
                layout.constant(LOGVARS, Shape.of(components, latents), (float) -Math.log(2));
                layout.zero(LOGITS, Shape.of(components));
            }
            case VAMP -> layout.zero(INPUTS, Shape.of(components, Math.toIntExact(values)));
            case NORMAL -> {}
        }
    }

    /**
     * Sets its parameters where a model begins. A mixture has equal weights, means drawn from N(0, 1/2) and variances of 1/2,
     * so that mean and variance of the whole are those of a standard normal. Pseudo-input k is training row k count / N,
     * rounded down, with noise of a hundredth of the data's standard deviation.
     *
     * @param layout of the model
     * @param values of the whole block
     * @param unit whether samples lie in [0, 1], and so pseudo-inputs
     * @param seed of the run
     * @param count training rows
     * @param rows [D]: a training row
     * @param variance of the data about their means
     */
    public void start(
            ParameterLayout layout,
            float[] values,
            boolean unit,
            long seed,
            int count,
            IntFunction<float[]> rows,
            DoubleSupplier variance) {
        if (!isLearned()) {
            return;
        }
        ParameterLayout.Entry entry = layout.entry(kind == Kind.GMM ? MEANS : INPUTS);
        int from = Math.toIntExact(entry.offset());
        int all = Math.toIntExact(entry.shape().count());
        Philox.fillNormal(values, from, all, Stream.INITIALISATION.key(seed), from);
        if (kind == Kind.GMM) {
            for (int i = from; i < from + all; i++) {
                values[i] = (float) (Math.sqrt(0.5) * values[i]);
            }
            return;
        }
        int width = all / components;
        double scale = NEARNESS * Math.sqrt(variance.getAsDouble());
        for (int k = 0; k < components; k++) {
            float[] row = rows.apply((int) ((long) k * count / components));
            for (int i = 0; i < width; i++) {
                int at = from + k * width + i;
                double value = row[i] + scale * values[at];
                values[at] = (float) (unit ? Math.min(1, Math.max(0, value)) : value);
            }
        }
    }
}
