package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.TableOps;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/**
 * The {@link TableOps} on heap arrays, rows shared out over the threads. A value's formula is in double; a row is summed from
 * its first column to its last.
 */
final class TableLoops {
    /** Values of a task: each takes some tens of nanoseconds. */
    private static final int VALUES = 1 << 12;

    private static final ColumnKind[] KINDS = ColumnKind.values();

    private final Workers workers;

    TableLoops(Workers workers) {
        this.workers = workers;
    }

    /** The descriptors, [C, FIELDS], from {@code at}. */
    private record Columns(float[] fields, int at, int count) {
        Columns(Tensor columns) {
            this(floats(columns), start(columns), columns.rows());
        }

        private float field(int c, int field) {
            return fields[at + c * TableLayout.FIELDS + field];
        }

        ColumnKind kind(int c) {
            return KINDS[(int) field(c, 0)];
        }

        int input(int c) {
            return (int) field(c, 1);
        }

        int output(int c) {
            return (int) field(c, 2);
        }

        int levels(int c) {
            return (int) field(c, 3);
        }

        int mask(int c) {
            return (int) field(c, 4);
        }

        double standardized(int c, double logOfCount) {
            return (logOfCount - field(c, 5)) * field(c, 6);
        }

        double constant(int c) {
            return field(c, 7);
        }
    }

    /** What is done to one row. */
    @FunctionalInterface
    private interface Task {
        void row(int r);
    }

    private void rows(int rows, int width, Task task) {
        int chunk = Math.max(1, VALUES / width);
        workers.run((rows + chunk - 1) / chunk, i -> {
            for (int r = i * chunk; r < Math.min(rows, (i + 1) * chunk); r++) {
                task.row(r);
            }
        });
    }

    void input(Tensor input, Tensor x, Tensor columns) {
        Columns of = new Columns(columns);
        rows(x.rows(), input.columns(), r -> {
            int in = start(input) + r * input.columns();
            for (int c = 0; c < of.count(); c++) {
                float value = floats(x)[start(x) + r * of.count() + c];
                boolean there = !Float.isNaN(value);
                int at = in + of.input(c);
                switch (of.kind(c)) {
                    case NUMERIC, BINARY -> floats(input)[at] = there ? value : 0;
                    case COUNT -> floats(input)[at] = there ? (float) of.standardized(c, Math.log1p(value)) : 0;
                    case CATEGORICAL -> {
                        for (int l = 0; l < of.levels(c); l++) {
                            floats(input)[at + l] = there && l == (int) value ? 1 : 0;
                        }
                    }
                }
                if (of.mask(c) >= 0) {
                    floats(input)[in + of.mask(c)] = there ? 0 : 1;
                }
            }
        });
    }

    /** Rows, gradients, or both; what is not asked for is null, weights with the gradients. */
    void score(
            Tensor rows,
            Tensor doutput,
            Tensor dlogvar,
            Tensor output,
            Tensor x,
            Tensor logvar,
            Tensor columns,
            Tensor weights) {
        Columns of = new Columns(columns);
        rows(x.rows(), output.columns(), r -> {
            int out = start(output) + r * output.columns();
            double weight = doutput == null ? 0 : floats(weights)[start(weights) + r];
            Gradient gradient = doutput == null
                    ? null
                    : new Gradient(floats(doutput), start(doutput) + r * output.columns(), weight);
            double sum = 0;
            for (int c = 0; c < of.count(); c++) {
                float value = floats(x)[start(x) + r * of.count() + c];
                double dvariance = 0;
                if (Float.isNaN(value)) {
                    if (gradient != null) {
                        gradient.clear(of.output(c), of.levels(c));
                    }
                } else if (of.kind(c) == ColumnKind.NUMERIC) {
                    double u = floats(logvar)[start(logvar) + c];
                    double v = Density.LEAST_LOGVAR + softplus(u - Density.LEAST_LOGVAR);
                    double difference = (double) floats(output)[out + of.output(c)] - value;
                    double square = difference * difference * Math.exp(-v);
                    sum += 0.5 * (Math.log(2 * Math.PI) + v + square) + of.constant(c);
                    if (gradient != null) {
                        gradient.set(of.output(c), difference * Math.exp(-v));
                        dvariance = weight * 0.5 * (1 - square) * sigmoid(u - Density.LEAST_LOGVAR);
                    }
                } else {
                    sum += discrete(of, c, floats(output), out + of.output(c), value, gradient) + of.constant(c);
                }
                if (dlogvar != null) {
                    floats(dlogvar)[start(dlogvar) + r * of.count() + c] = (float) dvariance;
                }
            }
            if (rows != null) {
                floats(rows)[start(rows) + r] = (float) sum;
            }
        });
    }

