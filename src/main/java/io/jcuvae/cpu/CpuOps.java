package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.bytes;
import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.ints;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;
import java.util.Arrays;

/**
 * The operations on heap arrays. Every sum runs in an order that depends on shapes alone, so the number of threads never
 * shows in the result.
 */
final class CpuOps implements Ops {
    // Long because it is the contract verb by verb; the loops are in the classes beside it.

    /** Elements of an elementwise task: some tens of microseconds of work. */
    private static final int CHUNK = 1 << 15;
    /** Columns of a task that sums over rows. */
    private static final int STRIP = 128;
    /** Normals of a task, a multiple of four so that no Philox block is computed twice. */
    private static final int NOISE_CHUNK = 512;

    private final Workers workers;
    private final Gemm gemm;
    private final int processors;
    private final Norms norms;
    private final Densities densities;
    private final TableLoops tables;
    private final ThreadLocal<ActivationLoops> activations = ThreadLocal.withInitial(ActivationLoops::new);
    private final ThreadLocal<PhiloxLoops> draws = ThreadLocal.withInitial(PhiloxLoops::new);
    private final ThreadLocal<PixelLoops> pixels = ThreadLocal.withInitial(PixelLoops::new);
    private final TrainingLoops training;
    private final ObjectiveLoops variants;
    private final Convolutions convolutions;
    private final Rearrangement rearrangement;
    private final ConditionLoops conditions;
    private final CodebookLoops codebooks;
    private final PriorLoops priors;
    private final HierarchyLoops hierarchies;
    private final DiscrepancyLoops discrepancies;
    private final CorrelationLoops correlations;
    private final MeasureLoops measures;
    private final ThreadLocal<LikelihoodLoops> likelihoods = ThreadLocal.withInitial(LikelihoodLoops::new);

    CpuOps(Workers workers, Gemm gemm, int processors, int piece) {
        this.workers = workers;
        this.gemm = gemm;
        this.processors = processors;
        training = new TrainingLoops(workers);
        variants = new ObjectiveLoops(workers);
        convolutions = new Convolutions(workers, gemm, processors, piece);
        rearrangement = new Rearrangement(workers);
        conditions = new ConditionLoops(workers);
        codebooks = new CodebookLoops(workers);
        priors = new PriorLoops(workers);
        hierarchies = new HierarchyLoops(workers);
        discrepancies = new DiscrepancyLoops(workers);
        correlations = new CorrelationLoops(workers);
        measures = new MeasureLoops(workers);
        norms = new Norms(workers);
        densities = new Densities(workers);
        tables = new TableLoops(workers);
    }

    /** A part of a vector: elements start .. end - 1. */
    @FunctionalInterface
    private interface Range {
        void accept(int start, int end);
    }

    private void chunks(long count, int chunk, Range range) {
        int n = Math.toIntExact(count);
        workers.run((n + chunk - 1) / chunk, i -> range.accept(i * chunk, Math.min(n, (i + 1) * chunk)));
    }

    /** Rows in tasks of about {@link #CHUNK} elements. */
    private void rows(int rows, int width, Range range) {
        chunks(rows, Math.max(1, CHUNK / 2 / width), range);
    }

    private static void check(boolean fits, String op, Tensor... tensors) {
        if (!fits) {
            StringBuilder shapes = new StringBuilder();
            for (Tensor tensor : tensors) {
                shapes.append(' ').append(tensor.shape());
            }
            throw new IllegalArgumentException(op + ": shapes do not fit:" + shapes);
        }
    }

    // ---- linear

    @Override
    public void matmul(Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate) {
        MatrixProduct product = new MatrixProduct(gemm, processors, c, a, transposeA, b, transposeB, accumulate);
        workers.run(product.tiles(), product::multiply);
    }

