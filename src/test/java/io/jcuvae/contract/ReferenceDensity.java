package io.jcuvae.contract;

import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.Tensor;

/** The formulas of {@link io.jcuvae.tensor.LikelihoodOps} in double precision, closed forms throughout. */
final class ReferenceDensity {
    private static final int TOP = Density.LEVELS - 1;

    private ReferenceDensity() {}

    /** The parameters of one value, and where they lie. */
    record Parameters(double[] elements, int start, int count, int run) {
        double get(int p) {
            return elements[start + p * run];
        }

        void set(int p, double value) {
            elements[start + p * run] = value;
        }
    }

    static Parameters parameters(Tensor output, int width, int r, int d, int run) {
        int count = output.columns() / width;
        int start = (int) output.offset() + r * output.columns() + d / run * run * count + d % run;
        return new Parameters(ReferenceBackend.elements(output), start, count, run);
    }

    private static double x(Tensor x, int r, int d) {
        return ReferenceBackend.elements(x)[(int) x.offset() + r * x.columns() + d];
    }

    static void rows(Tensor rows, Tensor output, Tensor x, Density density, int run) {
        for (int r = 0; r < x.rows(); r++) {
            double sum = 0;
            for (int d = 0; d < x.columns(); d++) {
                sum += nll(density, parameters(output, x.columns(), r, d, run), x(x, r, d));
            }
            ReferenceBackend.elements(rows)[(int) rows.offset() + r] = sum;
        }
    }

    static void backward(Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        for (int r = 0; r < x.rows(); r++) {
            double weight = ReferenceBackend.elements(weights)[(int) weights.offset() + r];
            for (int d = 0; d < x.columns(); d++) {
                Parameters parameters = parameters(output, x.columns(), r, d, run);
                Parameters gradient = parameters(doutput, x.columns(), r, d, run);
                for (int p = 0; p < gradient.count; p++) {
                    gradient.set(p, weight * gradient(density, parameters, x(x, r, d), p));
                }
            }
        }
    }

    static void mean(Tensor mean, Tensor output, Density density, int run) {
        for (int r = 0; r < mean.rows(); r++) {
            for (int d = 0; d < mean.columns(); d++) {
                ReferenceBackend.elements(mean)[(int) mean.offset() + r * mean.columns() + d] =
                        mean(density, parameters(output, mean.columns(), r, d, run));
            }
        }
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    static double logvar(double u) {
        return Density.LEAST_LOGVAR + softplus(u - Density.LEAST_LOGVAR);
    }

    static double logScale(double u) {
        return Density.LEAST_LOG_SCALE + softplus(u - Density.LEAST_LOG_SCALE);
    }

    private static double logSumExp(Parameters logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int p = 0; p < logits.count; p++) {
            largest = Math.max(largest, logits.get(p));
        }
        double sum = 0;
        for (int p = 0; p < logits.count; p++) {
            sum += Math.exp(logits.get(p) - largest);
        }
        return largest + Math.log(sum);
    }

    static double nll(Density density, Parameters of, double x) {
        return switch (density) {
            case CONTINUOUS_BERNOULLI -> {
                double a = Math.abs(of.get(0));
                yield Math.max(of.get(0), 0) - of.get(0) * x + (a == 0 ? 0 : Math.log(-Math.expm1(-a) / a));
            }
            case GAUSSIAN -> {
                double v = logvar(of.get(1));
                double error = x - of.get(0);
                yield (Math.log(2 * Math.PI) + v + error * error * Math.exp(-v)) / 2;
            }
            case DISCRETIZED_LOGISTIC -> {
                int level = Density.level((float) x, Density.LEVELS);
                double scale = Math.exp(logScale(of.get(1)));
                double upper = ((level + 0.5) / TOP - of.get(0)) / scale;
                double lower = ((level - 0.5) / TOP - of.get(0)) / scale;
                yield (level < TOP ? softplus(-upper) : 0)
                        + (level > 0 ? softplus(lower) : 0)
                        - (level > 0 && level < TOP ? Math.log(-Math.expm1(-1 / (TOP * scale))) : 0);
            }
            case CATEGORICAL -> logSumExp(of) - of.get(Density.level((float) x, of.count));
        };
    }

    private static double gradient(Density density, Parameters of, double x, int p) {
        return switch (density) {
            case CONTINUOUS_BERNOULLI -> mean(density, of) - x;
            case GAUSSIAN -> {
                double precision = Math.exp(-logvar(of.get(1)));
                double error = of.get(0) - x;
                yield p == 0
                        ? error * precision
                        : (1 - error * error * precision) / 2 * sigmoid(of.get(1) - Density.LEAST_LOGVAR);
            }
            case DISCRETIZED_LOGISTIC -> logisticGradient(of, x, p);
            case CATEGORICAL -> Math.exp(of.get(p) - logSumExp(of)) - (p == Density.level((float) x, of.count) ? 1 : 0);
        };
    }

    private static double logisticGradient(Parameters of, double x, int p) {
        int level = Density.level((float) x, Density.LEVELS);
        double scale = Math.exp(logScale(of.get(1)));
        double upper = ((level + 0.5) / TOP - of.get(0)) / scale;
        double lower = ((level - 0.5) / TOP - of.get(0)) / scale;
        double above = level < TOP ? sigmoid(-upper) : 0;
        double below = level > 0 ? sigmoid(lower) : 0;
        if (p == 0) {
            return (above - below) / scale;
        }
        double span = 1 / (TOP * scale);
        double inner = level > 0 && level < TOP ? span / Math.expm1(span) : 0;
        return ((level < TOP ? upper * above : 0) - (level > 0 ? lower * below : 0) + inner)
                * sigmoid(of.get(1) - Density.LEAST_LOG_SCALE);
    }

    static double mean(Density density, Parameters of) {
        return switch (density) {
            case CONTINUOUS_BERNOULLI -> {
                double l = of.get(0);
                // Closer to zero the closed form's digits cancel, and the next term is below 1e-12.
                yield Math.abs(l) < 1e-3 ? 0.5 + l / 12 - l * l * l / 720 : -1 / Math.expm1(-l) - 1 / l;
            }
            case GAUSSIAN -> of.get(0);
            case DISCRETIZED_LOGISTIC -> {
                double scale = Math.exp(logScale(of.get(1)));
                yield scale * (softplus(of.get(0) / scale) - softplus((of.get(0) - 1) / scale));
            }
            case CATEGORICAL -> {
                double sum = 0;
                for (int p = 0; p < of.count; p++) {
                    sum += p * Math.exp(of.get(p) - logSumExp(of));
                }
                yield sum / (of.count - 1);
            }
        };
    }
}