    /** Where the gradient of a row's outputs goes, times the row's weight. */
    private record Gradient(float[] all, int at, double weight) {
        void set(int output, double value) {
            all[at + output] = (float) (weight * value);
        }

        void clear(int first, int count) {
            Arrays.fill(all, at + first, at + first + count, 0);
        }
    }

    private static double discrete(Columns of, int c, float[] output, int at, float value, Gradient gradient) {
        int place = of.output(c);
        return switch (of.kind(c)) {
            case BINARY -> {
                double l = output[at];
                if (gradient != null) {
                    gradient.set(place, sigmoid(l) - value);
                }
                yield softplus(-Math.abs(l)) + Math.max(l, 0) - l * value;
            }
            case COUNT -> count(output[at], value, gradient, place);
            default -> categorical(output, at, of.levels(c), (int) value, gradient, place);
        };
    }

    private static double categorical(float[] logits, int at, int levels, int level, Gradient gradient, int place) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int l = 0; l < levels; l++) {
            largest = Math.max(largest, logits[at + l]);
        }
        double total = 0;
        for (int l = 0; l < levels; l++) {
            total += Math.exp(logits[at + l] - largest);
        }
        if (gradient != null) {
            for (int l = 0; l < levels; l++) {
                gradient.set(place + l, Math.exp(logits[at + l] - largest) / total - (l == level ? 1 : 0));
            }
        }
        return largest - logits[at + level] + Math.log(total);
    }

    /**
     * With d = l - log k the term is k (exp(d) - 1 - d) + (log k! - k log k + k), of which neither part cancels (Loader 2000,
     * "Fast and accurate computation of binomial probabilities").
     */
    private static double count(double l, double k, Gradient gradient, int place) {
        double inside = Math.min(l, TableOps.LARGEST_LOG_RATE);
        double slope = Math.exp(inside) - k;
        if (gradient != null) {
            gradient.set(place, slope);
        }
        double beyond = slope * (l - inside);
        if (k == 0) {
            return Math.exp(inside) + beyond;
        }
        double d = inside - Math.log(k);
        return k * aboveTangent(d) + stirling(k) + beyond;
    }

    /** exp(d) - 1 - d. */
    private static double aboveTangent(double d) {
        if (Math.abs(d) < 1e-2) {
            return d * d * (1 / 2.0 + d * (1 / 6.0 + d * (1 / 24.0 + d / 120)));
        }
        return Math.expm1(d) - d;
    }

    /** log k! - k log k + k for k &gt;= 1. */
    private static double stirling(double k) {
        if (k < 16) {
            double factorial = 1;
            for (int i = 2; i <= k; i++) {
                factorial *= i;
            }
            return Math.log(factorial) - k * Math.log(k) + k;
        }
        double s = 1 / (k * k);
        return 0.5 * Math.log(2 * Math.PI * k) + (1 / 12.0 + s * (-1 / 360.0 + s * (1 / 1260.0 - s / 1680))) / k;
    }

    void mean(Tensor mean, Tensor output, Tensor columns) {
        Columns of = new Columns(columns);
        rows(mean.rows(), output.columns(), r -> {
            for (int c = 0; c < of.count(); c++) {
                int at = start(output) + r * output.columns() + of.output(c);
                float o = floats(output)[at];
                floats(mean)[start(mean) + r * of.count() + c] = switch (of.kind(c)) {
                    case NUMERIC -> o;
                    case BINARY -> (float) sigmoid(o);
                    case COUNT -> (float) Math.exp(Math.min(o, TableOps.LARGEST_LOG_RATE));
                    case CATEGORICAL -> likeliest(floats(output), at, of.levels(c));
                };
            }
        });
    }

    private static int likeliest(float[] logits, int at, int levels) {
        int best = 0;
        for (int l = 1; l < levels; l++) {
            best = logits[at + l] > logits[at + best] ? l : best;
        }
        return best;
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
