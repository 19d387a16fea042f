package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.Tensor;

/**
 * The {@link io.jcuvae.tensor.LikelihoodOps} on heap arrays, rows shared out over the threads. A value's formula is in double; a
 * row is summed from its first value to its last.
 */
final class Densities {
    /** Values of a task: each takes some tens of nanoseconds. */
    private static final int VALUES = 1 << 12;

    private final Workers workers;

    Densities(Workers workers) {
        this.workers = workers;
    }

    /**
     * The parameters of one row.
     *
     * @param all of the batch
     * @param at where the row begins
     * @param count P
     */
    private record Row(float[] all, int at, int count, int run) {
        int place(int d, int p) {
            return at + d / run * run * count + p * run + d % run;
        }

        double get(int d, int p) {
            return all[place(d, p)];
        }
    }

    private static Row row(Tensor output, int r, int parameters, int run) {
        return new Row(floats(output), start(output) + r * output.columns(), parameters, run);
    }

    private static int parameters(String op, Tensor output, Tensor x, Density density, int run) {
        int parameters = output.columns() / x.columns();
        boolean fits = output.rows() == x.rows()
                && output.columns() == parameters * x.columns()
                && density.takes(parameters)
                && run > 0
                && x.columns() % run == 0;
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit: " + output.shape() + " for " + x.shape()
                    + ", " + density + ", run " + run);
        }
        return parameters;
    }

    private void rows(int rows, int width, Task task) {
        int chunk = Math.max(1, VALUES / width);
        workers.run((rows + chunk - 1) / chunk, i -> {
            for (int r = i * chunk; r < Math.min(rows, (i + 1) * chunk); r++) {
                task.row(r);
            }
        });
    }

    /** What is done to one row. */
    @FunctionalInterface
    private interface Task {
        void row(int r);
    }

    /** Rows, gradient, or both; what is not asked for is null, weights with the gradient. */
    void score(Tensor rows, Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        int parameters = parameters("density", output, x, density, run);
        int width = x.columns();
        rows(x.rows(), output.columns(), r -> {
            Row out = row(output, r, parameters, run);
            Row gradient = doutput == null ? null : row(doutput, r, parameters, run);
            double weight = doutput == null ? 0 : floats(weights)[start(weights) + r];
            double sum = 0;
            for (int d = 0; d < width; d++) {
                float value = floats(x)[start(x) + r * width + d];
                sum += switch (density) {
                    case CONTINUOUS_BERNOULLI -> continuousBernoulli(out, gradient, d, value, weight);
                    case GAUSSIAN -> gaussian(out, gradient, d, value, weight);
                    case DISCRETIZED_LOGISTIC -> logistic(out, gradient, d, value, weight);
                    case CATEGORICAL -> categorical(out, gradient, d, value, weight);
                };
            }
            if (rows != null) {
                floats(rows)[start(rows) + r] = (float) sum;
            }
        });
    }

    void mean(Tensor mean, Tensor output, Density density, int run) {
        int parameters = parameters("densityMean", output, mean, density, run);
        int width = mean.columns();
        rows(mean.rows(), output.columns(), r -> {
            Row out = row(output, r, parameters, run);
            for (int d = 0; d < width; d++) {
                floats(mean)[start(mean) + r * width + d] = (float)
                        switch (density) {
                            case CONTINUOUS_BERNOULLI -> expected(out.get(d, 0));
                            case GAUSSIAN -> out.get(d, 0);
                            case DISCRETIZED_LOGISTIC ->
                                clippedLogistic(out.get(d, 0), floored(out.get(d, 1), Density.LEAST_LOG_SCALE));
                            case CATEGORICAL -> categoricalMean(out, d);
                        };
            }
        });
    }

    // ---- functions of one value

    /** log(1 + exp(x)). */
    private static double softplus(double x) {
        double e = Math.exp(-Math.abs(x));
        return Math.max(x, 0) + (e < 1e-8 ? e : Math.log(1 + e));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** floor + softplus(x - floor). */
    private static double floored(double x, double floor) {
        return floor + softplus(x - floor);
    }

    /** log((1 - exp(-a)) / a) for a &gt;= 0: -a/2 + log(sinh(a/2) / (a/2)), by its Taylor series where that is short. */
    private static double logMeanExp(double a) {
        if (a < 0.5) {
            double s = a * a;
            return -a / 2 + s * (1 / 24.0 + s * (-1 / 2880.0 + s * (1 / 181440.0 - s / 9676800.0)));
        }
        return Math.log((1 - Math.exp(-a)) / a);
    }

    /** a / (exp(a) - 1) for a &gt;= 0; its series has the Bernoulli numbers. */
    private static double overExpm1(double a) {
        if (a < 0.5) {
            double s = a * a;
            return 1 - a / 2 + s * (1 / 12.0 + s * (-1 / 720.0 + s * (1 / 30240.0 - s / 1209600.0)));
        }
        double e = Math.exp(-a);
        return a * e / (1 - e);
    }

    /** Of the continuous Bernoulli: 1 / (1 - exp(-l)) - 1 / l, the derivative of its log normalizer. */
    private static double expected(double l) {
        if (Math.abs(l) < 0.5) {
            double s = l * l;
            return 0.5 + l * (1 / 12.0 + s * (-1 / 720.0 + s * (1 / 30240.0 - s / 1209600.0)));
        }
        return 1 / (1 - Math.exp(-l)) - 1 / l;
    }

    private static double continuousBernoulli(Row out, Row gradient, int d, double x, double weight) {
        double l = out.get(d, 0);
        if (gradient != null) {
            gradient.all[gradient.place(d, 0)] = (float) (weight * (expected(l) - x));
        }
        // Apart, the terms of a large logit would cancel.
        return (l > 0 ? l * (1 - x) : -l * x) + logMeanExp(Math.abs(l));
    }

    private static double gaussian(Row out, Row gradient, int d, double x, double weight) {
        double u = out.get(d, 1);
        double v = floored(u, Density.LEAST_LOGVAR);
        double difference = out.get(d, 0) - x;
        double precision = Math.exp(-v);
        double square = difference * difference * precision;
        if (gradient != null) {
            gradient.all[gradient.place(d, 0)] = (float) (weight * difference * precision);
            gradient.all[gradient.place(d, 1)] =
                    (float) (weight * 0.5 * (1 - square) * sigmoid(u - Density.LEAST_LOGVAR));
        }
        return 0.5 * (Math.log(2 * Math.PI) + v + square);
    }

    /**
     * With a and b the bounds of the level in scales: sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(-(a - b))), whose
     * logarithm loses nothing however far off the level is.
     */
    private static double logistic(Row out, Row gradient, int d, float x, double weight) {
        int top = Density.LEVELS - 1;
        int level = Density.level(x, Density.LEVELS);
        double u = out.get(d, 1);
        double s = floored(u, Density.LEAST_LOG_SCALE);
        double inverse = Math.exp(-s);
        double offset = (double) level / top - out.get(d, 0);
        double a = (offset + 0.5 / top) * inverse;
        double b = (offset - 0.5 / top) * inverse;
        double sum = 0;
        double dmean = 0;
        double dscale = 0;
        if (level < top) {
            sum += softplus(-a);
            double slope = sigmoid(-a);
            dmean += slope;
            dscale += a * slope;
        }
        if (level > 0) {
            sum += softplus(b);
            double slope = sigmoid(b);
            dmean -= slope;
            dscale -= b * slope;
        }
        if (level > 0 && level < top) {
            double span = inverse / top;
            sum -= logMeanExp(span) - s - Math.log(top);
            dscale += overExpm1(span);
        }
        if (gradient != null) {
            gradient.all[gradient.place(d, 0)] = (float) (weight * inverse * dmean);
            gradient.all[gradient.place(d, 1)] = (float) (weight * dscale * sigmoid(u - Density.LEAST_LOG_SCALE));
        }
        return sum;
    }

    private static double clippedLogistic(double mean, double s) {
        double scale = Math.exp(Math.min(s, 30));
        double width = 1 / scale;
        // Where the scale is large the two terms nearly cancel.
        return width < 1
                ? -scale * Math.log1p(sigmoid(mean / scale) * Math.expm1(-width))
                : scale * (softplus(mean / scale) - softplus((mean - 1) / scale));
    }

    private static double largest(Row out, int d) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int p = 0; p < out.count; p++) {
            largest = Math.max(largest, out.get(d, p));
        }
        return largest;
    }

    private static double categorical(Row out, Row gradient, int d, float x, double weight) {
        int level = Density.level(x, out.count);
        double largest = largest(out, d);
        double total = 0;
        for (int p = 0; p < out.count; p++) {
            total += Math.exp(out.get(d, p) - largest);
        }
        if (gradient != null) {
            for (int p = 0; p < out.count; p++) {
                double probability = Math.exp(out.get(d, p) - largest) / total;
                gradient.all[gradient.place(d, p)] = (float) (weight * (probability - (p == level ? 1 : 0)));
            }
        }
        return largest - out.get(d, level) + Math.log(total);
    }

    private static double categoricalMean(Row out, int d) {
        double largest = largest(out, d);
        double total = 0;
        double sum = 0;
        for (int p = 0; p < out.count; p++) {
            double e = Math.exp(out.get(d, p) - largest);
            total += e;
            sum += e * p;
        }
        return sum / total / (out.count - 1);
    }

    // ---- Laplace

    void laplaceRows(Tensor rows, Tensor mean, Tensor x, Tensor logscale) {
        double s = floats(logscale)[start(logscale)];
        int width = x.columns();
        rows(
                x.rows(),
                width,
                r -> floats(rows)[start(rows) + r] =
                        (float) (width * (Math.log(2) + s) + absolute(null, mean, x, r, 0) * Math.exp(-s)));
    }

    void laplaceBackward(Tensor dmean, Tensor dlogscale, Tensor mean, Tensor x, Tensor logscale, Tensor weights) {
        double inverse = Math.exp(-floats(logscale)[start(logscale)]);
        int width = x.columns();
        double[] terms = new double[x.rows()];
        rows(x.rows(), width, r -> {
            double weight = floats(weights)[start(weights) + r];
            terms[r] = weight * (width - absolute(dmean, mean, x, r, (float) (weight * inverse)) * inverse);
        });
        double sum = 0;
        for (double term : terms) {
            sum += term;
        }
        floats(dlogscale)[start(dlogscale)] = (float) sum;
    }

    /** Sum of |mean - x| of a row, and if {@code dmean} is not null the signs times {@code factor}. */
    private static double absolute(Tensor dmean, Tensor mean, Tensor x, int r, float factor) {
        int width = x.columns();
        double sum = 0;
        for (int d = r * width; d < (r + 1) * width; d++) {
            float difference = floats(mean)[start(mean) + d] - floats(x)[start(x) + d];
            sum += Math.abs(difference);
            if (dmean != null) {
                floats(dmean)[start(dmean) + d] = factor * Math.signum(difference);
            }
        }
        return sum;
    }
}
