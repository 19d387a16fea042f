package io.jcuvae.contract;

import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.TableOps;
import io.jcuvae.tensor.Tensor;

/** The formulas of {@link TableOps} in double precision, as they are published. */
final class ReferenceTable {
    private ReferenceTable() {}

    private static double at(Tensor tensor, long i) {
        return ReferenceBackend.elements(tensor)[(int) (tensor.offset() + i)];
    }

    private static void set(Tensor tensor, long i, double value) {
        ReferenceBackend.elements(tensor)[(int) (tensor.offset() + i)] = value;
    }

    private static int field(Tensor columns, int c, int field) {
        return (int) at(columns, (long) c * TableLayout.FIELDS + field);
    }

    static ColumnKind kind(Tensor columns, int c) {
        return ColumnKind.values()[field(columns, c, 0)];
    }

    static void input(Tensor input, Tensor x, Tensor columns) {
        for (int r = 0; r < x.rows(); r++) {
            for (int c = 0; c < x.columns(); c++) {
                double value = at(x, (long) r * x.columns() + c);
                boolean missing = Double.isNaN(value);
                long row = (long) r * input.columns();
                for (int l = 0; l < field(columns, c, 3); l++) {
                    double seen =
                            switch (kind(columns, c)) {
                                case NUMERIC, BINARY -> value;
                                case CATEGORICAL -> value == l ? 1 : 0;
                                case COUNT ->
                                    (Math.log(1 + value) - at(columns, (long) c * TableLayout.FIELDS + 5))
                                            * at(columns, (long) c * TableLayout.FIELDS + 6);
                            };
                    set(input, row + field(columns, c, 1) + l, missing ? 0 : seen);
                }
                if (field(columns, c, 4) >= 0) {
                    set(input, row + field(columns, c, 4), missing ? 1 : 0);
                }
            }
        }
    }

    /** The term of a value. */
    static double nll(Tensor columns, int c, double[] out, double x, double u) {
        double constant = at(columns, (long) c * TableLayout.FIELDS + 7);
        return constant
                + switch (kind(columns, c)) {
                    case NUMERIC -> {
                        double v = ReferenceDensity.logvar(u);
                        yield (Math.log(2 * Math.PI) + v + (x - out[0]) * (x - out[0]) * Math.exp(-v)) / 2;
                    }
                    case BINARY -> softplus(out[0]) - out[0] * x;
                    case CATEGORICAL -> logSumExp(out) - out[(int) x];
                    case COUNT -> {
                        double cap = TableOps.LARGEST_LOG_RATE;
                        double rate = out[0] <= cap ? Math.exp(out[0]) : Math.exp(cap) * (1 + out[0] - cap);
                        yield rate - x * out[0] + logFactorial(x);
                    }
                };
    }

    private static double[] gradient(Tensor columns, int c, double[] out, double x, double u) {
        double[] gradient = new double[out.length];
        switch (kind(columns, c)) {
            case NUMERIC -> gradient[0] = (out[0] - x) * Math.exp(-ReferenceDensity.logvar(u));
            case BINARY -> gradient[0] = 1 / (1 + Math.exp(-out[0])) - x;
            case COUNT -> gradient[0] = Math.exp(Math.min(out[0], TableOps.LARGEST_LOG_RATE)) - x;
            default -> {
                for (int l = 0; l < out.length; l++) {
                    gradient[l] = Math.exp(out[l] - logSumExp(out)) - (l == (int) x ? 1 : 0);
                }
            }
        }
        return gradient;
    }

    static double[] outputs(Tensor output, Tensor columns, int r, int c) {
        double[] out = new double[field(columns, c, 3)];
        for (int l = 0; l < out.length; l++) {
            out[l] = at(output, (long) r * output.columns() + field(columns, c, 2) + l);
        }
        return out;
    }

    static void rows(Tensor rows, Tensor output, Tensor x, Tensor logvar, Tensor columns) {
        for (int r = 0; r < x.rows(); r++) {
            double sum = 0;
            for (int c = 0; c < x.columns(); c++) {
                double value = at(x, (long) r * x.columns() + c);
                sum += Double.isNaN(value) ? 0 : nll(columns, c, outputs(output, columns, r, c), value, at(logvar, c));
            }
            set(rows, r, sum);
        }
    }

    static void backward(
            Tensor doutput, Tensor dlogvar, Tensor output, Tensor x, Tensor logvar, Tensor columns, Tensor weights) {
        for (int r = 0; r < x.rows(); r++) {
            double weight = at(weights, r);
            for (int c = 0; c < x.columns(); c++) {
                double value = at(x, (long) r * x.columns() + c);
                boolean there = !Double.isNaN(value);
                double[] out = outputs(output, columns, r, c);
                double u = at(logvar, c);
                double[] gradient = gradient(columns, c, out, there ? value : 0, u);
                for (int l = 0; l < out.length; l++) {
                    set(
                            doutput,
                            (long) r * output.columns() + field(columns, c, 2) + l,
                            there ? weight * gradient[l] : 0);
                }
                double dvariance = 0;
                if (there && kind(columns, c) == ColumnKind.NUMERIC) {
                    double error = value - out[0];
                    dvariance = weight
                            * (1 - error * error * Math.exp(-ReferenceDensity.logvar(u)))
                            / 2
                            / (1 + Math.exp(-(u - Density.LEAST_LOGVAR)));
                }
                set(dlogvar, (long) r * x.columns() + c, dvariance);
            }
        }
    }

    static void mean(Tensor mean, Tensor output, Tensor columns) {
        for (int r = 0; r < mean.rows(); r++) {
            for (int c = 0; c < mean.columns(); c++) {
                double[] out = outputs(output, columns, r, c);
                int best = 0;
                for (int l = 1; l < out.length; l++) {
                    best = out[l] > out[best] ? l : best;
                }
                double value =
                        switch (kind(columns, c)) {
                            case NUMERIC -> out[0];
                            case BINARY -> 1 / (1 + Math.exp(-out[0]));
                            case CATEGORICAL -> best;
                            case COUNT -> Math.exp(Math.min(out[0], TableOps.LARGEST_LOG_RATE));
                        };
                set(mean, (long) r * mean.columns() + c, value);
            }
        }
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    static double logSumExp(double[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - largest);
        }
        return largest + Math.log(sum);
    }

    static double logFactorial(double k) {
        double sum = 0;
        for (int i = 2; i <= k; i++) {
            sum += Math.log(i);
        }
        return sum;
    }
}
