package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleSupplier;

/** What the decoder's output says about the data, and so what the reconstruction term is: docs/likelihoods.md. */
public enum Likelihood {
    /** Cross-entropy of values in [0, 1] under sigmoid(output), computed from the logits. */
    BERNOULLI,
    /** Plain sum of squared errors, as introductory texts have it; not a density. */
    MSE,
    /** Normal with unit variance: half of the squared error plus D log(2 pi) / 2. */
    GAUSSIAN,
    /** Normal with one variance for all outputs that is learned along (Rybkin et al. 2021). */
    GAUSSIAN_LEARNED,
    /** Values in [0, 1] under {@link Density#CONTINUOUS_BERNOULLI}. */
    CONTINUOUS_BERNOULLI(Density.CONTINUOUS_BERNOULLI),
    /** Normal with a mean and a variance for each value, both from the decoder: {@link Density#GAUSSIAN}. */
    GAUSSIAN_PER_VALUE(Density.GAUSSIAN),
    /** Laplace with one scale for all outputs that is learned along. */
    LAPLACE,
    /** A mean and a scale for each value, of 256 levels: {@link Density#DISCRETIZED_LOGISTIC}. */
    DISCRETIZED_LOGISTIC(Density.DISCRETIZED_LOGISTIC),
    /** A probability for each level of each value: {@link Density#CATEGORICAL}. */
    CATEGORICAL(Density.CATEGORICAL),
    /** Of each column of a table its own: {@link io.jcuvae.tensor.TableOps}. */
    TABLE;

    private static final String LOGVAR = "likelihood.logvar";
    private static final String LOGSCALE = "likelihood.logscale";

    /** Where data that do not vary begin: a tenth of a grey level, squared. */
    private static final double LEAST_VARIANCE = 1.5e-7;

    private final Density density;

    Likelihood() {
        this(null);
    }

    Likelihood(Density density) {
        this.density = density;
    }

    /** The name in options and files: lower case with hyphens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether the data must lie in [0, 1]. */
    public boolean needsUnitData() {
        return switch (this) {
            case BERNOULLI, CONTINUOUS_BERNOULLI, DISCRETIZED_LOGISTIC, CATEGORICAL -> true;
            case MSE, GAUSSIAN, GAUSSIAN_LEARNED, GAUSSIAN_PER_VALUE, LAPLACE, TABLE -> false;
        };
    }

    /** Whether it gives values a probability, not a density: then bits per dimension are a code's length. */
    public boolean isDiscrete() {
        return this == DISCRETIZED_LOGISTIC || this == CATEGORICAL;
    }

    /**
     * P, the parameters that the decoder gives for each value.
     *
     * @param levels that a categorical likelihood has
     */
    public int parameters(int levels) {
        return switch (this) {
            case GAUSSIAN_PER_VALUE, DISCRETIZED_LOGISTIC -> 2;
            case CATEGORICAL -> levels;
            default -> 1;
        };
    }

    /** Whether its rows are log densities, so that importance weights can be made of them. */
    public boolean isDensity() {
        return this != MSE;
    }

    /** Whether the output of the decoder is a mean, or the logit of one. */
    public boolean startsAtMean() {
        return switch (this) {
            case BERNOULLI, MSE, GAUSSIAN, GAUSSIAN_LEARNED, LAPLACE -> true;
            default -> false;
        };
    }

    /** Whether its rows can be made of several outputs and one sample, without repeating that. */
    boolean comparesDraws() {
        return this == BERNOULLI;
    }

    /** What its rows are counted in. */
    public String unit() {
        return isDensity() ? "nats" : "squared error";
    }

    void declare(ParameterLayout layout, TableLayout table) {
        if (this == TABLE) {
            // Columns begin with the variance that standardising gives them, 1, to 1e-5.
            layout.zero(LOGVAR, Shape.of(table.width()));
        } else if (this == GAUSSIAN_LEARNED) {
            layout.zero(LOGVAR, Shape.of(1));
        } else if (this == LAPLACE) {
            layout.zero(LOGSCALE, Shape.of(1));
        }
    }

    /**
     * Sets the parameters of its own where a model begins: a learned variance is that of the data, or the scale that such a
     * variance has. Adam moves its logarithm by about the learning rate in a step, so that the way from 1 to the variance of
     * pictures would take thousands of steps, in which the reconstruction counts for little. Where the decoder gives scales,
     * they begin so by the bias of its last layer.
     *
     * @param layout of the model
     * @param values of the whole block
     * @param variance of the data about their means
     */
    public void start(ParameterLayout layout, float[] values, DoubleSupplier variance) {
        switch (this) {
            case GAUSSIAN_LEARNED -> values[Math.toIntExact(layout.entry(LOGVAR).offset())] = (float) logvar(variance);
            // The variance of a Laplace distribution is 2 scale^2, that of a logistic one pi^2 scale^2 / 3.
            case LAPLACE ->
                values[Math.toIntExact(layout.entry(LOGSCALE).offset())] =
                        (float) (0.5 * (logvar(variance) - Math.log(2)));
            case GAUSSIAN_PER_VALUE -> startScales(layout, values, unfloored(logvar(variance), Density.LEAST_LOGVAR));
            case DISCRETIZED_LOGISTIC ->
                startScales(
                        layout,
                        values,
                        unfloored(0.5 * (logvar(variance) - Math.log(Math.PI * Math.PI / 3)), Density.LEAST_LOG_SCALE));
            default -> {}
        }
    }

