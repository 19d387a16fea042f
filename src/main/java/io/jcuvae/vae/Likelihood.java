package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Locale;
import java.util.function.DoubleSupplier;

/** What the decoder's output says about the data, and so what the reconstruction term is. */
public enum Likelihood {
    /** Cross-entropy of values in [0, 1] under sigmoid(output), computed from the logits. */
    BERNOULLI,
    /** Plain sum of squared errors, as introductory texts have it; not a density. */
    MSE,
    /** Normal with unit variance: half of the squared error plus D log(2 pi) / 2. */
    GAUSSIAN,
    /** Normal with one variance for all outputs that is learned along (Rybkin et al. 2021). */
    GAUSSIAN_LEARNED;

    private static final String LOGVAR = "likelihood.logvar";

    /** Where data that do not vary begin: a tenth of a grey level, squared. */
    private static final double LEAST_VARIANCE = 1.5e-7;

    /** The name in options and files: lower case with hyphens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether the data must lie in [0, 1]. */
    public boolean needsUnitData() {
        return this == BERNOULLI;
    }

    /** Whether its rows are log densities, so that importance weights can be made of them. */
    public boolean isDensity() {
        return this != MSE;
    }

    /** What its rows are counted in. */
    public String unit() {
        return isDensity() ? "nats" : "squared error";
    }

    void declare(ParameterLayout layout) {
        if (this == GAUSSIAN_LEARNED) {
            layout.zero(LOGVAR, Shape.of(1));
        }
    }

    /**
     * Sets the parameters of its own where a model begins: a learned variance is that of the data. Adam moves its logarithm by
     * about the learning rate in a step, so that the way from 1 to the variance of pictures would take thousands of steps, in
     * which the reconstruction counts for little.
     *
     * @param layout of the model
     * @param values of the whole block
     * @param variance of the data about their means
     */
    public void start(ParameterLayout layout, float[] values, DoubleSupplier variance) {
        if (this == GAUSSIAN_LEARNED) {
            int place = Math.toIntExact(layout.entry(LOGVAR).offset());
            values[place] = (float) Math.log(Math.max(variance.getAsDouble(), LEAST_VARIANCE));
        }
    }

    Term bind(Binding binding, Tensor output, Tensor doutput, Tensor x) {
        return new Term(this, binding, output, doutput, x);
    }

    /** The reconstruction term of one batch. */
    static final class Term {
        private final Likelihood likelihood;
        private final Ops ops;
        private final Tensor output;
        private final Tensor doutput;
        private final Tensor x;
        private final Tensor rows;
        private final Tensor weights;
        private final Tensor logvar;
        private final Tensor dlogvar;

        private Term(Likelihood likelihood, Binding binding, Tensor output, Tensor doutput, Tensor x) {
            this.likelihood = likelihood;
            this.ops = binding.ops();
            this.output = output;
            this.doutput = doutput;
            this.x = x;
            rows = binding.arena().tensor("reconstruction", Shape.of(binding.rows()));
            weights = binding.arena().tensor("reconstruction.weights", Shape.of(binding.rows()));
            boolean learned = likelihood == GAUSSIAN_LEARNED;
            // A fixed unit variance is a log variance that stays at the arena's zero.
            logvar = switch (likelihood) {
                case GAUSSIAN_LEARNED -> binding.values().get(LOGVAR);
                case GAUSSIAN -> binding.arena().tensor("unit.logvar", Shape.of(1));
                default -> null;
            };
            dlogvar = learned && binding.training() ? binding.gradients().get(LOGVAR) : null;
        }

        /** [B]: negative log-likelihood, nats. */
        Tensor rows() {
            return rows;
        }

        /** [B]: weight of each row in the objective, set before the backward pass. */
        Tensor weights() {
            return weights;
        }

        void forward() {
            switch (likelihood) {
                case BERNOULLI -> ops.bernoulliRows(rows, output, x);
                case MSE -> ops.squaredErrorRows(rows, output, x);
                case GAUSSIAN, GAUSSIAN_LEARNED -> ops.gaussianRows(rows, output, x, logvar);
            }
        }

        /** The rows and the gradient of the output; the weights must be known before. */
        void forwardAndBackward() {
            switch (likelihood) {
                case BERNOULLI -> ops.bernoulli(rows, doutput, output, x, weights);
                case MSE -> {
                    ops.squaredErrorRows(rows, output, x);
                    ops.squaredErrorBackward(doutput, output, x, weights);
                }
                case GAUSSIAN, GAUSSIAN_LEARNED -> {
                    ops.gaussianRows(rows, output, x, logvar);
                    ops.gaussianBackward(doutput, dlogvar, output, x, logvar, weights);
                }
            }
        }

        /** The expected data, in place of the output. */
        void mean() {
            if (likelihood == BERNOULLI) {
                ops.activate(output, output, Activation.SIGMOID);
            }
        }
    }
}
