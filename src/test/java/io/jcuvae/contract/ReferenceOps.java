package io.jcuvae.contract;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The primitive operations in double precision; the composite ones run as the contract composes them. */
final class ReferenceOps implements Ops {

    /** Reads and writes one tensor by index, so that the loops below look like the formulas. */
    private static final class View {
        private final double[] elements;
        private final int start;
        private final int columns;

        View(Tensor tensor) {
            elements = ReferenceBackend.elements(tensor);
            start = (int) tensor.offset();
            columns = tensor.columns();
        }

        double at(int i) {
            return elements[start + i];
        }

        double at(int r, int c) {
            return elements[start + r * columns + c];
        }

        void set(int i, double value) {
            elements[start + i] = value;
        }

        void set(int r, int c, double value) {
            elements[start + r * columns + c] = value;
        }
    }

    private static View view(Tensor tensor) {
        return new View(tensor);
    }

    private static void check(String op, boolean fits, Tensor... tensors) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes or types do not fit: "
                    + Arrays.stream(tensors)
                            .map(t -> t.buffer().type() + " " + t.shape())
                            .collect(Collectors.joining(", ")));
        }
    }

    private static boolean floats(Tensor... tensors) {
        return Arrays.stream(tensors).allMatch(t -> t.buffer().type() == ElementType.F32);
    }

    /** All are float tensors of B rows and D columns. */
    private static boolean matrices(int rows, int columns, Tensor... tensors) {
        return floats(tensors) && Arrays.stream(tensors).allMatch(t -> t.rows() == rows && t.columns() == columns);
    }

    /** All are float tensors of that many elements. */
    private static boolean vectors(long count, Tensor... tensors) {
        return floats(tensors) && Arrays.stream(tensors).allMatch(t -> t.count() == count);
    }

    private static boolean scalars(Tensor scalars) {
        return scalars.buffer().type() == ElementType.F64 && scalars.count() == Scalars.COUNT;
    }

    // ---- linear

    @Override
    public void matmul(Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate) {
        int inner = transposeA ? a.rows() : a.columns();
        check(
                "matmul",
                floats(c, a, b)
                        && (transposeA ? a.columns() : a.rows()) == c.rows()
                        && (transposeB ? b.columns() : b.rows()) == inner
                        && (transposeB ? b.rows() : b.columns()) == c.columns(),
                c,
                a,
                b);
        View cs = view(c);
        View as = view(a);
        View bs = view(b);
        int columns = c.columns();
        for (int m = 0; m < c.rows(); m++) {
            for (int n = 0; n < columns; n++) {
                double sum = accumulate ? cs.at(m, n) : 0;
                for (int k = 0; k < inner; k++) {
                    sum += (transposeA ? as.at(k, m) : as.at(m, k)) * (transposeB ? bs.at(n, k) : bs.at(k, n));
                }
                cs.set(m, n, sum);
            }
        }
    }

    @Override
    public void addBias(Tensor y, Tensor bias) {
        check("addBias", floats(y) && vectors(y.columns(), bias), y, bias);
        View ys = view(y);
        View bs = view(bias);
        for (int r = 0; r < y.rows(); r++) {
            for (int c = 0; c < y.columns(); c++) {
                ys.set(r, c, ys.at(r, c) + bs.at(c));
            }
        }
    }

    @Override
    public void sumRows(Tensor sum, Tensor x) {
        check("sumRows", floats(x) && vectors(x.columns(), sum), sum, x);
        View sums = view(sum);
        View xs = view(x);
        for (int c = 0; c < x.columns(); c++) {
            double total = 0;
            for (int r = 0; r < x.rows(); r++) {
                total += xs.at(r, c);
            }
            sums.set(c, total);
        }
    }

    // ---- activation

    /** f(x). */
    static double activation(Activation f, double x) {
        return switch (f) {
            case IDENTITY -> x;
            case RELU -> Math.max(x, 0);
            case TANH -> Math.tanh(x);
            case LEAKY_RELU -> x > 0 ? x : Activation.LEAKY_SLOPE * x;
            case SIGMOID -> sigmoid(x);
            case SOFTPLUS -> softplus(x);
            case ELU -> x > 0 ? x : Math.expm1(x);
            case GELU -> x * normalDistribution(x);
            case SILU -> x * sigmoid(x);
        };
    }

    /** f'(x), from y = f(x) where that is enough. */
    static double derivative(Activation f, double x, double y) {
        return switch (f) {
            case IDENTITY -> 1;
            case RELU -> y > 0 ? 1 : 0;
            case TANH -> 1 - y * y;
            case LEAKY_RELU -> y > 0 ? 1 : Activation.LEAKY_SLOPE;
            case SIGMOID -> y * (1 - y);
            case SOFTPLUS -> -Math.expm1(-y);
            case ELU -> y > 0 ? 1 : 1 + y;
            case GELU -> normalDistribution(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            case SILU -> sigmoid(x) * (1 + x * sigmoid(-x));
        };
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    private static double normalDistribution(double x) {
        return ErrorFunction.erfc(-x / Math.sqrt(2)) / 2;
    }

    @Override
    public void activate(Tensor y, Tensor x, Activation f) {
        check("activate", vectors(y.count(), y, x), y, x);
        View ys = view(y);
        View xs = view(x);
        for (int i = 0; i < y.count(); i++) {
            ys.set(i, activation(f, xs.at(i)));
        }
    }

    @Override
    public void activateBackward(Tensor dx, Tensor dy, Tensor x, Tensor y, Activation f) {
        check("activateBackward", vectors(dx.count(), dx, dy, x, y), dx, dy, x, y);
        View dxs = view(dx);
        View dys = view(dy);
        View xs = view(x);
        View ys = view(y);
        for (int i = 0; i < dx.count(); i++) {
            dxs.set(i, dys.at(i) * derivative(f, f.derivativeFromOutput() ? Double.NaN : xs.at(i), ys.at(i)));
        }
    }

    // ---- pictures

    @Override
    public void unfold(Tensor columns, Tensor x, Window window) {
        ReferenceSpatial.unfold(columns, x, window);
    }

    @Override
    public void fold(Tensor x, Tensor columns, Window window) {
        ReferenceSpatial.fold(x, columns, window);
    }

    @Override
    public void swapAxes(Tensor y, Tensor x) {
        ReferenceSpatial.swapAxes(y, x);
    }

    @Override
    public void upsample(Tensor y, Tensor x) {
        ReferenceSpatial.upsample(y, x);
    }

    @Override
    public void upsampleBackward(Tensor dx, Tensor dy) {
        ReferenceSpatial.upsampleBackward(dx, dy);
    }

    @Override
    public void add(Tensor y, Tensor a, Tensor b) {
        ReferenceSpatial.add(y, a, b);
    }

    // ---- the Gaussian posterior

    @Override
    public void reparameterize(Tensor z, Tensor head, Tensor noise) {
        int latents = z.columns();
        check(
                "reparameterize",
                matrices(z.rows(), latents, z, noise) && matrices(z.rows(), 2 * latents, head),
                z,
                head,
                noise);
        View zs = view(z);
        View heads = view(head);
        View e = view(noise);
        for (int r = 0; r < z.rows(); r++) {
            for (int i = 0; i < latents; i++) {
                zs.set(r, i, heads.at(r, i) + Math.exp(heads.at(r, latents + i) / 2) * e.at(r, i));
            }
        }
    }

    @Override
    public void gaussianKl(Tensor kl, Tensor head) {
        check("gaussianKl", vectors(head.rows(), kl) && floats(head) && head.columns() % 2 == 0, kl, head);
        int latents = head.columns() / 2;
        View kls = view(kl);
        View heads = view(head);
        for (int r = 0; r < head.rows(); r++) {
            double sum = 0;
            for (int i = 0; i < latents; i++) {
                double mu = heads.at(r, i);
                double logvar = heads.at(r, latents + i);
                sum += 1 + logvar - mu * mu - Math.exp(logvar);
            }
            kls.set(r, -0.5 * sum);
        }
    }

    @Override
    public void sampleGaussianBackward(Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights) {
        int latents = dz.columns();
        check(
                "sampleGaussianBackward",
                matrices(dz.rows(), latents, dz, noise)
                        && matrices(dz.rows(), 2 * latents, dhead, head)
                        && vectors(dz.rows(), weights),
                dhead,
                dz,
                head,
                noise,
                weights);
        View dheads = view(dhead);
        View dzs = view(dz);
        View heads = view(head);
        View e = view(noise);
        View w = view(weights);
        for (int r = 0; r < dz.rows(); r++) {
            for (int i = 0; i < latents; i++) {
                double mu = heads.at(r, i);
                double logvar = heads.at(r, latents + i);
                dheads.set(r, i, dzs.at(r, i) + w.at(r) * mu);
                dheads.set(
                        r,
                        latents + i,
                        dzs.at(r, i) * e.at(r, i) * Math.exp(logvar / 2) / 2 + w.at(r) * (Math.exp(logvar) - 1) / 2);
            }
        }
    }

    @Override
    public void gaussianLogRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise) {
        int latents = z.columns();
        check(
                "gaussianLogRatio",
                vectors(z.rows(), ratio)
                        && matrices(z.rows(), latents, z, noise)
                        && matrices(z.rows(), 2 * latents, head),
                ratio,
                z,
                head,
                noise);
        View ratios = view(ratio);
        View zs = view(z);
        View heads = view(head);
        View e = view(noise);
        for (int r = 0; r < z.rows(); r++) {
            double sum = 0;
            for (int i = 0; i < latents; i++) {
                sum += (heads.at(r, latents + i) + e.at(r, i) * e.at(r, i) - zs.at(r, i) * zs.at(r, i)) / 2;
            }
            ratios.set(r, sum);
        }
    }

    // ---- likelihoods

    @Override
    public void bernoulliRows(Tensor rows, Tensor logits, Tensor x) {
        checkRows("bernoulliRows", rows, logits, x);
        View sums = view(rows);
        View ls = view(logits);
        View xs = view(x);
        for (int r = 0; r < x.rows(); r++) {
            double sum = 0;
            for (int d = 0; d < x.columns(); d++) {
                sum += softplus(ls.at(r, d)) - ls.at(r, d) * xs.at(r, d);
            }
            sums.set(r, sum);
        }
    }

    @Override
    public void bernoulliBackward(Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        checkBackward("bernoulliBackward", dlogits, logits, x, weights);
        View dls = view(dlogits);
        View ls = view(logits);
        View xs = view(x);
        View w = view(weights);
        for (int r = 0; r < x.rows(); r++) {
            for (int d = 0; d < x.columns(); d++) {
                dls.set(r, d, w.at(r) * (sigmoid(ls.at(r, d)) - xs.at(r, d)));
            }
        }
    }

    @Override
    public void squaredErrorRows(Tensor rows, Tensor mean, Tensor x) {
        checkRows("squaredErrorRows", rows, mean, x);
        View sums = view(rows);
        for (int r = 0; r < x.rows(); r++) {
            sums.set(r, squaredError(view(mean), view(x), r, x.columns()));
        }
    }

    private static double squaredError(View mean, View x, int r, int width) {
        double sum = 0;
        for (int d = 0; d < width; d++) {
            double difference = x.at(r, d) - mean.at(r, d);
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    public void squaredErrorBackward(Tensor dmean, Tensor mean, Tensor x, Tensor weights) {
        checkBackward("squaredErrorBackward", dmean, mean, x, weights);
        View dmeans = view(dmean);
        View means = view(mean);
        View xs = view(x);
        View w = view(weights);
        for (int r = 0; r < x.rows(); r++) {
            for (int d = 0; d < x.columns(); d++) {
                dmeans.set(r, d, 2 * w.at(r) * (means.at(r, d) - xs.at(r, d)));
            }
        }
    }

    @Override
    public void gaussianRows(Tensor rows, Tensor mean, Tensor x, Tensor logvar) {
        checkRows("gaussianRows", rows, mean, x);
        check("gaussianRows", vectors(1, logvar), logvar);
        View sums = view(rows);
        double v = view(logvar).at(0);
        for (int r = 0; r < x.rows(); r++) {
            double error = squaredError(view(mean), view(x), r, x.columns());
            sums.set(r, (x.columns() * (Math.log(2 * Math.PI) + v) + error * Math.exp(-v)) / 2);
        }
    }

    @Override
    public void gaussianBackward(Tensor dmean, Tensor dlogvar, Tensor mean, Tensor x, Tensor logvar, Tensor weights) {
        checkBackward("gaussianBackward", dmean, mean, x, weights);
        check("gaussianBackward", vectors(1, logvar) && (dlogvar == null || vectors(1, dlogvar)), logvar);
        View dmeans = view(dmean);
        View means = view(mean);
        View xs = view(x);
        View w = view(weights);
        double precision = Math.exp(-view(logvar).at(0));
        double sum = 0;
        for (int r = 0; r < x.rows(); r++) {
            for (int d = 0; d < x.columns(); d++) {
                double difference = means.at(r, d) - xs.at(r, d);
                dmeans.set(r, d, w.at(r) * difference * precision);
                sum += w.at(r) * (1 - difference * difference * precision) / 2;
            }
        }
        if (dlogvar != null) {
            view(dlogvar).set(0, sum);
        }
    }

    private static boolean density(Tensor output, Tensor x, Density density, int run) {
        int parameters = output.columns() / x.columns();
        return matrices(x.rows(), x.columns(), x)
                && matrices(x.rows(), parameters * x.columns(), output)
                && density.takes(parameters)
                && x.columns() % run == 0;
    }

    @Override
    public void densityRows(Tensor rows, Tensor output, Tensor x, Density density, int run) {
        check("densityRows", density(output, x, density, run) && vectors(x.rows(), rows), rows, output, x);
        ReferenceDensity.rows(rows, output, x, density, run);
    }

    @Override
    public void densityBackward(Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        boolean fits = density(output, x, density, run) && density(doutput, x, density, run);
        check("densityBackward", fits && vectors(x.rows(), weights), doutput, output, x, weights);
        ReferenceDensity.backward(doutput, output, x, weights, density, run);
    }

    @Override
    public void densityMean(Tensor mean, Tensor output, Density density, int run) {
        check("densityMean", density(output, mean, density, run), mean, output);
        ReferenceDensity.mean(mean, output, density, run);
    }

    private static boolean table(Tensor x, Tensor columns) {
        return matrices(x.columns(), TableLayout.FIELDS, columns);
    }

    @Override
    public void tableInput(Tensor input, Tensor x, Tensor columns) {
        check("tableInput", table(x, columns) && input.rows() == x.rows(), input, x);
        ReferenceTable.input(input, x, columns);
    }

    @Override
    public void tableRows(Tensor rows, Tensor output, Tensor x, Tensor logvar, Tensor columns) {
        boolean fits = table(x, columns) && output.rows() == x.rows() && vectors(x.columns(), logvar);
        check("tableRows", fits && vectors(x.rows(), rows), rows, output, x, logvar);
        ReferenceTable.rows(rows, output, x, logvar, columns);
    }

    @Override
    public void tableBackward(
            Tensor doutput, Tensor dlogvar, Tensor output, Tensor x, Tensor logvar, Tensor columns, Tensor weights) {
        boolean fits = table(x, columns) && matrices(x.rows(), output.columns(), output, doutput);
        check("tableBackward", fits && matrices(x.rows(), x.columns(), x, dlogvar), doutput, dlogvar, output, x);
        ReferenceTable.backward(doutput, dlogvar, output, x, logvar, columns, weights);
    }

    @Override
    public void tableMean(Tensor mean, Tensor output, Tensor columns) {
        check("tableMean", table(mean, columns) && output.rows() == mean.rows(), mean, output);
        ReferenceTable.mean(mean, output, columns);
    }

    @Override
    public void laplaceRows(Tensor rows, Tensor mean, Tensor x, Tensor logscale) {
        checkRows("laplaceRows", rows, mean, x);
        double s = view(logscale).at(0);
        for (int r = 0; r < x.rows(); r++) {
            double sum = 0;
            for (int d = 0; d < x.columns(); d++) {
                sum += Math.log(2) + s + Math.abs(view(x).at(r, d) - view(mean).at(r, d)) * Math.exp(-s);
            }
            view(rows).set(r, sum);
        }
    }

    @Override
    public void laplaceBackward(
            Tensor dmean, Tensor dlogscale, Tensor mean, Tensor x, Tensor logscale, Tensor weights) {
        checkBackward("laplaceBackward", dmean, mean, x, weights);
        double inverse = Math.exp(-view(logscale).at(0));
        double sum = 0;
        for (int r = 0; r < x.rows(); r++) {
            for (int d = 0; d < x.columns(); d++) {
                double difference = view(mean).at(r, d) - view(x).at(r, d);
                view(dmean).set(r, d, view(weights).at(r) * Math.signum(difference) * inverse);
                sum += view(weights).at(r) * (1 - Math.abs(difference) * inverse);
            }
        }
        view(dlogscale).set(0, sum);
    }

    private static void checkRows(String op, Tensor rows, Tensor output, Tensor x) {
        check(op, vectors(x.rows(), rows) && matrices(x.rows(), x.columns(), output, x), rows, output, x);
    }

    private static void checkBackward(String op, Tensor doutput, Tensor output, Tensor x, Tensor weights) {
        check(
                op,
                vectors(x.rows(), weights) && matrices(x.rows(), x.columns(), doutput, output, x),
                doutput,
                output,
                x,
                weights);
    }

    // ---- norms and dropout

    @Override
    public void columnMoments(Tensor mean, Tensor variance, Tensor x) {
        check("columnMoments", floats(x) && vectors(x.columns(), mean, variance), mean, variance, x);
        ReferenceNorm.moments(mean, variance, x);
    }

    @Override
    public void normalizeColumns(
            Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon) {
        check("normalizeColumns", columns(x, y) && vectors(x.columns(), mean, variance, weight, bias), y, x, mean);
        ReferenceNorm.normalize(y, x, mean, variance, weight, bias, epsilon);
    }

    @Override
    public void batchNormBackward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor variance,
            Tensor weight,
            float epsilon) {
        check(
                "batchNormBackward",
                columns(x, dx == null ? dy : dx, dy) && vectors(x.columns(), dweight, dbias, mean, variance, weight),
                dweight,
                dbias,
                dy,
                x);
        ReferenceNorm.backward(dx, dweight, dbias, dy, x, mean, variance, weight, epsilon);
    }

    @Override
    public void trackMoments(
            Tensor runningMean,
            Tensor runningVariance,
            Tensor batches,
            Tensor mean,
            Tensor variance,
            Tensor scalars,
            int rows,
            float momentum) {
        boolean fits = vectors(mean.count(), runningMean, runningVariance, mean, variance) && vectors(2, batches);
        check("trackMoments", fits && scalars(scalars) && rows > 1, runningMean, runningVariance, mean, variance);
        if (!halted(scalars)) {
            ReferenceNorm.track(runningMean, runningVariance, batches, mean, variance, rows, momentum);
        }
    }

    @Override
    public void layerNorm(
            Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon) {
        boolean fits = columns(x, y) && vectors(x.rows(), mean, deviation) && vectors(x.columns(), weight, bias);
        check("layerNorm", fits, y, mean, deviation, x, weight, bias);
        ReferenceNorm.layerNorm(y, mean, deviation, x, weight, bias, epsilon);
    }

    @Override
    public void layerNormBackward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor deviation,
            Tensor weight) {
        boolean fits = columns(x, dx == null ? dy : dx, dy) && vectors(x.rows(), mean, deviation);
        check("layerNormBackward", fits && vectors(x.columns(), dweight, dbias, weight), dweight, dbias, dy, x);
        ReferenceNorm.layerNormBackward(dx, dweight, dbias, dy, x, mean, deviation, weight);
    }

    private static boolean columns(Tensor x, Tensor... like) {
        return matrices(x.rows(), x.columns(), x) && matrices(x.rows(), x.columns(), like);
    }

    @Override
    public void dropoutMask(Tensor mask, Tensor scalars, float rate, long key) {
        check("dropoutMask", floats(mask) && scalars(scalars), mask, scalars);
        ReferenceNorm.mask(mask, (long) get(scalars, Scalars.ROWS_TRAINED), rate, key);
    }

    @Override
    public void multiply(Tensor y, Tensor a, Tensor b) {
        check("multiply", vectors(y.count(), y, a, b), y, a, b);
        View ys = view(y);
        View as = view(a);
        View bs = view(b);
        for (int i = 0; i < y.count(); i++) {
            ys.set(i, as.at(i) * bs.at(i));
        }
    }

    // ---- objective

    @Override
    public void elbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        check(
                "elbo",
                vectors(loss.count(), loss, klWeights, reconstruction, kl) && scalars(scalars),
                loss,
                klWeights,
                reconstruction,
                kl,
                scalars);
        double beta = get(scalars, Scalars.BETA);
        for (int r = 0; r < loss.count(); r++) {
            view(loss).set(r, view(reconstruction).at(r) + beta * view(kl).at(r));
            view(klWeights).set(r, scale * beta);
        }
    }

    // ---- structure and step

    @Override
    public void fill(Tensor x, float value) {
        check("fill", floats(x), x);
        for (int i = 0; i < x.count(); i++) {
            view(x).set(i, value);
        }
    }

    @Override
    public void repeatRows(Tensor y, Tensor x) {
        check("repeatRows", floats(y, x) && y.columns() == x.columns() && y.rows() % x.rows() == 0, y, x);
        int times = y.rows() / x.rows();
        for (int r = 0; r < y.rows(); r++) {
            for (int d = 0; d < y.columns(); d++) {
                view(y).set(r, d, view(x).at(r / times, d));
            }
        }
    }

    /** Bytes are divided and compared in single precision: that is the definition, so that all draw the same picture. */
    @Override
    public void gather(Tensor x, Tensor data, Tensor order, Tensor scalars, Binarization binarization, long key) {
        boolean bytes = data.buffer().type() == ElementType.U8;
        int width = x.columns();
        check(
                "gather",
                floats(x)
                        && (bytes || floats(data))
                        && data.columns() == width
                        && order.buffer().type() == ElementType.I32
                        && scalars(scalars),
                x,
                data,
                order,
                scalars);
        gather(x, data, Integer.MAX_VALUE, order, scalars, binarization, key);
    }

    @Override
    public void gatherFed(Tensor x, Tensor ring, Tensor order, Tensor scalars, Binarization binarization, long key) {
        boolean bytes = ring.buffer().type() == ElementType.U8;
        check(
                "gatherFed",
                floats(x)
                        && (bytes || floats(ring))
                        && ring.columns() == x.columns()
                        && ring.rows() >= x.rows()
                        && order.buffer().type() == ElementType.I32
                        && scalars(scalars),
                x,
                ring,
                order,
                scalars);
        gather(x, ring, ring.rows(), order, scalars, binarization, key);
    }

    private static void gather(
            Tensor x, Tensor data, int window, Tensor order, Tensor scalars, Binarization binarization, long key) {
        boolean bytes = data.buffer().type() == ElementType.U8;
        int width = x.columns();
        int position = (int) get(scalars, Scalars.ORDER_POSITION);
        int epoch = binarization == Binarization.DYNAMIC ? (int) get(scalars, Scalars.EPOCH) : 0;
        float[] uniforms = new float[width];
        for (int r = 0; r < x.rows(); r++) {
            int row = (int) view(order).at(position + r);
            Philox.fillUniform(uniforms, 0, width, key, epoch, (long) row * width);
            for (int d = 0; d < width; d++) {
                double stored = view(data).at(window == Integer.MAX_VALUE ? row : (position + r) % window, d);
                double value = bytes ? (float) stored / 255f : stored;
                view(x).set(r, d, binarization == Binarization.NONE ? value : uniforms[d] < value ? 1 : 0);
            }
        }
    }

    @Override
    public void quantize(Tensor bytes, Tensor x) {
        check("quantize", bytes.buffer().type() == ElementType.U8 && floats(x) && bytes.count() == x.count(), bytes, x);
        for (int i = 0; i < x.count(); i++) {
            double pixel = Math.floor(255 * view(x).at(i) + 0.5);
            view(bytes).set(i, Double.isNaN(pixel) ? 0 : Math.min(255, Math.max(0, pixel)));
        }
    }

    @Override
    public void normal(Tensor noise, Tensor scalars, long key) {
        check("normal", floats(noise) && scalars(scalars), noise, scalars);
        float[] values = new float[(int) noise.count()];
        Philox.fillNormal(values, 0, values.length, key, (long) get(scalars, Scalars.NOISE_POSITION));
        for (int i = 0; i < values.length; i++) {
            view(noise).set(i, values[i]);
        }
    }

    private static double get(Tensor scalars, Scalars slot) {
        return view(scalars).at(slot.ordinal());
    }

    private static void set(Tensor scalars, Scalars slot, double value) {
        view(scalars).set(slot.ordinal(), value);
    }

    private static void add(Tensor scalars, Scalars slot, double value) {
        set(scalars, slot, get(scalars, slot) + value);
    }

    private static boolean halted(Tensor scalars) {
        return get(scalars, Scalars.HALTED_AT) != 0;
    }

    @Override
    public void beginStep(Tensor scalars, float beta1, float beta2) {
        check("beginStep", scalars(scalars), scalars);
        if (!halted(scalars)) {
            add(scalars, Scalars.STEP, 1);
            double t = get(scalars, Scalars.STEP);
            set(scalars, Scalars.ADAM_CORRECTION_1, 1 - Math.pow(beta1, t));
            set(scalars, Scalars.ADAM_CORRECTION_2, 1 - Math.pow(beta2, t));
        }
    }

    @Override
    public void recordLoss(Tensor scalars, Tensor loss, Tensor reconstruction, Tensor kl) {
        check(
                "recordLoss",
                scalars(scalars) && vectors(loss.count(), loss, reconstruction, kl),
                scalars,
                loss,
                reconstruction,
                kl);
        double lossSum = sum(loss);
        double reconstructionSum = sum(reconstruction);
        double klSum = sum(kl);
        if (halted(scalars)) {
            return;
        }
        if (!Double.isFinite(lossSum) || !Double.isFinite(reconstructionSum) || !Double.isFinite(klSum)) {
            set(scalars, Scalars.HALTED_AT, get(scalars, Scalars.STEP));
            return;
        }
        add(scalars, Scalars.LOSS_SUM, lossSum);
        add(scalars, Scalars.RECONSTRUCTION_SUM, reconstructionSum);
        add(scalars, Scalars.KL_SUM, klSum);
        add(scalars, Scalars.SAMPLES, loss.count());
    }

    private static double sum(Tensor rows) {
        double sum = 0;
        for (int r = 0; r < rows.count(); r++) {
            sum += view(rows).at(r);
        }
        return sum;
    }

    @Override
    public void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon) {
        check("adam", vectors(p.count(), p, m, v, g) && scalars(scalars), p, m, v, g, scalars);
        if (halted(scalars)) {
            return;
        }
        double rate = get(scalars, Scalars.LEARNING_RATE);
        double correction1 = get(scalars, Scalars.ADAM_CORRECTION_1);
        double correction2 = get(scalars, Scalars.ADAM_CORRECTION_2);
        View ps = view(p);
        View ms = view(m);
        View vs = view(v);
        View gs = view(g);
        for (int i = 0; i < p.count(); i++) {
            ms.set(i, beta1 * ms.at(i) + (1 - (double) beta1) * gs.at(i));
            vs.set(i, beta2 * vs.at(i) + (1 - (double) beta2) * gs.at(i) * gs.at(i));
            ps.set(i, ps.at(i) - rate * (ms.at(i) / correction1) / (Math.sqrt(vs.at(i) / correction2) + epsilon));
        }
    }

    @Override
    public void endStep(Tensor scalars, int rows, long noiseValues) {
        check("endStep", scalars(scalars), scalars);
        if (!halted(scalars)) {
            add(scalars, Scalars.ORDER_POSITION, rows);
            add(scalars, Scalars.ROWS_TRAINED, rows);
            add(scalars, Scalars.NOISE_POSITION, noiseValues);
        }
    }

    // ---- the options of training

    @Override
    public void schedule(Tensor scalars, Tensor table) {
        ReferenceTraining.schedule(scalars, table);
    }

    @Override
    public void freeBits(Tensor kl, Tensor active, Tensor head, float floor) {
        ReferenceTraining.freeBits(kl, active, head, floor);
    }

    @Override
    public void sampleGaussianBackwardWeighted(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights) {
        ReferenceTraining.sampleGaussianBackwardWeighted(dhead, dz, head, noise, weights, latentWeights);
    }

    @Override
    public void capacityElbo(
            Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        ReferenceTraining.capacityElbo(loss, klWeights, reconstruction, kl, scalars, scale);
    }

    @Override
    public void add(Tensor total, Tensor x) {
        ReferenceTraining.add(total, x);
    }

    @Override
    public void gradientNorm(Tensor scalars, Tensor g, float scale, float limit) {
        ReferenceTraining.gradientNorm(scalars, g, scale, limit);
    }

    @Override
    public void adamW(
            Tensor p,
            Tensor m,
            Tensor v,
            Tensor g,
            Tensor decay,
            Tensor scalars,
            float beta1,
            float beta2,
            float epsilon,
            float scale) {
        ReferenceTraining.adamW(p, m, v, g, decay, scalars, beta1, beta2, epsilon, scale);
    }

    @Override
    public void average(Tensor average, Tensor p, Tensor scalars, double decay) {
        ReferenceTraining.average(average, p, scalars, decay);
    }

    // ---- learned priors

    @Override
    public void mixtureLogRatio(
            Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor components, Tensor logits) {
        ReferencePriors.mixtureLogRatio(ratio, shares, z, head, noise, components, logits);
    }

    @Override
    public void mixtureLogRatioBackward(
            Tensor slope,
            Tensor dcomponents,
            Tensor dlogits,
            Tensor shares,
            Tensor z,
            Tensor components,
            Tensor logits,
            Tensor weights) {
        ReferencePriors.mixtureLogRatioBackward(slope, dcomponents, dlogits, shares, z, components, logits, weights);
    }

    @Override
    public void meanOfDraws(Tensor mean, Tensor rows, float factor) {
        ReferencePriors.meanOfDraws(mean, rows, factor);
    }

    @Override
    public void clamp(Tensor y, Tensor x, float low, float high) {
        ReferencePriors.clamp(y, x, low, high);
    }

    @Override
    public void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high) {
        ReferencePriors.clampBackward(dx, dy, x, low, high);
    }

    // ---- objectives beside the ELBO

    @Override
    public void drawGaussian(Tensor z, Tensor ratio, Tensor head, Tensor noise) {
        ReferenceObjectives.drawGaussian(z, ratio, head, noise);
    }

    @Override
    public void importance(
            Tensor loss,
            Tensor reconstruction,
            Tensor weights,
            Tensor ratioWeights,
            Tensor factors,
            Tensor rows,
            Tensor ratio,
            Tensor scalars,
            float scale) {
        ReferenceObjectives.importance(
                loss, reconstruction, weights, ratioWeights, factors, rows, ratio, scalars, scale);
    }

    @Override
    public void drawGaussianBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors) {
        ReferenceObjectives.drawGaussianBackward(dhead, dz, head, noise, z, ratioWeights, factors);
    }

    @Override
    public void totalCorrelation(
            Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset) {
        ReferenceObjectives.totalCorrelation(values, pairs, joint, marginals, z, head, offset);
    }

    @Override
    public void totalCorrelationBackward(
            Tensor dz,
            Tensor dhead,
            Tensor pairs,
            Tensor joint,
            Tensor marginals,
            Tensor z,
            Tensor head,
            float weight) {
        ReferenceObjectives.totalCorrelationBackward(dz, dhead, pairs, joint, marginals, z, head, weight);
    }

    @Override
    public void addTerm(Tensor loss, Tensor values, float factor) {
        ReferenceObjectives.addTerm(loss, values, factor);
    }

    @Override
    public void recordTerm(Tensor scalars, Tensor values) {
        ReferenceObjectives.recordTerm(scalars, values);
    }

    // ---- codebooks

    @Override
    public void codeNorms(Tensor norms, Tensor codebook) {
        ReferenceCodebook.norms(norms, codebook);
    }

    @Override
    public void leastDistances(Tensor codes, Tensor products, Tensor norms) {
        ReferenceCodebook.leastDistances(codes, products, norms);
    }

    @Override
    public void lookUpCodes(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor) {
        ReferenceCodebook.lookUp(z, rows, x, codes, codebook, factor);
    }

    @Override
    public void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight) {
        ReferenceCodebook.straightThrough(dx, dz, x, z, weight);
    }

    @Override
    public void trackCodes(
            Tensor codebook,
            Tensor counts,
            Tensor sums,
            Tensor revived,
            Tensor total,
            Tensor x,
            Tensor codes,
            Tensor scalars,
            float decay,
            float threshold,
            long key) {
        ReferenceCodebook.track(codebook, counts, sums, revived, total, x, codes, scalars, decay, threshold, key);
    }

    @Override
    public void discrepancy(Tensor values, Tensor slopes, Tensor z, Tensor prior) {
        ReferenceDiscrepancy.forward(values, slopes, z, prior);
    }

    @Override
    public void discrepancyBackward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight) {
        ReferenceDiscrepancy.backward(dz, slopes, z, prior, weight);
    }

    // ---- labels

    @Override
    public void gatherOneHot(Tensor y, Tensor labels, Tensor order, Tensor scalars) {
        ReferenceCondition.gatherOneHot(y, labels, order, scalars);
    }

    @Override
    public void joinColumns(Tensor y, Tensor a, Tensor b) {
        ReferenceCondition.joinColumns(y, a, b);
    }

    @Override
    public void firstColumns(Tensor x, Tensor y) {
        ReferenceCondition.firstColumns(x, y);
    }

    // ---- two stochastic layers

    @Override
    public void conditionalPrior(Tensor ratio, Tensor upper, Tensor z, Tensor prior) {
        ReferenceHierarchy.conditionalPrior(ratio, upper, z, prior);
    }

    @Override
    public void conditionalPriorBackward(Tensor dz, Tensor dprior, Tensor z, Tensor prior, Tensor weights) {
        ReferenceHierarchy.conditionalPriorBackward(dz, dprior, z, prior, weights);
    }

    @Override
    public void meanDivergence(Tensor kl, Tensor ratio) {
        ReferenceHierarchy.meanDivergence(kl, ratio);
    }

    @Override
    public void splitColumns(Tensor first, Tensor second, Tensor both) {
        ReferenceHierarchy.splitColumns(first, second, both);
    }

    // ---- measures

    @Override
    public void bernoulliDraws(Tensor rows, Tensor logits, Tensor x) {
        ReferenceMeasures.bernoulliDraws(rows, logits, x);
    }

    @Override
    public void startWeights(Tensor state) {
        ReferenceMeasures.startWeights(state);
    }

    @Override
    public void addWeights(Tensor state, Tensor rows, Tensor ratio, int counted) {
        ReferenceMeasures.addWeights(state, rows, ratio, counted);
    }

    @Override
    public void meanWeight(Tensor loss, Tensor state, long draws) {
        ReferenceMeasures.meanWeight(loss, state, draws);
    }
}