    private static double logvar(DoubleSupplier variance) {
        return Math.log(Math.max(variance.getAsDouble(), LEAST_VARIANCE));
    }

    /** What floor + softplus(u - floor) makes the value of, or a little above the floor. */
    private static double unfloored(double value, double floor) {
        return floor + Math.log(Math.expm1(Math.max(value - floor, 0.1)));
    }

    /** The second half of the last layer's bias, if it has one. */
    private static void startScales(ParameterLayout layout, float[] values, double scale) {
        ParameterLayout.Entry last = null;
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().matches("dec\\d+\\.bias")) {
                last = entry;
            }
        }
        if (last != null && last.shape().count() % 2 == 0) {
            int end = Math.toIntExact(last.offset() + last.shape().count());
            Arrays.fill(values, end - Math.toIntExact(last.shape().count() / 2), end, (float) scale);
        }
    }

    /**
     * Binds the term.
     *
     * @param run how the parameters lie, see {@link io.jcuvae.tensor.LikelihoodOps}
     * @param columns descriptors of a table, see {@link TableLayout#descriptors}; null without one
     */
    Term bind(Binding binding, Tensor output, Tensor doutput, Tensor x, int run, Tensor columns) {
        return new Term(this, binding, output, doutput, x, run, columns);
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
        /** Log variance or log scale of all outputs, [1]; of each column of a table, [C]. */
        private final Tensor logvar;

        private final Tensor dlogvar;
        private final int run;
        private final Tensor expected;
        private final Tensor columns;
        /** [B, C]: what each value adds to the gradient of its column's log variance. */
        private final Tensor terms;

        private Term(
                Likelihood likelihood,
                Binding binding,
                Tensor output,
                Tensor doutput,
                Tensor x,
                int run,
                Tensor columns) {
            this.columns = columns;
            terms = columns != null && binding.training() ? binding.arena().tensor("logvar.terms", x.shape()) : null;
            this.likelihood = likelihood;
            this.ops = binding.ops();
            this.output = output;
            this.doutput = doutput;
            this.x = x;
            rows = binding.arena().tensor("reconstruction", Shape.of(binding.rows()));
            weights = binding.arena().tensor("reconstruction.weights", Shape.of(binding.rows()));
            this.run = run;
            expected = output.columns() == x.columns()
                    ? output
                    : binding.arena().tensor("expected", Shape.of(output.rows(), x.columns()));
            // A fixed unit variance is a log variance that stays at the arena's zero.
            logvar = switch (likelihood) {
                case GAUSSIAN_LEARNED, TABLE -> binding.values().get(LOGVAR);
                case LAPLACE -> binding.values().get(LOGSCALE);
                case GAUSSIAN -> binding.arena().tensor("unit.logvar", Shape.of(1));
                default -> null;
            };
            dlogvar = binding.training()
                    ? switch (likelihood) {
                        case GAUSSIAN_LEARNED, TABLE -> binding.gradients().get(LOGVAR);
                        case LAPLACE -> binding.gradients().get(LOGSCALE);
                        default -> null;
                    }
                    : null;
        }

        /** [B]: negative log-likelihood, nats. */
        Tensor rows() {
            return rows;
        }

        /** [B]: weight of each row in the objective, set before the backward pass. */
        Tensor weights() {
            return weights;
        }

        /** [B, D]: the expected data after {@link #mean}; the output itself where a value has one parameter. */
        Tensor expected() {
            return expected;
        }

        void forward() {
            switch (likelihood) {
                case BERNOULLI -> {
                    if (x.rows() < output.rows()) {
                        ops.bernoulliDraws(rows, output, x);
                    } else {
                        ops.bernoulliRows(rows, output, x);
                    }
                }
                case MSE -> ops.squaredErrorRows(rows, output, x);
                case GAUSSIAN, GAUSSIAN_LEARNED -> ops.gaussianRows(rows, output, x, logvar);
                case LAPLACE -> ops.laplaceRows(rows, output, x, logvar);
                case CONTINUOUS_BERNOULLI, GAUSSIAN_PER_VALUE, DISCRETIZED_LOGISTIC, CATEGORICAL ->
                    ops.densityRows(rows, output, x, likelihood.density, run);
                case TABLE -> ops.tableRows(rows, output, x, logvar, columns);
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
                case LAPLACE -> {
                    ops.laplaceRows(rows, output, x, logvar);
                    ops.laplaceBackward(doutput, dlogvar, output, x, logvar, weights);
                }
                case CONTINUOUS_BERNOULLI, GAUSSIAN_PER_VALUE, DISCRETIZED_LOGISTIC, CATEGORICAL ->
                    ops.density(rows, doutput, output, x, weights, likelihood.density, run);
                case TABLE -> {
                    ops.table(rows, doutput, terms, output, x, logvar, columns, weights);
                    ops.sumRows(dlogvar, terms);
                }
            }
        }

        /** The output to the expected data. */
        void mean() {
            if (likelihood == BERNOULLI) {
                ops.activate(output, output, Activation.SIGMOID);
            } else if (likelihood == TABLE) {
                ops.tableMean(expected, output, columns);
            } else if (likelihood.density != null) {
                ops.densityMean(expected, output, likelihood.density, run);
            }
        }

        /** The output to the expected data as pixels, see {@link Vae#pixels}. */
        void pixels(Tensor pixels, Tensor finite) {
            if (likelihood == BERNOULLI) {
                ops.logitPixels(pixels, finite, output);
            } else {
                mean();
                ops.finiteRows(finite, expected);
                ops.quantize(pixels, expected);
            }
        }
    }
}
