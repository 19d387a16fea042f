package io.jcuvae.vae;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.TableOps;

/**
 * What each value of a sample adds to its reconstruction term, in double precision on the host: of tables a number for each
 * column, of other samples one for each value. They add up to {@link Vae#reconstruction()}, and say which of them a sample
 * is unusual for.
 */
public final class ColumnScores {
    private final VaeSpec spec;
    private final Likelihood likelihood;
    private final TableLayout table;
    private final int width;
    private final int outputs;
    private final int parameters;
    private final int run;
    /** The likelihood's own parameters: one, or of tables one for each column. */
    private final double[] own;

    /**
     * Keeps the likelihood's own parameters.
     *
     * @param block all parameters of a model, in the order of its layout
     */
    public ColumnScores(VaeSpec spec, float[] block) {
        this.spec = spec;
        likelihood = spec.likelihood();
        table = spec.table();
        width = Math.toIntExact(spec.sample().count());
        outputs = Math.toIntExact(spec.decoderOutput().count());
        parameters = spec.parameters();
        run = spec.parameterRun();
        String name = likelihood == Likelihood.LAPLACE ? "likelihood.logscale" : "likelihood.logvar";
        ParameterLayout.Entry entry = spec.layout().entries().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElse(null);
        own = new double[entry == null ? 1 : Math.toIntExact(entry.shape().count())];
        for (int i = 0; entry != null && i < own.length; i++) {
            own[i] = block[Math.toIntExact(entry.offset()) + i];
        }
    }

    /** D, the numbers of a sample: columns of a table, values of other samples. */
    public int columns() {
        return width;
    }

    /** P D or W, the numbers that the decoder says of a sample. */
    public int outputs() {
        return outputs;
    }

    /** The spec it was made for. */
    public VaeSpec spec() {
        return spec;
    }

    /**
     * Scores a batch, in nats; squared errors where the likelihood is that.
     *
     * @param scores receives [rows, D]; 0 where a value is missing
     * @param output [rows, {@link #outputs}]: {@link Vae#output()} after {@link Vae#decode()} and before {@link Vae#mean()}
     * @param x [rows, D] as the model sees them
     */
    public void score(double[] scores, float[] output, float[] x, int rows) {
        float[] descriptors = table.descriptors();
        for (int r = 0; r < rows; r++) {
            for (int d = 0; d < width; d++) {
                float value = x[r * width + d];
                scores[r * width + d] = Float.isNaN(value)
                        ? 0
                        : table.given()
                                ? column(d, output, r * outputs + (int) descriptors[d * TableLayout.FIELDS + 2], value)
                                : value(output, r * outputs + d / run * run * parameters + d % run, value);
            }
        }
    }

    private double column(int c, float[] output, int at, double x) {
        TableLayout.Column column = table.columns().get(c);
        double o = output[at];
        double term =
                switch (column.kind()) {
                    case NUMERIC -> normal(x - o, floored(own[c], Density.LEAST_LOGVAR));
                    case BINARY -> softplus(o) - o * x;
                    case CATEGORICAL -> logSumExp(output, at, column.levels(), 1) - output[at + (int) x];
                    case COUNT -> count(o, x);
                };
        return term + column.constant();
    }

    /** Of the count k with log rate l: deviation from the likeliest rate and Stirling's series, which do not cancel. */
    private static double count(double l, double k) {
        double cap = TableOps.LARGEST_LOG_RATE;
        double inside = Math.min(l, cap);
        double beyond = (Math.exp(inside) - k) * (l - inside);
        if (k == 0) {
            return Math.exp(inside) + beyond;
        }
        double d = inside - Math.log(k);
        double above = Math.abs(d) < 1e-3 ? d * d * (0.5 + d / 6) : Math.expm1(d) - d;
        return k * above + logFactorial(k) - k * Math.log(k) + k + beyond;
    }

    private static double logFactorial(double k) {
        double sum = 0;
        double n = k;
        // Stirling's series is exact from here on.
        for (; n < 16; n++) {
            sum -= Math.log(n + 1);
        }
        double s = 1 / (n * n);
        return sum
                + n * Math.log(n)
                - n
                + 0.5 * Math.log(2 * Math.PI * n)
                + (1 / 12.0 + s * (-1 / 360.0 + s * (1 / 1260.0 - s / 1680))) / n;
    }

    private double value(float[] output, int at, double x) {
        double o = output[at];
        return switch (likelihood) {
            case BERNOULLI -> softplus(o) - o * x;
            case MSE -> (x - o) * (x - o);
            case GAUSSIAN -> normal(x - o, 0);
            case GAUSSIAN_LEARNED -> normal(x - o, own[0]);
            case LAPLACE -> Math.log(2) + own[0] + Math.abs(x - o) * Math.exp(-own[0]);
            case CONTINUOUS_BERNOULLI -> continuousBernoulli(o, x);
            case GAUSSIAN_PER_VALUE -> normal(x - o, floored(output[at + run], Density.LEAST_LOGVAR));
            case DISCRETIZED_LOGISTIC ->
                logistic(o, floored(output[at + run], Density.LEAST_LOG_SCALE), Density.level((float) x, 256));
            case CATEGORICAL ->
                logSumExp(output, at, parameters, run) - output[at + run * Density.level((float) x, parameters)];
            case TABLE -> throw new IllegalStateException("a table has columns");
        };
    }

    private static double normal(double error, double v) {
        return 0.5 * (Math.log(2 * Math.PI) + v + error * error * Math.exp(-v));
    }

    private static double continuousBernoulli(double l, double x) {
        double a = Math.abs(l);
        double normalizer = a < 1e-4 ? -a / 2 + a * a / 24 : Math.log(-Math.expm1(-a) / a);
        return (l > 0 ? l * (1 - x) : -l * x) + normalizer;
    }

    private static double logistic(double mean, double s, int level) {
        int top = Density.LEVELS - 1;
        double inverse = Math.exp(-s);
        double a = ((level + 0.5) / top - mean) * inverse;
        double b = ((level - 0.5) / top - mean) * inverse;
        double sum = (level < top ? softplus(-a) : 0) + (level > 0 ? softplus(b) : 0);
        return level > 0 && level < top ? sum - Math.log(-Math.expm1(-inverse / top)) : sum;
    }

    private static double logSumExp(float[] logits, int at, int count, int stride) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int l = 0; l < count; l++) {
            largest = Math.max(largest, logits[at + l * stride]);
        }
        double sum = 0;
        for (int l = 0; l < count; l++) {
            sum += Math.exp(logits[at + l * stride] - largest);
        }
        return largest + Math.log(sum);
    }

    private static double floored(double u, double floor) {
        return floor + softplus(u - floor);
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