    @Override
    public void addBias(Tensor y, Tensor bias) {
        check(y.columns() == bias.count(), "addBias", y, bias);
        int width = y.columns();
        rows(y.rows(), width, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                activations.get().add(floats(y), start(y) + r * width, floats(bias), start(bias), width);
            }
        });
    }

    @Override
    public void sumRows(Tensor sum, Tensor x) {
        check(x.columns() == sum.count(), "sumRows", sum, x);
        chunks(x.columns(), STRIP, (c0, c1) -> sumRows(sum, x, c0, c1));
    }

    private static void sumRows(Tensor sum, Tensor x, int c0, int c1) {
        float[] sums = new float[STRIP];
        StepLoops.sumRows(sums, new float[STRIP], floats(x), start(x) + c0, x.columns(), x.rows(), c1 - c0);
        System.arraycopy(sums, 0, floats(sum), start(sum) + c0, c1 - c0);
    }

    // ---- activation

    @Override
    public void activate(Tensor y, Tensor x, Activation f) {
        check(y.count() == x.count(), "activate", y, x);
        chunks(
                y.count(),
                CHUNK,
                (i, end) -> activations.get().forward(floats(y), start(y) + i, floats(x), start(x) + i, end - i, f));
    }

    @Override
    public void activateBackward(Tensor dx, Tensor dy, Tensor x, Tensor y, Activation f) {
        check(dx.count() == dy.count() && dx.count() == y.count(), "activateBackward", dx, dy, x, y);
        chunks(dx.count(), CHUNK, (i, end) -> backward(dx, dy, x, y, f, i, end - i));
    }

    private void backward(Tensor dx, Tensor dy, Tensor x, Tensor y, Activation f, int at, int count) {
        activations
                .get()
                .backward(
                        floats(dx),
                        start(dx) + at,
                        floats(dy),
                        start(dy) + at,
                        floats(x),
                        start(x) + at,
                        floats(y),
                        start(y) + at,
                        count,
                        f);
    }

    /**
     * The bias is laid out before and the product added to it, which costs less than clearing and adding it after; the
     * activation follows in the thread that made the tile, while it is in its cache.
     */
    @Override
    public void dense(Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f) {
        check(a.count() == y.count() && bias.count() == y.columns(), "dense", y, a, bias);
        MatrixProduct product = new MatrixProduct(gemm, processors, a, x, false, w, true, true);
        boolean separate = f != Activation.IDENTITY || !a.equals(y);
        workers.run(product.tiles(), tile -> {
            int from = product.firstColumn(tile);
            int count = product.endColumn(tile) - from;
            for (int r = product.firstRow(tile); r < product.endRow(tile); r++) {
                System.arraycopy(floats(bias), start(bias) + from, floats(a), start(a) + r * a.columns() + from, count);
            }
            product.multiply(tile);
            if (separate) {
                activate(y, a, f, product.firstRow(tile), product.endRow(tile), from, count);
            }
        });
    }

    private void activate(Tensor y, Tensor a, Activation f, int r0, int r1, int from, int count) {
        int width = y.columns();
        ActivationLoops loops = activations.get();
        if (count == width) {
            loops.forward(floats(y), start(y) + r0 * width, floats(a), start(a) + r0 * width, (r1 - r0) * width, f);
            return;
        }
        for (int r = r0; r < r1; r++) {
            int at = r * width + from;
            loops.forward(floats(y), start(y) + at, floats(a), start(a) + at, count, f);
        }
    }

    /** The bias gradient is summed while da is made. */
    @Override
    public void biasActivateBackward(Tensor dbias, Tensor dy, Tensor a, Tensor y, Activation f) {
        check(y.count() == dy.count() && dbias.count() == dy.columns(), "biasActivateBackward", dbias, dy, y);
        int width = dy.columns();
        chunks(width, STRIP, (c0, c1) -> {
            if (f != Activation.IDENTITY) {
                for (int r = 0; r < dy.rows(); r++) {
                    backward(dy, dy, a, y, f, r * width + c0, c1 - c0);
                }
            }
            sumRows(dbias, dy, c0, c1);
        });
    }

    /** Once da is made, the tiles of both products are one job. */
    @Override
    public void denseBackward(
            Tensor dx, Tensor dw, Tensor dbias, Tensor dy, Tensor x, Tensor w, Tensor a, Tensor y, Activation f) {
        biasActivateBackward(dbias, dy, a, y, f);
        MatrixProduct forWeights = new MatrixProduct(gemm, processors, dw, dy, true, x, false, false);
        if (dx == null) {
            workers.run(forWeights.tiles(), forWeights::multiply);
            return;
        }
        MatrixProduct forInput = new MatrixProduct(gemm, processors, dx, dy, false, w, false, false);
        int first = forWeights.tiles();
        workers.run(first + forInput.tiles(), tile -> {
            if (tile < first) {
                forWeights.multiply(tile);
            } else {
                forInput.multiply(tile - first);
            }
        });
    }

    // ---- pictures

    @Override
    public void unfold(Tensor columns, Tensor x, Window window) {
        convolutions.unfold(columns, x, window);
    }

    @Override
    public void fold(Tensor x, Tensor columns, Window window) {
        convolutions.fold(x, columns, window);
    }

    @Override
    public void swapAxes(Tensor y, Tensor x) {
        rearrangement.swapAxes(y, x);
    }

    @Override
    public void upsample(Tensor y, Tensor x) {
        rearrangement.upsample(y, x, false);
    }

    @Override
    public void upsampleBackward(Tensor dx, Tensor dy) {
        rearrangement.upsample(dy, dx, true);
    }

    @Override
    public void add(Tensor y, Tensor a, Tensor b) {
        check(y.count() == a.count() && y.count() == b.count(), "add", y, a, b);
        chunks(
                y.count(),
                CHUNK,
                (i, end) -> activations
                        .get()
                        .add(floats(y), start(y) + i, floats(a), start(a) + i, floats(b), start(b) + i, end - i));
    }

    @Override
    public void conv2d(Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f, Window window, Tensor room) {
        if (window.isPoint()) {
            dense(y.pixels(), a.pixels(), x.pixels(), w, bias, f);
        } else {
            convolutions.forward(y, a, x, w, bias, f, window);
        }
    }

    @Override
    public void conv2dBackward(
            Tensor dx,
            Tensor dw,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor a,
            Tensor y,
            Activation f,
            Window window,
            Tensor room) {
        if (window.isPoint()) {
            denseBackward(
                    dx == null ? null : dx.pixels(), dw, dbias, dy.pixels(), x.pixels(), w, a.pixels(), y.pixels(), f);
        } else {
            convolutions.backward(dx, dw, dbias, dy, x, w, a, y, f, window);
        }
    }

    @Override
    public void convTranspose2d(
            Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f, Window window, Tensor room) {
        convolutions.forwardTransposed(y, a, x, w, bias, f, window);
    }

    @Override
    public void convTranspose2dBackward(
            Tensor dx,
            Tensor dw,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor a,
            Tensor y,
            Activation f,
            Window window,
            Tensor room) {
        convolutions.backwardTransposed(dx, dw, dbias, dy, x, w, a, y, f, window);
    }

    // ---- the Gaussian posterior

    @Override
    public void reparameterize(Tensor z, Tensor head, Tensor noise) {
        int latents = checkedLatents("reparameterize", z, head, noise);
        gaussianRows(
                z.rows(),
                latents,
                r -> GaussianLoops.reparameterize(
                        floats(z),
                        start(z) + r * latents,
                        floats(head),
                        start(head) + 2 * r * latents,
                        floats(noise),
                        start(noise) + r * latents,
                        latents));
    }

    @Override
    public void gaussianKl(Tensor kl, Tensor head) {
        int latents = head.columns() / 2;
        check(kl.count() == head.rows(), "gaussianKl", kl, head);
        gaussianRows(
                head.rows(),
                latents,
                r -> floats(kl)[start(kl) + r] =
                        GaussianLoops.kl(floats(head), start(head) + 2 * r * latents, latents));
    }

    @Override
    public void sampleGaussian(Tensor z, Tensor kl, Tensor head, Tensor noise) {
        int latents = checkedLatents("sampleGaussian", z, head, noise);
        gaussianRows(
                z.rows(),
                latents,
                r -> floats(kl)[start(kl) + r] = GaussianLoops.sample(
                        floats(z),
                        start(z) + r * latents,
                        floats(head),
                        start(head) + 2 * r * latents,
                        floats(noise),
                        start(noise) + r * latents,
                        latents));
    }

    @Override
    public void sampleGaussianBackward(Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights) {
        int latents = checkedLatents("sampleGaussianBackward", dz, head, noise);
        gaussianRows(
                dz.rows(),
                latents,
                r -> GaussianLoops.backward(
                        floats(dhead),
                        start(dhead) + 2 * r * latents,
                        floats(dz),
                        start(dz) + r * latents,
                        floats(head),
                        start(head) + 2 * r * latents,
                        floats(noise),
                        start(noise) + r * latents,
                        latents,
                        floats(weights)[start(weights) + r]));
    }

    @Override
    public void gaussianLogRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise) {
        int latents = checkedLatents("gaussianLogRatio", z, head, noise);
        gaussianRows(
                z.rows(),
                latents,
                r -> floats(ratio)[start(ratio) + r] = GaussianLoops.logRatio(
                        floats(z),
                        start(z) + r * latents,
                        floats(head),
                        start(head) + 2 * r * latents,
                        floats(noise),
                        start(noise) + r * latents,
                        latents));
    }

    private static int checkedLatents(String op, Tensor z, Tensor head, Tensor noise) {
        check(head.count() == 2 * z.count() && noise.count() == z.count(), op, z, head, noise);
        return z.columns();
    }

    private void gaussianRows(int rows, int latents, java.util.function.IntConsumer row) {
        // An exp and its company take some twenty times as long as an ordinary element.
        rows(rows, 40 * latents, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                row.accept(r);
            }
        });
    }

    // ---- likelihoods

    @Override
    public void bernoulliRows(Tensor rows, Tensor logits, Tensor x) {
        bernoulli(rows, null, logits, x, null);
    }

    @Override
    public void bernoulli(Tensor rows, Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        check(logits.count() == x.count() && rows.count() == x.rows(), "bernoulli", rows, logits, x);
        int width = logits.columns();
        rows(logits.rows(), 4 * width, (r0, r1) -> {
            LikelihoodLoops loops = likelihoods.get();
            for (int r = r0; r < r1; r++) {
                int at = r * width;
                floats(rows)[start(rows) + r] = loops.bernoulli(
                        dlogits == null ? null : floats(dlogits),
                        dlogits == null ? 0 : start(dlogits) + at,
                        floats(logits),
                        start(logits) + at,
                        floats(x),
                        start(x) + at,
                        width,
                        weights == null ? 0 : floats(weights)[start(weights) + r]);
            }
        });
    }

    @Override
    public void bernoulliBackward(Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        check(
                logits.count() == x.count() && weights.count() == x.rows(),
                "bernoulliBackward",
                dlogits,
                logits,
                x,
                weights);
        int width = logits.columns();
        rows(logits.rows(), 4 * width, (r0, r1) -> {
            LikelihoodLoops loops = likelihoods.get();
            for (int r = r0; r < r1; r++) {
                int at = r * width;
                loops.bernoulliBackward(
                        floats(dlogits),
                        start(dlogits) + at,
                        floats(logits),
                        start(logits) + at,
                        floats(x),
                        start(x) + at,
                        width,
                        floats(weights)[start(weights) + r]);
            }
        });
    }

    @Override
    public void squaredErrorRows(Tensor rows, Tensor mean, Tensor x) {
        squaredErrors(rows, mean, x, 1, 0);
    }

    @Override
    public void squaredErrorBackward(Tensor dmean, Tensor mean, Tensor x, Tensor weights) {
        differences(dmean, mean, x, weights, 2);
    }

    @Override
    public void gaussianRows(Tensor rows, Tensor mean, Tensor x, Tensor logvar) {
        double v = floats(logvar)[start(logvar)];
        squaredErrors(rows, mean, x, 0.5 * Math.exp(-v), 0.5 * mean.columns() * (Math.log(2 * Math.PI) + v));
    }

    @Override
    public void gaussianBackward(Tensor dmean, Tensor dlogvar, Tensor mean, Tensor x, Tensor logvar, Tensor weights) {
        double precision = Math.exp(-floats(logvar)[start(logvar)]);
        differences(dmean, mean, x, weights, (float) precision);
        if (dlogvar != null) {
            double sum = 0;
            int width = mean.columns();
            for (int r = 0; r < mean.rows(); r++) {
                double error = likelihoods
                        .get()
                        .squaredError(floats(mean), start(mean) + r * width, floats(x), start(x) + r * width, width);
                sum += floats(weights)[start(weights) + r] * 0.5 * (width - error * precision);
            }
            floats(dlogvar)[start(dlogvar)] = (float) sum;
        }
    }

    @Override
    public void densityRows(Tensor rows, Tensor output, Tensor x, Density density, int run) {
        check(rows.count() == x.rows(), "densityRows", rows, output, x);
        densities.score(rows, null, output, x, null, density, run);
    }

    @Override
    public void densityBackward(Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        density(null, doutput, output, x, weights, density, run);
    }

    @Override
    public void density(
            Tensor rows, Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        boolean fits = (rows == null || rows.count() == x.rows()) && weights.count() == x.rows();
        check(fits && doutput.count() == output.count(), "density", doutput, output, x, weights);
        densities.score(rows, doutput, output, x, weights, density, run);
    }

    @Override
    public void densityMean(Tensor mean, Tensor output, Density density, int run) {
        densities.mean(mean, output, density, run);
    }

    @Override
    public void laplaceRows(Tensor rows, Tensor mean, Tensor x, Tensor logscale) {
        check(mean.count() == x.count() && rows.count() == x.rows(), "laplaceRows", rows, mean, x);
        densities.laplaceRows(rows, mean, x, logscale);
    }

    @Override
    public void laplaceBackward(
            Tensor dmean, Tensor dlogscale, Tensor mean, Tensor x, Tensor logscale, Tensor weights) {
        check(mean.count() == x.count() && weights.count() == x.rows(), "laplaceBackward", dmean, mean, x, weights);
        densities.laplaceBackward(dmean, dlogscale, mean, x, logscale, weights);
    }

    // ---- tables

    private static boolean table(Tensor x, Tensor columns) {
        return columns.columns() == TableLayout.FIELDS && columns.rows() == x.columns();
    }

    private static boolean table(Tensor x, Tensor columns, Tensor output, Tensor logvar) {
        return table(x, columns) && output.rows() == x.rows() && logvar.count() == x.columns();
    }

    @Override
    public void tableInput(Tensor input, Tensor x, Tensor columns) {
        check(table(x, columns) && input.rows() == x.rows(), "tableInput", input, x, columns);
        tables.input(input, x, columns);
    }

    @Override
    public void tableRows(Tensor rows, Tensor output, Tensor x, Tensor logvar, Tensor columns) {
        check(table(x, columns, output, logvar) && rows.count() == x.rows(), "tableRows", rows, output, x);
        tables.score(rows, null, null, output, x, logvar, columns, null);
    }

    @Override
    public void tableBackward(
            Tensor doutput, Tensor dlogvar, Tensor output, Tensor x, Tensor logvar, Tensor columns, Tensor weights) {
        table(null, doutput, dlogvar, output, x, logvar, columns, weights);
    }

    @Override
    public void table(
            Tensor rows,
            Tensor doutput,
            Tensor dlogvar,
            Tensor output,
            Tensor x,
            Tensor logvar,
            Tensor columns,
            Tensor weights) {
        boolean fits = table(x, columns, output, logvar)
                && (rows == null || rows.count() == x.rows())
                && dlogvar.count() == x.count()
                && weights.count() == x.rows();
        check(fits && doutput.count() == output.count(), "table", doutput, output, x, weights);
        tables.score(rows, doutput, dlogvar, output, x, logvar, columns, weights);
    }

    @Override
    public void tableMean(Tensor mean, Tensor output, Tensor columns) {
        check(table(mean, columns) && output.rows() == mean.rows(), "tableMean", mean, output);
        tables.mean(mean, output, columns);
    }

    private void squaredErrors(Tensor rows, Tensor mean, Tensor x, double factor, double constant) {
        check(mean.count() == x.count() && rows.count() == x.rows(), "squaredError", rows, mean, x);
        int width = mean.columns();
        rows(mean.rows(), width, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                double error = likelihoods
                        .get()
                        .squaredError(floats(mean), start(mean) + r * width, floats(x), start(x) + r * width, width);
                floats(rows)[start(rows) + r] = (float) (factor * error + constant);
            }
        });
    }

    private void differences(Tensor dmean, Tensor mean, Tensor x, Tensor weights, float factor) {
        check(
                mean.count() == x.count() && weights.count() == x.rows(),
                "squaredErrorBackward",
                dmean,
                mean,
                x,
                weights);
        int width = mean.columns();
        rows(mean.rows(), width, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                int at = r * width;
                likelihoods
                        .get()
                        .difference(
                                floats(dmean),
                                start(dmean) + at,
                                floats(mean),
                                start(mean) + at,
                                floats(x),
                                start(x) + at,
                                width,
                                factor * floats(weights)[start(weights) + r]);
            }
        });
    }

    // ---- norms and dropout

    @Override
    public void columnMoments(Tensor mean, Tensor variance, Tensor x) {
        norms.moments(mean, variance, x);
    }

    @Override
    public void normalizeColumns(
            Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon) {
        norms.normalize(y, x, mean, variance, weight, bias, epsilon);
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
        norms.backward(dx, dweight, dbias, dy, x, mean, variance, weight, epsilon);
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
        norms.track(runningMean, runningVariance, batches, mean, variance, scalars, rows, momentum);
    }

    @Override
    public void layerNorm(
            Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon) {
        norms.layerNorm(y, mean, deviation, x, weight, bias, epsilon);
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
        norms.layerNormBackward(dx, dweight, dbias, dy, x, mean, deviation, weight);
    }

    @Override
    public void dropoutMask(Tensor mask, Tensor scalars, float rate, long key) {
        norms.dropoutMask(mask, scalars, rate, key);
    }

    @Override
    public void multiply(Tensor y, Tensor a, Tensor b) {
        norms.multiply(y, a, b);
    }

    // ---- objective and step

    @Override
    public void elbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        float beta = (float) doubles(scalars)[start(scalars) + Scalars.BETA.ordinal()];
        for (int r = 0; r < loss.count(); r++) {
            floats(loss)[start(loss) + r] =
                    floats(reconstruction)[start(reconstruction) + r] + beta * floats(kl)[start(kl) + r];
            floats(klWeights)[start(klWeights) + r] = scale * beta;
        }
    }

    @Override
    public void fill(Tensor x, float value) {
        Arrays.fill(floats(x), start(x), start(x) + (int) x.count(), value);
    }

    @Override
    public void repeatRows(Tensor y, Tensor x) {
        int times = y.rows() / x.rows();
        check(y.columns() == x.columns() && y.rows() == times * x.rows(), "repeatRows", y, x);
        int width = x.columns();
        rows(y.rows(), width, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                System.arraycopy(floats(x), start(x) + r / times * width, floats(y), start(y) + r * width, width);
            }
        });
    }

    @Override
    public void gather(Tensor x, Tensor data, Tensor order, Tensor scalars, Binarization binarization, long key) {
        check(x.columns() == data.columns(), "gather", x, data);
        gather(x, data, Integer.MAX_VALUE, order, scalars, binarization, key);
    }

    @Override
    public void gatherFed(Tensor x, Tensor ring, Tensor order, Tensor scalars, Binarization binarization, long key) {
        check(x.columns() == ring.columns() && ring.rows() >= x.rows(), "gatherFed", x, ring);
        gather(x, ring, ring.rows(), order, scalars, binarization, key);
    }

    /**
     * Rows of data, or of a ring of it.
     *
     * @param window W, or the greatest integer where all data are there
     */
    private void gather(
            Tensor x, Tensor data, int window, Tensor order, Tensor scalars, Binarization binarization, long key) {
        double[] s = doubles(scalars);
        int position = (int) s[start(scalars) + Scalars.ORDER_POSITION.ordinal()];
        int epoch = binarization == Binarization.DYNAMIC ? (int) s[start(scalars) + Scalars.EPOCH.ordinal()] : 0;
        int width = x.columns();
        check(position >= 0 && position + x.rows() <= order.count(), "gather at row " + position, x, order);
        rows(x.rows(), width, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                int sample = ints(order)[start(order) + position + r];
                int row = window == Integer.MAX_VALUE ? sample : (position + r) % window;
                int from = start(data) + row * width;
                int to = start(x) + r * width;
                if (data.buffer().type() == ElementType.U8) {
                    StepLoops.scale(floats(x), to, bytes(data), from, width);
                } else {
                    System.arraycopy(floats(data), from, floats(x), to, width);
                }
                if (binarization != Binarization.NONE) {
                    Binarization.draw(floats(x), to, 1, sample, width, key, epoch);
                }
            }
        });
    }

    @Override
    public void quantize(Tensor bytes, Tensor x) {
        check(bytes.count() == x.count() && bytes.buffer().type() == ElementType.U8, "quantize", bytes, x);
        chunks(
                x.count(),
                CHUNK,
                (i, end) -> pixels.get().ofValues(bytes(bytes), start(bytes) + i, floats(x), start(x) + i, end - i));
    }

    @Override
    public void finiteRows(Tensor rows, Tensor x) {
        check(rows.count() == x.rows(), "finiteRows", rows, x);
        int width = x.columns();
        rows(x.rows(), width, (r0, r1) -> {
            for (int r = r0; r < r1; r++) {
                floats(rows)[start(rows) + r] = PixelLoops.zeroIfFinite(floats(x), start(x) + r * width, width);
            }
        });
    }

    @Override
    public void logitPixels(Tensor bytes, Tensor rows, Tensor x) {
        check(
                rows.count() == x.rows()
                        && bytes.count() == x.count()
                        && bytes.buffer().type() == ElementType.U8,
                "logitPixels",
                bytes,
                rows,
                x);
        int width = x.columns();
        rows(x.rows(), width, (r0, r1) -> {
            PixelLoops loops = pixels.get();
            for (int r = r0; r < r1; r++) {
                floats(rows)[start(rows) + r] =
                        loops.ofLogits(bytes(bytes), start(bytes) + r * width, floats(x), start(x) + r * width, width);
            }
        });
    }

    @Override
    public void normal(Tensor noise, Tensor scalars, long key) {
        long first = (long) doubles(scalars)[start(scalars) + Scalars.NOISE_POSITION.ordinal()];
        chunks(
                noise.count(),
                NOISE_CHUNK,
                (i, end) -> draws.get().fillNormal(floats(noise), start(noise) + i, end - i, key, first + i));
    }

    @Override
    public void beginStep(Tensor scalars, float beta1, float beta2) {
        double[] s = doubles(scalars);
        int at = start(scalars);
        if (halted(s, at)) {
            return;
        }
        double t = ++s[at + Scalars.STEP.ordinal()];
        s[at + Scalars.ADAM_CORRECTION_1.ordinal()] = 1 - Math.pow(beta1, t);
        s[at + Scalars.ADAM_CORRECTION_2.ordinal()] = 1 - Math.pow(beta2, t);
    }

    @Override
    public void recordLoss(Tensor scalars, Tensor loss, Tensor reconstruction, Tensor kl) {
        double[] s = doubles(scalars);
        int at = start(scalars);
        double lossSum = total(loss);
        double reconstructionSum = total(reconstruction);
        double klSum = total(kl);
        if (halted(s, at)) {
            return;
        }
        if (!Double.isFinite(lossSum + reconstructionSum + klSum)) {
            s[at + Scalars.HALTED_AT.ordinal()] = s[at + Scalars.STEP.ordinal()];
            return;
        }
        s[at + Scalars.LOSS_SUM.ordinal()] += lossSum;
        s[at + Scalars.RECONSTRUCTION_SUM.ordinal()] += reconstructionSum;
        s[at + Scalars.KL_SUM.ordinal()] += klSum;
        s[at + Scalars.SAMPLES.ordinal()] += loss.count();
    }

    private static double total(Tensor rows) {
        double sum = 0;
        for (int r = 0; r < rows.count(); r++) {
            sum += floats(rows)[start(rows) + r];
        }
        return sum;
    }

    private static boolean halted(double[] scalars, int at) {
        return scalars[at + Scalars.HALTED_AT.ordinal()] != 0;
    }

    @Override
    public void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon) {
        check(p.count() == g.count() && p.count() == m.count() && p.count() == v.count(), "adam", p, m, v, g);
        double[] s = doubles(scalars);
        int at = start(scalars);
        if (halted(s, at)) {
            return;
        }
        float rate = (float) (s[at + Scalars.LEARNING_RATE.ordinal()] / s[at + Scalars.ADAM_CORRECTION_1.ordinal()]);
        float root = (float) (1 / Math.sqrt(s[at + Scalars.ADAM_CORRECTION_2.ordinal()]));
        boolean alike = start(p) == start(m) && start(p) == start(v) && start(p) == start(g);
        chunks(p.count(), CHUNK, (i, end) -> {
            if (alike) {
                int from = start(p) + i;
                StepLoops.adam(
                        floats(p),
                        floats(m),
                        floats(v),
                        floats(g),
                        from,
                        from + end - i,
                        beta1,
                        beta2,
                        rate,
                        root,
                        epsilon);
            } else {
                float[][] copies = {copy(p, i, end), copy(m, i, end), copy(v, i, end), copy(g, i, end)};
                StepLoops.adam(
                        copies[0], copies[1], copies[2], copies[3], 0, end - i, beta1, beta2, rate, root, epsilon);
                System.arraycopy(copies[0], 0, floats(p), start(p) + i, end - i);
                System.arraycopy(copies[1], 0, floats(m), start(m) + i, end - i);
                System.arraycopy(copies[2], 0, floats(v), start(v) + i, end - i);
            }
        });
    }

    private static float[] copy(Tensor tensor, int from, int end) {
        return Arrays.copyOfRange(floats(tensor), start(tensor) + from, start(tensor) + end);
    }

    @Override
    public void endStep(Tensor scalars, int rows, long noiseValues) {
        double[] s = doubles(scalars);
        int at = start(scalars);
        if (!halted(s, at)) {
            s[at + Scalars.ORDER_POSITION.ordinal()] += rows;
            s[at + Scalars.ROWS_TRAINED.ordinal()] += rows;
            s[at + Scalars.NOISE_POSITION.ordinal()] += noiseValues;
        }
    }

    // ---- the options of training

    @Override
    public void schedule(Tensor scalars, Tensor table) {
        training.schedule(scalars, table);
    }

    @Override
    public void freeBits(Tensor kl, Tensor active, Tensor head, float floor) {
        training.freeBits(kl, active, head, floor);
    }

    @Override
    public void sampleGaussianBackwardWeighted(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights) {
        training.sampleGaussianBackward(dhead, dz, head, noise, weights, latentWeights);
    }

    @Override
    public void capacityElbo(
            Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        training.capacityElbo(loss, klWeights, reconstruction, kl, scalars, scale);
    }

    @Override
    public void add(Tensor total, Tensor x) {
        training.add(total, x);
    }

    @Override
    public void gradientNorm(Tensor scalars, Tensor g, float scale, float limit) {
        training.gradientNorm(scalars, g, scale, limit);
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
        training.adamW(p, m, v, g, decay, scalars, beta1, beta2, epsilon, scale);
    }

    @Override
    public void average(Tensor average, Tensor p, Tensor scalars, double decay) {
        training.average(average, p, scalars, decay);
    }

    // ---- learned priors

    @Override
    public void mixtureLogRatio(
            Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor components, Tensor logits) {
        priors.logRatio(ratio, shares, z, head, noise, components, logits);
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
        priors.backward(slope, dcomponents, dlogits, shares, z, components, logits, weights);
    }

    @Override
    public void meanOfDraws(Tensor mean, Tensor rows, float factor) {
        PriorLoops.meanOfDraws(mean, rows, factor);
    }

    @Override
    public void clamp(Tensor y, Tensor x, float low, float high) {
        priors.clamp(y, x, low, high);
    }

    @Override
    public void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high) {
        priors.clampBackward(dx, dy, x, low, high);
    }

    // ---- objectives beside the ELBO

    @Override
    public void drawGaussian(Tensor z, Tensor ratio, Tensor head, Tensor noise) {
        variants.draw(z, ratio, head, noise);
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
        variants.importance(loss, reconstruction, weights, ratioWeights, factors, rows, ratio, scalars, scale);
    }

    @Override
    public void drawGaussianBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors) {
        variants.drawBackward(dhead, dz, head, noise, z, ratioWeights, factors);
    }

    @Override
    public void totalCorrelation(
            Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset) {
        correlations.forward(values, pairs, joint, marginals, z, head, offset);
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
        correlations.backward(dz, dhead, pairs, joint, marginals, z, head, weight);
    }

    @Override
    public void addTerm(Tensor loss, Tensor values, float factor) {
        variants.addTerm(loss, values, factor);
    }

    @Override
    public void recordTerm(Tensor scalars, Tensor values) {
        variants.recordTerm(scalars, values);
    }

    // ---- codebooks

    @Override
    public void codeNorms(Tensor norms, Tensor codebook) {
        codebooks.norms(norms, codebook);
    }

    @Override
    public void leastDistances(Tensor codes, Tensor products, Tensor norms) {
        codebooks.leastDistances(codes, products, norms);
    }

    @Override
    public void lookUpCodes(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor) {
        codebooks.lookUp(z, rows, x, codes, codebook, factor);
    }

    @Override
    public void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight) {
        codebooks.straightThrough(dx, dz, x, z, weight);
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
        codebooks.track(codebook, counts, sums, revived, total, x, codes, scalars, decay, threshold, key);
    }

    @Override
    public void discrepancy(Tensor values, Tensor slopes, Tensor z, Tensor prior) {
        discrepancies.forward(values, slopes, z, prior);
    }

    @Override
    public void discrepancyBackward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight) {
        discrepancies.backward(dz, slopes, z, prior, weight);
    }

    // ---- labels

    @Override
    public void gatherOneHot(Tensor y, Tensor labels, Tensor order, Tensor scalars) {
        conditions.gatherOneHot(y, labels, order, scalars);
    }

    @Override
    public void joinColumns(Tensor y, Tensor a, Tensor b) {
        conditions.joinColumns(y, a, b);
    }

    @Override
    public void firstColumns(Tensor x, Tensor y) {
        conditions.firstColumns(x, y);
    }

    // ---- two stochastic layers

    @Override
    public void conditionalPrior(Tensor ratio, Tensor upper, Tensor z, Tensor prior) {
        hierarchies.prior(ratio, upper, z, prior);
    }

    @Override
    public void conditionalPriorBackward(Tensor dz, Tensor dprior, Tensor z, Tensor prior, Tensor weights) {
        hierarchies.backward(dz, dprior, z, prior, weights);
    }

    @Override
    public void meanDivergence(Tensor kl, Tensor ratio) {
        hierarchies.mean(kl, ratio);
    }

    @Override
    public void splitColumns(Tensor first, Tensor second, Tensor both) {
        hierarchies.split(first, second, both);
    }

    // ---- measures

    @Override
    public void bernoulliDraws(Tensor rows, Tensor logits, Tensor x) {
        measures.bernoulli(rows, logits, x);
    }

    @Override
    public void startWeights(Tensor state) {
        measures.begin(state);
    }

    @Override
    public void addWeights(Tensor state, Tensor rows, Tensor ratio, int counted) {
        measures.add(state, rows, ratio, counted);
    }

    @Override
    public void meanWeight(Tensor loss, Tensor state, long draws) {
        measures.mean(loss, state, draws);
    }
}
