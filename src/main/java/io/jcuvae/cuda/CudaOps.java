package io.jcuvae.cuda;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import jcuda.driver.CUdeviceptr;

/**
 * The operations as kernel launches and cuBLAS calls on the context's stream. Nothing is waited for, no launch depends on
 * data, and whatever memory an operation needs beside its tensors is made when it first runs outside of a capture.
 */
final class CudaOps implements Ops, AutoCloseable {
    // Long because it is the contract verb by verb; the launches are in the classes beside it.

    private final CudaContext context;
    private final Precision precision;
    private final Launch launch;
    private final Scratch scratch;
    private final List<AutoCloseable> resources = new ArrayList<>();
    private final ActivationKernels activations;
    private final DensityKernels densities;
    private final ConditionKernels conditions;
    private final GaussianKernels gaussians;
    private final HierarchyKernels hierarchies;
    private final LikelihoodKernels likelihoods;
    private final MmdKernels discrepancies;
    private final MeasureKernels measures;
    private final NormKernels norms;
    private final ObjectiveKernels objectives;
    private final OptimizerKernels optimizers;
    private final PriorKernels priors;
    private final SpatialKernels pictures;
    private final StepKernels steps;
    private final TableKernels tables;
    private final VqKernels codebooks;
    private final HalfCopies halves;
    private final Noise noises;
    private final Blas blas;
    private final List<Branch> branches = new ArrayList<>();
    /** For the gradients of parameters, which only the optimizer waits for; null without branches. */
    private final Branch gradients;

    private final Blas gradientsBlas;
    /** For noise, losses and counts, which are short and would stand in everybody's way; null without branches. */
    private final Branch books;

    /**
     * Loads the kernels, cuBLAS and, if it is to draw the noise, cuRAND.
     *
     * @throws io.jcuvae.tensor.Failure when one of them refuses
     */
    CudaOps(CudaContext context, CudaOptions options) {
        this.context = context;
        precision = options.precision();
        launch = new Launch(context);
        scratch = new Scratch(context);
        try {
            activations = new ActivationKernels(module(ActivationKernels.FAMILY), launch);
            densities = new DensityKernels(module(DensityKernels.FAMILY), launch);
            conditions = new ConditionKernels(module(ConditionKernels.FAMILY), launch);
            gaussians = new GaussianKernels(module(GaussianKernels.FAMILY), launch);
            hierarchies = new HierarchyKernels(module(HierarchyKernels.FAMILY), launch);
            likelihoods = new LikelihoodKernels(module(LikelihoodKernels.FAMILY), launch);
            discrepancies = new MmdKernels(module(MmdKernels.FAMILY), launch);
            measures = new MeasureKernels(module(MeasureKernels.FAMILY), launch);
            norms = new NormKernels(module(NormKernels.FAMILY), launch);
            objectives = new ObjectiveKernels(module(ObjectiveKernels.FAMILY), launch);
            optimizers = new OptimizerKernels(module(OptimizerKernels.FAMILY), launch);
            priors = new PriorKernels(module(PriorKernels.FAMILY), launch);
            pictures = new SpatialKernels(module(SpatialKernels.FAMILY), launch);
            steps = new StepKernels(module(StepKernels.FAMILY), launch);
            tables = new TableKernels(module(TableKernels.FAMILY), launch);
            codebooks = new VqKernels(module(VqKernels.FAMILY), launch);
            halves = new HalfCopies(context, steps);
            noises = keep(new Noise(context, options.noise(), steps));
            blas = keep(new Blas(context, launch, context.stream(), precision));
            // With every launch waited for, there is nothing to run side by side.
            boolean branching = options.branches() && !options.debug();
            gradients = branching ? branch() : null;
            gradientsBlas = branching ? keep(new Blas(context, launch, gradients.stream(), precision)) : null;
            books = branching ? branch() : null;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.add(resource);
        return resource;
    }

    private Branch branch() {
        Branch made = keep(new Branch(context));
        branches.add(made);
        return made;
    }

    private PtxModule module(String family) {
        return keep(new PtxModule(context, family));
    }

    /** Kernels and matrix products asked for so far; those of a replay count once, when it is captured. */
    long launches() {
        return launch.count();
    }

    /** See {@link io.jcuvae.tensor.Backend#reserveNoise}. */
    void reserveNoise(long key, long first, long count) {
        launch.begin("reserveNoise", List.of());
        noises.reserve(key, first, count);
    }

    /**
     * Joins all work to the context's stream and forgets what is known about the contents of memory. To be called at the
     * beginning and the end of a capture, before a replay, and before anybody else reads or writes a tensor.
     */
    void join() {
        branches.forEach(Branch::join);
        halves.forget();
    }

    /** Forgets what was asked for in a capture that failed. */
    void abandon() {
        branches.forEach(Branch::abandon);
        halves.forget();
    }

    // ---- every operation begins here

    private static Tensor[] writes(Tensor... tensors) {
        return tensors;
    }

    /**
     * Checks the shapes, sees to it that the tensors may be written and read now, and names the operation for messages.
     *
     * @param fits whether the shapes do
     */
    private void begin(String op, boolean fits, Tensor[] writes, Tensor... reads) {
        check(op, fits, writes, reads);
        before(null, writes, reads);
    }

    /** An operation that the next ones need not wait for: on a branch where there are any. */
    private void aside(Branch branch, String op, boolean fits, Runnable work, Tensor[] writes, Tensor... reads) {
        check(op, fits, writes, reads);
        before(branch, writes, reads);
        fork(branch, work, writes, reads);
    }

    private void fork(Branch branch, Runnable work, Tensor[] writes, Tensor... reads) {
        if (branch == null) {
            work.run();
        } else {
            branch.fork(() -> launch.on(branch.stream(), work), Span.all(writes), Span.all(reads));
        }
    }

    private void check(String op, boolean fits, Tensor[] writes, Tensor... reads) {
        List<Tensor> operands = new ArrayList<>(Arrays.asList(writes));
        operands.addAll(Arrays.asList(reads));
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes or types do not fit: "
                    + operands.stream()
                            .filter(Objects::nonNull)
                            .map(tensor -> tensor.buffer().type() + " " + tensor.shape())
                            .collect(Collectors.joining(", ")));
        }
        launch.begin(op, operands);
    }

    /**
     * Joins the branches that have to do with what is to be written and read.
     *
     * @param own the branch that will do it, if any: what is on it is done in turn
     */
    private void before(Branch own, Tensor[] writes, Tensor... reads) {
        for (Branch branch : branches) {
            if (branch != own) {
                branch.before(Span.all(writes), Span.all(reads));
            }
        }
        if (precision == Precision.BF16) {
            halves.forget(Span.all(writes));
        }
    }

    private static boolean are(ElementType type, Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor != null && tensor.buffer().type() != type) {
                return false;
            }
        }
        return true;
    }

    /** All that are not null are floats, and as many. */
    private static boolean floats(long count, Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor != null && tensor.count() != count) {
                return false;
            }
        }
        return are(ElementType.F32, tensors);
    }

    private static boolean scalars(Tensor scalars) {
        return are(ElementType.F64, scalars) && scalars.count() == Scalars.COUNT;
    }

    /** Some of the slots, from the first to the last: operations on different ones need not wait for each other. */
    private static Tensor slots(Tensor scalars, Scalars first, Scalars last) {
        return scalars.view(first.ordinal(), Shape.of(last.ordinal() - first.ordinal() + 1));
    }

    private static Tensor slot(Tensor scalars, Scalars slot) {
        return slots(scalars, slot, slot);
    }

    // ---- linear

    @Override
    public void matmul(Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate) {
        begin("matmul", fits(c, a, transposeA, b, transposeB), writes(c), a, b);
        multiply(blas, c, a, transposeA, b, transposeB, accumulate);
    }

    private static boolean fits(Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
        return are(ElementType.F32, c, a, b)
                && c.rows() == (transposeA ? a.columns() : a.rows())
                && c.columns() == (transposeB ? b.rows() : b.columns())
                && (transposeA ? a.rows() : a.columns()) == (transposeB ? b.columns() : b.rows());
    }

    private void multiply(
            Blas by, Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate) {
        int inner = transposeA ? a.rows() : a.columns();
        by.multiply(c, factor(a, transposeA), factor(b, transposeB), inner, accumulate);
    }

    private Blas.Factor factor(Tensor tensor, boolean transpose) {
        return new Blas.Factor(
                precision == Precision.BF16 ? halves.of(tensor) : CudaBuffer.address(tensor),
                tensor.columns(),
                transpose);
    }

    @Override
    public void addBias(Tensor y, Tensor bias) {
        begin("addBias", are(ElementType.F32, y) && floats(y.columns(), bias), writes(y), bias);
        activations.bias(y, y, null, bias, Activation.IDENTITY);
    }

    @Override
    public void sumRows(Tensor sum, Tensor x) {
        begin("sumRows", are(ElementType.F32, x) && floats(x.columns(), sum), writes(sum), x);
        backwardSums(sum, null, false, x, null, Activation.IDENTITY);
    }

    private void backwardSums(Tensor sums, Tensor da, boolean asFactor, Tensor dy, Tensor saved, Activation f) {
        activations.backwardSums(
                sums,
                da,
                asFactor && precision == Precision.BF16 ? halves.filledBy(dy) : null,
                dy,
                saved,
                f,
                scratch.floats(ActivationKernels.scratch(dy.rows(), dy.columns())));
    }

    // ---- activation

    @Override
    public void activate(Tensor y, Tensor x, Activation f) {
        begin("activate", floats(y.count(), y, x), writes(y), x);
        activations.forward(y, x, f);
    }

    @Override
    public void activateBackward(Tensor dx, Tensor dy, Tensor x, Tensor y, Activation f) {
        begin("activateBackward", floats(dx.count(), dx, dy, x, y), writes(dx), dy, x, y);
        activations.backward(dx, dy, f.derivativeFromOutput() ? y : x, f);
    }

    @Override
    public void biasActivate(Tensor y, Tensor a, Tensor bias, Activation f) {
        begin("biasActivate", floats(a.count(), a, y) && floats(a.columns(), bias), writes(y, a), bias);
        activations.bias(y, a, factorOfNext(y, f), bias, f);
    }

    /** Where an activation also goes as the next layer's factor, if that is a bfloat16. */
    private CUdeviceptr factorOfNext(Tensor y, Activation f) {
        return precision == Precision.BF16 && f != Activation.IDENTITY ? halves.filledBy(y) : null;
    }

    /** The bias gradient is summed while da is made. */
    @Override
    public void biasActivateBackward(Tensor dbias, Tensor dy, Tensor a, Tensor y, Activation f) {
        begin(
                "biasActivateBackward",
                are(ElementType.F32, dy) && floats(dy.columns(), dbias) && floats(dy.count(), a, y),
                writes(dbias, dy),
                a,
                y);
        boolean same = f == Activation.IDENTITY;
        backwardSums(dbias, same ? null : dy, true, dy, same ? null : f.derivativeFromOutput() ? y : a, f);
    }

    /** Bias and activation in one pass, which also makes the next layer's factor where that is a bfloat16. */
    @Override
    public void dense(Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f) {
        begin(
                "dense",
                fits(a, x, false, w, true) && floats(a.count(), y) && floats(a.columns(), bias),
                writes(y, a),
                x,
                w,
                bias);
        multiply(blas, a, x, false, w, true, false);
        activations.bias(y, a, factorOfNext(y, f), bias, f);
    }

    /** The bias gradient is summed while da is made. Only the optimizer waits for the parameters' gradients. */
    @Override
    public void denseBackward(
            Tensor dx, Tensor dw, Tensor dbias, Tensor dy, Tensor x, Tensor w, Tensor a, Tensor y, Activation f) {
        boolean fits = fits(dw, dy, true, x, false) && floats(dy.columns(), dbias) && floats(dy.count(), a, y);
        begin(
                "denseBackward",
                fits && (dx == null || fits(dx, dy, false, w, false)),
                writes(dx, dw, dbias, dy),
                x,
                w,
                a,
                y);
        if (f != Activation.IDENTITY) {
            backwardSums(dbias, dy, true, dy, f.derivativeFromOutput() ? y : a, f);
        } else {
            // Nobody waits for these sums, unless they share scratch memory with others or make the factor below.
            boolean alone = precision != Precision.BF16 && ActivationKernels.scratch(dy.rows(), dy.columns()) == 0;
            fork(alone ? gradients : null, () -> backwardSums(dbias, null, true, dy, null, f), writes(dbias), dy);
        }
        // Converted, where that is to be done, before a branch begins: others will ask for the same copies.
        Blas.Factor gradient = factor(dy, true);
        Blas.Factor input = factor(x, false);
        Blas by = gradients == null ? blas : gradientsBlas;
        fork(gradients, () -> by.multiply(dw, gradient, input, dy.rows(), false), writes(dw), dy, x);
        if (dx != null) {
            before(null, writes(dx), dy, w);
            multiply(blas, dx, dy, false, w, false, false);
        }
    }

    // ---- pictures; convolutions are composed of these

    private static boolean pictures(Tensor columns, Tensor x, Window window) {
        return are(ElementType.F32, columns, x)
                && x.shape().equals(Shape.of(x.rows(), window.height(), window.width(), window.channels()))
                && columns.count() == x.rows() * window.columns();
    }

    /** Columns are factors of products, so they are made as such along with themselves. */
    @Override
    public void unfold(Tensor columns, Tensor x, Window window) {
        begin("unfold", pictures(columns, x, window), writes(columns), x);
        pictures.unfold(columns, precision == Precision.BF16 ? halves.filledBy(columns) : null, x, window);
    }

    @Override
    public void fold(Tensor x, Tensor columns, Window window) {
        begin("fold", pictures(columns, x, window), writes(x), columns);
        pictures.fold(x, columns, window);
    }

    @Override
    public void swapAxes(Tensor y, Tensor x) {
        Shape shape = x.shape();
        begin(
                "swapAxes",
                are(ElementType.F32, x, y)
                        && shape.rank() == 3
                        && y.shape().equals(Shape.of(shape.extent(0), shape.extent(2), shape.extent(1))),
                writes(y),
                x);
        pictures.swapAxes(y, x);
    }

    private static boolean scaled(Tensor large, Tensor small) {
        int[] extents = small.shape().extents();
        int factor = large.shape().extent(1) / extents[1];
        extents[1] *= factor;
        extents[2] *= factor;
        return are(ElementType.F32, large, small) && factor > 0 && large.shape().equals(Shape.of(extents));
    }

    @Override
    public void upsample(Tensor y, Tensor x) {
        begin("upsample", scaled(y, x), writes(y), x);
        pictures.upsample(y, x);
    }

    @Override
    public void upsampleBackward(Tensor dx, Tensor dy) {
        begin("upsampleBackward", scaled(dy, dx), writes(dx), dy);
        pictures.upsampleBackward(dx, dy);
    }

    @Override
    public void add(Tensor y, Tensor a, Tensor b) {
        begin("add", floats(y.count(), y, a, b), writes(y), a, b);
        pictures.add(y, a, b);
    }

    // ---- the Gaussian posterior

    private static boolean latents(Tensor head, Tensor... latents) {
        return are(ElementType.F32, head)
                && head.columns() % 2 == 0
                && floats(head.count() / 2, latents)
                && latents[0].rows() == head.rows();
    }

    @Override
    public void reparameterize(Tensor z, Tensor head, Tensor noise) {
        begin("reparameterize", latents(head, z, noise), writes(z), head, noise);
        gaussians.sample(z, null, head, noise);
    }

    @Override
    public void gaussianKl(Tensor kl, Tensor head) {
        begin(
                "gaussianKl",
                are(ElementType.F32, head) && head.columns() % 2 == 0 && floats(head.rows(), kl),
                writes(kl),
                head);
        gaussians.sample(null, kl, head, null);
    }

    @Override
    public void sampleGaussian(Tensor z, Tensor kl, Tensor head, Tensor noise) {
        begin("sampleGaussian", latents(head, z, noise) && floats(head.rows(), kl), writes(z, kl), head, noise);
        gaussians.sample(z, kl, head, noise);
    }

    @Override
    public void sampleGaussianBackward(Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights) {
        begin(
                "sampleGaussianBackward",
                latents(head, dz, noise) && floats(head.count(), dhead) && floats(head.rows(), weights),
                writes(dhead),
                dz,
                head,
                noise,
                weights);
        gaussians.backward(dhead, dz, head, noise, weights, null);
    }

    @Override
    public void gaussianLogRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise) {
        begin("gaussianLogRatio", latents(head, z, noise) && floats(head.rows(), ratio), writes(ratio), z, head, noise);
        gaussians.logRatio(ratio, z, head, noise);
    }

    // ---- likelihoods

    @Override
    public void bernoulliRows(Tensor rows, Tensor logits, Tensor x) {
        begin("bernoulliRows", floats(x.count(), logits, x) && floats(x.rows(), rows), writes(rows), logits, x);
        likelihoods.bernoulli(rows, null, logits, x, null);
    }

    @Override
    public void bernoulliBackward(Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        begin(
                "bernoulliBackward",
                floats(x.count(), dlogits, logits, x) && floats(x.rows(), weights),
                writes(dlogits),
                logits,
                x,
                weights);
        likelihoods.bernoulli(null, dlogits, logits, x, weights);
    }

    @Override
    public void bernoulli(Tensor rows, Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        begin(
                "bernoulli",
                floats(x.count(), dlogits, logits, x) && floats(x.rows(), rows, weights),
                writes(rows, dlogits),
                logits,
                x,
                weights);
        likelihoods.bernoulli(rows, dlogits, logits, x, weights);
    }

    @Override
    public void squaredErrorRows(Tensor rows, Tensor mean, Tensor x) {
        begin("squaredErrorRows", floats(x.count(), mean, x) && floats(x.rows(), rows), writes(rows), mean, x);
        likelihoods.squared(rows, mean, x, null);
    }

    @Override
    public void squaredErrorBackward(Tensor dmean, Tensor mean, Tensor x, Tensor weights) {
        begin(
                "squaredErrorBackward",
                floats(x.count(), dmean, mean, x) && floats(x.rows(), weights),
                writes(dmean),
                mean,
                x,
                weights);
        likelihoods.squaredBackward(dmean, null, mean, x, null, weights, null);
    }

    @Override
    public void gaussianRows(Tensor rows, Tensor mean, Tensor x, Tensor logvar) {
        begin(
                "gaussianRows",
                floats(x.count(), mean, x) && floats(x.rows(), rows) && floats(1, logvar),
                writes(rows),
                mean,
                x,
                logvar);
        likelihoods.squared(rows, mean, x, logvar);
    }

    @Override
    public void gaussianBackward(Tensor dmean, Tensor dlogvar, Tensor mean, Tensor x, Tensor logvar, Tensor weights) {
        begin(
                "gaussianBackward",
                floats(x.count(), dmean, mean, x) && floats(x.rows(), weights) && floats(1, dlogvar, logvar),
                writes(dmean, dlogvar),
                mean,
                x,
                logvar,
                weights);
        likelihoods.squaredBackward(
                dmean, dlogvar, mean, x, logvar, weights, scratch.floats(dlogvar == null ? 0 : x.rows()));
    }

    private static boolean density(Tensor output, Tensor x, Density density, int run) {
        int parameters = output.columns() / x.columns();
        return floats(x.count(), x)
                && floats(x.count() * parameters, output)
                && output.rows() == x.rows()
                && density.takes(parameters)
                && run > 0
                && x.columns() % run == 0;
    }

    @Override
    public void densityRows(Tensor rows, Tensor output, Tensor x, Density density, int run) {
        boolean fits = density(output, x, density, run) && floats(x.rows(), rows);
        begin("densityRows", fits, writes(rows), output, x);
        densities.score(rows, null, output, x, null, density, run);
    }

    @Override
    public void densityBackward(Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        boolean fits = density(output, x, density, run) && floats(output.count(), doutput) && floats(x.rows(), weights);
        begin("densityBackward", fits, writes(doutput), output, x, weights);
        densities.score(null, doutput, output, x, weights, density, run);
    }

    @Override
    public void density(
            Tensor rows, Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        boolean fits =
                density(output, x, density, run) && floats(output.count(), doutput) && floats(x.rows(), rows, weights);
        begin("density", fits, writes(rows, doutput), output, x, weights);
        densities.score(rows, doutput, output, x, weights, density, run);
    }

    @Override
    public void densityMean(Tensor mean, Tensor output, Density density, int run) {
        begin("densityMean", density(output, mean, density, run), writes(mean), output);
        densities.mean(mean, output, density, run);
    }

    @Override
    public void laplaceRows(Tensor rows, Tensor mean, Tensor x, Tensor logscale) {
        boolean fits = floats(x.count(), mean, x) && floats(x.rows(), rows) && floats(1, logscale);
        begin("laplaceRows", fits, writes(rows), mean, x, logscale);
        densities.laplace(rows, mean, x, logscale);
    }

    @Override
    public void laplaceBackward(
            Tensor dmean, Tensor dlogscale, Tensor mean, Tensor x, Tensor logscale, Tensor weights) {
        boolean fits = floats(x.count(), dmean, mean, x) && floats(x.rows(), weights) && floats(1, dlogscale, logscale);
        begin("laplaceBackward", fits, writes(dmean, dlogscale), mean, x, logscale, weights);
        CUdeviceptr terms = scratch.floats(x.rows());
        densities.laplaceBackward(dmean, terms, mean, x, logscale, weights);
        likelihoods.total(dlogscale, terms, x.rows());
    }

    // ---- tables

    private static boolean table(Tensor x, Tensor columns) {
        return floats(x.count(), x) && floats((long) TableLayout.FIELDS * x.columns(), columns);
    }

    private static boolean table(Tensor x, Tensor columns, Tensor output, Tensor logvar) {
        return table(x, columns)
                && floats(output.count(), output)
                && output.rows() == x.rows()
                && floats(x.columns(), logvar);
    }

    @Override
    public void tableInput(Tensor input, Tensor x, Tensor columns) {
        begin("tableInput", table(x, columns) && input.rows() == x.rows(), writes(input), x, columns);
        tables.input(input, x, columns);
    }

    @Override
    public void tableRows(Tensor rows, Tensor output, Tensor x, Tensor logvar, Tensor columns) {
        boolean fits = table(x, columns, output, logvar) && floats(x.rows(), rows);
        begin("tableRows", fits, writes(rows), output, x, logvar, columns);
        tables.score(rows, null, null, output, x, logvar, columns, null);
    }

    @Override
    public void tableBackward(
            Tensor doutput, Tensor dlogvar, Tensor output, Tensor x, Tensor logvar, Tensor columns, Tensor weights) {
        boolean fits = table(x, columns, output, logvar)
                && floats(output.count(), doutput)
                && floats(x.count(), dlogvar)
                && floats(x.rows(), weights);
        begin("tableBackward", fits, writes(doutput, dlogvar), output, x, logvar, columns, weights);
        tables.score(null, doutput, dlogvar, output, x, logvar, columns, weights);
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
                && floats(output.count(), doutput)
                && floats(x.count(), dlogvar)
                && floats(x.rows(), rows, weights);
        begin("table", fits, writes(rows, doutput, dlogvar), output, x, logvar, columns, weights);
        tables.score(rows, doutput, dlogvar, output, x, logvar, columns, weights);
    }

    @Override
    public void tableMean(Tensor mean, Tensor output, Tensor columns) {
        begin("tableMean", table(mean, columns) && output.rows() == mean.rows(), writes(mean), output, columns);
        tables.mean(mean, output, columns);
    }

    // ---- norms and dropout

    /** x is [R, C], as are the tensors beside it; the vectors are [C]. */
    private static boolean columns(Tensor x, Tensor[] like, Tensor... vectors) {
        return floats(x.count(), x) && floats(x.count(), like) && floats(x.columns(), vectors);
    }

    private static Tensor[] like(Tensor... tensors) {
        return tensors;
    }

    @Override
    public void columnMoments(Tensor mean, Tensor variance, Tensor x) {
        begin("columnMoments", columns(x, like(), mean, variance), writes(mean, variance), x);
        norms.moments(mean, variance, x, scratch.floats(NormKernels.scratch(x)));
    }

    @Override
    public void normalizeColumns(
            Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon) {
        boolean fits = columns(x, like(y), mean, variance, weight, bias);
        begin("normalizeColumns", fits, writes(y), x, mean, variance, weight, bias);
        norms.columns(y, x, mean, variance, weight, bias, epsilon);
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
        boolean fits = columns(x, like(dx, dy), dweight, dbias, mean, variance, weight);
        begin("batchNormBackward", fits, writes(dx, dweight, dbias), dy, x, mean, variance, weight);
        norms.backwardSums(
                dweight, dbias, dy, x, mean, variance, epsilon, false, scratch.floats(NormKernels.scratch(x)));
        if (dx != null) {
            norms.columnsBackward(dx, dy, x, mean, variance, weight, dweight, dbias, epsilon);
        }
    }

    /** Beside the books, which say whether the step counts; nobody waits for it. */
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
        aside(
                books,
                "trackMoments",
                floats(mean.count(), mean, variance, runningMean, runningVariance)
                        && floats(2, batches)
                        && scalars(scalars)
                        && rows > 1,
                () -> norms.track(runningMean, runningVariance, batches, mean, variance, scalars, rows, momentum),
                writes(runningMean, runningVariance, batches),
                mean,
                variance,
                slot(scalars, Scalars.HALTED_AT));
    }

    @Override
    public void layerNorm(
            Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon) {
        boolean fits = columns(x, like(y), weight, bias) && floats(x.rows(), mean, deviation);
        begin("layerNorm", fits, writes(y, mean, deviation), x, weight, bias);
        norms.rows(y, mean, deviation, x, weight, bias, epsilon);
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
        boolean fits = columns(x, like(dx, dy), dweight, dbias, weight) && floats(x.rows(), mean, deviation);
        begin("layerNormBackward", fits, writes(dx, dweight, dbias), dy, x, mean, deviation, weight);
        norms.backwardSums(dweight, dbias, dy, x, mean, deviation, 0f, true, scratch.floats(NormKernels.scratch(x)));
        if (dx != null) {
            norms.rowsBackward(dx, dy, x, mean, deviation, weight);
        }
    }

    @Override
    public void dropoutMask(Tensor mask, Tensor scalars, float rate, long key) {
        begin(
                "dropoutMask",
                are(ElementType.F32, mask) && scalars(scalars),
                writes(mask),
                slot(scalars, Scalars.ROWS_TRAINED));
        norms.dropout(null, mask, null, scalars, rate, key);
    }

    @Override
    public void multiply(Tensor y, Tensor a, Tensor b) {
        begin("multiply", floats(y.count(), y, a, b), writes(y), a, b);
        norms.multiply(y, a, b);
    }

    @Override
    public void dropout(Tensor y, Tensor mask, Tensor x, Tensor scalars, float rate, long key) {
        begin(
                "dropout",
                floats(mask.count(), mask, y, x) && scalars(scalars),
                writes(y, mask),
                x,
                slot(scalars, Scalars.ROWS_TRAINED));
        norms.dropout(y, mask, x, scalars, rate, key);
    }

    // ---- codebooks

    @Override
    public void codeNorms(Tensor norms, Tensor codebook) {
        begin("codeNorms", are(ElementType.F32, codebook) && floats(codebook.rows(), norms), writes(norms), codebook);
        codebooks.norms(norms, codebook);
    }

    @Override
    public void leastDistances(Tensor codes, Tensor products, Tensor norms) {
        boolean fits =
                are(ElementType.F32, products) && floats(products.rows(), codes) && floats(products.columns(), norms);
        begin("leastDistances", fits, writes(codes), products, norms);
        codebooks.least(codes, products, norms);
    }

    @Override
    public void lookUpCodes(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor) {
        int slots = z.columns() / codebook.columns();
        boolean fits = floats(z.count(), z, x)
                && floats(z.rows(), rows)
                && floats((long) z.rows() * slots, codes)
                && slots * codebook.columns() == z.columns()
                && are(ElementType.F32, codebook);
        begin("lookUpCodes", fits, writes(z, rows), x, codes, codebook);
        codebooks.lookUp(z, rows, x, codes, codebook, factor);
    }

    @Override
    public void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight) {
        begin("straightThrough", floats(dx.count(), dx, dz, x, z), writes(dx), dz, x, z);
        codebooks.straightThrough(dx, dz, x, z, weight);
    }

    /** Beside the gradients, as only the next step waits for it. */
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
        aside(
                books,
                "trackCodes",
                floats(codebook.count(), codebook, sums)
                        && floats(codebook.rows(), counts)
                        && floats(2, revived)
                        && floats(1, total)
                        && x.columns() == codebook.columns()
                        && floats(x.rows(), codes)
                        && are(ElementType.F32, x)
                        && scalars(scalars),
                () -> codebooks.track(codebook, counts, sums, revived, total, x, codes, scalars, decay, threshold, key),
                writes(codebook, counts, sums, revived, total),
                x,
                codes,
                slot(scalars, Scalars.ROWS_TRAINED),
                slot(scalars, Scalars.HALTED_AT));
    }

    // ---- objective and step

    @Override
    public void elbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        aside(
                books,
                "elbo",
                floats(loss.count(), loss, klWeights, reconstruction, kl) && scalars(scalars),
                () -> objectives.elbo(loss, klWeights, reconstruction, kl, scalars, scale),
                writes(loss, klWeights),
                reconstruction,
                kl,
                slot(scalars, Scalars.BETA));
    }

    @Override
    public void fill(Tensor x, float value) {
        begin("fill", are(ElementType.F32, x), writes(x));
        steps.fill(x, value);
    }

    @Override
    public void repeatRows(Tensor y, Tensor x) {
        begin(
                "repeatRows",
                are(ElementType.F32, x, y) && y.columns() == x.columns() && y.rows() % x.rows() == 0,
                writes(y),
                x);
        steps.repeatRows(y, x);
    }

    /** What a kernel finds outside of order or data becomes NaN, since nobody could be told at once. */
    @Override
    public void gather(Tensor x, Tensor data, Tensor order, Tensor scalars, Binarization binarization, long key) {
        begin("gather", gathers(x, data, order, scalars), writes(x), data, order, place(scalars));
        steps.gather(x, data, 0, order, scalars, binarization, key);
    }

    @Override
    public void gatherFed(Tensor x, Tensor ring, Tensor order, Tensor scalars, Binarization binarization, long key) {
        begin(
                "gatherFed",
                gathers(x, ring, order, scalars) && ring.rows() >= x.rows(),
                writes(x),
                ring,
                order,
                place(scalars));
        steps.gather(x, ring, ring.rows(), order, scalars, binarization, key);
    }

    /** The slots from the epoch to the positions. */
    private static Tensor place(Tensor scalars) {
        return slots(scalars, Scalars.EPOCH, Scalars.ORDER_POSITION);
    }

    private static boolean gathers(Tensor x, Tensor data, Tensor order, Tensor scalars) {
        return are(ElementType.F32, x)
                && (are(ElementType.U8, data) || are(ElementType.F32, data))
                && x.columns() == data.columns()
                && are(ElementType.I32, order)
                && scalars(scalars);
    }

    @Override
    public void gatherOneHot(Tensor y, Tensor labels, Tensor order, Tensor scalars) {
        begin(
                "gatherOneHot",
                are(ElementType.F32, y) && are(ElementType.I32, labels, order) && scalars(scalars),
                writes(y),
                labels,
                order,
                place(scalars));
        conditions.gather(y, labels, order, scalars);
    }

    @Override
    public void joinColumns(Tensor y, Tensor a, Tensor b) {
        begin(
                "joinColumns",
                are(ElementType.F32, y, a, b)
                        && y.rows() == a.rows()
                        && a.rows() % b.rows() == 0
                        && y.columns() == a.columns() + b.columns(),
                writes(y),
                a,
                b);
        conditions.join(y, a, b);
    }

    @Override
    public void firstColumns(Tensor x, Tensor y) {
        begin(
                "firstColumns",
                are(ElementType.F32, x, y) && x.rows() == y.rows() && x.columns() <= y.columns(),
                writes(x),
                y);
        conditions.first(x, y);
    }

    // ---- measures

    @Override
    public void bernoulliDraws(Tensor rows, Tensor logits, Tensor x) {
        begin(
                "bernoulliDraws",
                are(ElementType.F32, logits, x)
                        && logits.columns() == x.columns()
                        && logits.rows() % x.rows() == 0
                        && floats(logits.rows(), rows),
                writes(rows),
                logits,
                x);
        measures.bernoulli(rows, logits, x);
    }

    private static boolean weights(Tensor state) {
        return are(ElementType.F64, state) && state.columns() == 2;
    }

    @Override
    public void startWeights(Tensor state) {
        begin("startWeights", weights(state), writes(state));
        measures.start(state);
    }

    @Override
    public void addWeights(Tensor state, Tensor rows, Tensor ratio, int counted) {
        begin(
                "addWeights",
                weights(state)
                        && floats(rows.count(), rows, ratio)
                        && rows.count() % state.rows() == 0
                        && counted <= rows.count() / state.rows(),
                writes(state),
                rows,
                ratio,
                state);
        measures.add(state, rows, ratio, counted);
    }

    @Override
    public void meanWeight(Tensor loss, Tensor state, long draws) {
        begin("meanWeight", weights(state) && floats(state.rows(), loss), writes(loss), state);
        measures.mean(loss, state, draws);
    }

    @Override
    public void quantize(Tensor bytes, Tensor x) {
        begin("quantize", floats(bytes.count(), x) && are(ElementType.U8, bytes), writes(bytes), x);
        steps.quantize(bytes, x);
    }

    @Override
    public void normal(Tensor noise, Tensor scalars, long key) {
        aside(
                books,
                "normal",
                are(ElementType.F32, noise) && scalars(scalars),
                () -> noises.normal(noise, scalars, key),
                writes(noise),
                slot(scalars, Scalars.NOISE_POSITION));
    }

    @Override
    public void beginStep(Tensor scalars, float beta1, float beta2) {
        aside(
                books,
                "beginStep",
                scalars(scalars),
                () -> steps.begin(scalars, beta1, beta2),
                writes(
                        slot(scalars, Scalars.STEP),
                        slots(scalars, Scalars.ADAM_CORRECTION_1, Scalars.ADAM_CORRECTION_2)),
                slot(scalars, Scalars.HALTED_AT));
    }

    @Override
    public void recordLoss(Tensor scalars, Tensor loss, Tensor reconstruction, Tensor kl) {
        aside(
                books,
                "recordLoss",
                floats(loss.count(), loss, reconstruction, kl) && scalars(scalars),
                () -> steps.recordLoss(scalars, loss, reconstruction, kl),
                writes(slots(scalars, Scalars.LOSS_SUM, Scalars.HALTED_AT)),
                loss,
                reconstruction,
                kl,
                slot(scalars, Scalars.STEP));
    }

    @Override
    public void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon) {
        begin(
                "adam",
                floats(p.count(), p, m, v, g) && scalars(scalars),
                writes(p, m, v),
                g,
                slots(scalars, Scalars.LEARNING_RATE, Scalars.HALTED_AT));
        optimizers.adam(p, m, v, g, scalars, beta1, beta2, epsilon);
    }

    @Override
    public void endStep(Tensor scalars, int rows, long noiseValues) {
        aside(
                books,
                "endStep",
                scalars(scalars),
                () -> steps.end(scalars, rows, noiseValues),
                writes(slots(scalars, Scalars.NOISE_POSITION, Scalars.ROWS_TRAINED)),
                slot(scalars, Scalars.HALTED_AT));
    }

    // ---- learned priors

    @Override
    public void mixtureLogRatio(
            Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor components, Tensor logits) {
        begin(
                "mixtureLogRatio",
                mixes(shares, z, components, logits) && draws(z, head, noise) && floats(z.rows(), ratio),
                writes(ratio, shares),
                z,
                head,
                noise,
                components,
                logits);
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
        begin(
                "mixtureLogRatioBackward",
                mixes(shares, z, components, logits)
                        && floats(z.count(), slope)
                        && floats(components.count(), dcomponents)
                        && dcomponents.columns() == components.columns()
                        && (dlogits == null) == (logits == null)
                        && floats(shares.columns(), dlogits)
                        && floats(z.rows(), weights),
                writes(slope, dcomponents, dlogits),
                shares,
                z,
                components,
                logits,
                weights);
        priors.backward(slope, dcomponents, dlogits, shares, z, components, logits, weights);
    }

    /** Whether the components are as many as the shares of a row, and a table in one of its two layouts. */
    private static boolean mixes(Tensor shares, Tensor z, Tensor components, Tensor logits) {
        long count = shares.columns();
        return are(ElementType.F32, z, shares)
                && shares.rows() == z.rows()
                && floats(2 * count * z.columns(), components)
                && (components.columns() == z.columns() || components.columns() == 2 * z.columns())
                && floats(count, logits);
    }

    @Override
    public void meanOfDraws(Tensor mean, Tensor rows, float factor) {
        begin("meanOfDraws", are(ElementType.F32, mean, rows) && rows.count() % mean.count() == 0, writes(mean), rows);
        priors.meanOfDraws(mean, rows, factor);
    }

    @Override
    public void clamp(Tensor y, Tensor x, float low, float high) {
        begin("clamp", floats(x.count(), x, y), writes(y), x);
        priors.clamp(y, x, low, high);
    }

    @Override
    public void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high) {
        begin("clampBackward", floats(x.count(), x, dx, dy), writes(dx), dy, x);
        priors.clampBackward(dx, dy, x, low, high);
    }

    // ---- objectives beside the ELBO

    @Override
    public void drawGaussian(Tensor z, Tensor ratio, Tensor head, Tensor noise) {
        begin("drawGaussian", draws(z, head, noise) && floats(z.rows(), ratio), writes(z, ratio), head, noise);
        objectives.draw(z, ratio, head, noise);
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
        begin(
                "importance",
                floats(loss.count(), loss, reconstruction)
                        && floats(rows.count(), rows, ratio, weights, ratioWeights, factors)
                        && rows.count() % loss.count() == 0
                        && scalars(scalars),
                writes(loss, reconstruction, weights, ratioWeights, factors),
                rows,
                ratio,
                slot(scalars, Scalars.BETA));
        objectives.importance(loss, reconstruction, weights, ratioWeights, factors, rows, ratio, scalars, scale);
    }

    @Override
    public void drawGaussianBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors) {
        begin(
                "drawGaussianBackward",
                draws(z, head, dz, noise) && floats(head.count(), dhead) && floats(z.rows(), ratioWeights, factors),
                writes(dhead),
                dz,
                head,
                noise,
                z,
                ratioWeights,
                factors);
        objectives.drawBackward(dhead, dz, head, noise, z, ratioWeights, factors);
    }

    @Override
    public void totalCorrelation(
            Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset) {
        begin(
                "totalCorrelation",
                draws(z, head)
                        && z.rows() == head.rows()
                        && correlates(pairs, joint, marginals, z)
                        && floats(z.rows(), values),
                writes(values, pairs, joint, marginals),
                z,
                head);
        objectives.correlation(values, pairs, joint, marginals, z, head, offset);
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
        begin(
                "totalCorrelationBackward",
                draws(z, head, dz)
                        && z.rows() == head.rows()
                        && correlates(pairs, joint, marginals, z)
                        && floats(head.count(), dhead),
                writes(dz, dhead),
                pairs,
                joint,
                marginals,
                z,
                head);
        objectives.correlationBackward(dz, dhead, pairs, joint, marginals, z, head, weight);
    }

    @Override
    public void addTerm(Tensor loss, Tensor values, float factor) {
        begin("addTerm", floats(loss.count(), loss, values), writes(loss), values);
        objectives.addTerm(loss, values, factor);
    }

    @Override
    public void recordTerm(Tensor scalars, Tensor values) {
        aside(
                books,
                "recordTerm",
                are(ElementType.F32, values) && scalars(scalars),
                () -> objectives.recordTerm(scalars, values),
                writes(slot(scalars, Scalars.TERM_SUM)),
                values,
                slot(scalars, Scalars.HALTED_AT));
    }

    private static boolean correlates(Tensor pairs, Tensor joint, Tensor marginals, Tensor z) {
        long rows = z.rows();
        return floats(rows * rows, pairs) && floats(rows, joint) && floats(z.count(), marginals);
    }

    /** Whether z has one row or several for each row of head, and the others are as many as z. */
    private static boolean draws(Tensor z, Tensor head, Tensor... others) {
        return are(ElementType.F32, head)
                && head.columns() == 2 * z.columns()
                && z.rows() % head.rows() == 0
                && floats(z.count(), z)
                && floats(z.count(), others);
    }

    @Override
    public void discrepancy(Tensor values, Tensor slopes, Tensor z, Tensor prior) {
        begin(
                "discrepancy",
                discrepancies(slopes, z, prior) && floats(z.rows(), values),
                writes(values, slopes),
                z,
                prior);
        discrepancies.forward(values, slopes, z, prior);
    }

    @Override
    public void discrepancyBackward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight) {
        begin(
                "discrepancyBackward",
                discrepancies(slopes, z, prior) && floats(z.count(), dz),
                writes(dz),
                slopes,
                z,
                prior);
        discrepancies.backward(dz, slopes, z, prior, weight);
    }

    private static boolean discrepancies(Tensor slopes, Tensor z, Tensor prior) {
        return floats(z.count(), z, prior)
                && prior.columns() == z.columns()
                && floats(2L * z.rows() * z.rows(), slopes);
    }

    // ---- the options of training

    @Override
    public void schedule(Tensor scalars, Tensor table) {
        aside(
                books,
                "schedule",
                scalars(scalars) && are(ElementType.F64, table) && table.columns() == SCHEDULE_COLUMNS,
                () -> steps.schedule(scalars, table),
                writes(slots(scalars, Scalars.LEARNING_RATE, Scalars.CAPACITY)),
                table,
                slot(scalars, Scalars.STEP),
                slot(scalars, Scalars.SCHEDULE_START),
                slot(scalars, Scalars.HALTED_AT));
    }

    @Override
    public void freeBits(Tensor kl, Tensor active, Tensor head, float floor) {
        begin(
                "freeBits",
                are(ElementType.F32, head) && floats(head.rows(), kl) && 2 * active.count() == head.columns(),
                writes(kl, active),
                head);
        gaussians.freeBits(kl, active, head, floor);
    }

    @Override
    public void sampleGaussianBackwardWeighted(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights) {
        begin(
                "sampleGaussianBackwardWeighted",
                latents(head, dz, noise)
                        && floats(head.count(), dhead)
                        && floats(head.rows(), weights)
                        && floats(dz.columns(), latentWeights),
                writes(dhead),
                dz,
                head,
                noise,
                weights,
                latentWeights);
        gaussians.backward(dhead, dz, head, noise, weights, latentWeights);
    }

    @Override
    public void capacityElbo(
            Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        aside(
                books,
                "capacityElbo",
                floats(loss.count(), loss, klWeights, reconstruction, kl) && scalars(scalars),
                () -> objectives.capacity(loss, klWeights, reconstruction, kl, scalars, scale),
                writes(loss, klWeights),
                reconstruction,
                kl,
                slots(scalars, Scalars.BETA, Scalars.CAPACITY));
    }

    @Override
    public void add(Tensor total, Tensor x) {
        begin("add", floats(total.count(), total, x), writes(total), x);
        optimizers.add(total, x);
    }

    @Override
    public void gradientNorm(Tensor scalars, Tensor g, float scale, float limit) {
        begin(
                "gradientNorm",
                are(ElementType.F32, g) && scalars(scalars),
                writes(slots(scalars, Scalars.GRADIENT_SCALE, Scalars.GRADIENT_NORM_MAX)),
                g,
                slot(scalars, Scalars.HALTED_AT));
        optimizers.norm(scalars, g, scratch.floats(OptimizerKernels.scratch(g.count())), scale, limit);
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
        begin(
                "adamW",
                floats(p.count(), p, m, v, g, decay) && scalars(scalars),
                writes(p, m, v),
                g,
                decay,
                slots(scalars, Scalars.LEARNING_RATE, Scalars.HALTED_AT));
        optimizers.adamW(p, m, v, g, decay, scalars, beta1, beta2, epsilon, scale);
    }

    @Override
    public void average(Tensor average, Tensor p, Tensor scalars, double decay) {
        begin(
                "average",
                floats(p.count(), average, p) && scalars(scalars),
                writes(average),
                p,
                slot(scalars, Scalars.STEP),
                slot(scalars, Scalars.HALTED_AT));
        optimizers.average(average, p, scalars, decay);
    }

    // ---- two stochastic layers

    @Override
    public void conditionalPrior(Tensor ratio, Tensor upper, Tensor z, Tensor prior) {
        begin(
                "conditionalPrior",
                floats(z.rows(), ratio, upper) && are(ElementType.F32, z) && floats(2 * z.count(), prior),
                writes(ratio),
                upper,
                z,
                prior);
        hierarchies.prior(ratio, upper, z, prior);
    }

    @Override
    public void conditionalPriorBackward(Tensor dz, Tensor dprior, Tensor z, Tensor prior, Tensor weights) {
        begin(
                "conditionalPriorBackward",
                floats(z.count(), z, dz) && floats(2 * z.count(), prior, dprior) && floats(z.rows(), weights),
                writes(dz, dprior),
                z,
                prior,
                weights);
        hierarchies.backward(dz, dprior, z, prior, weights);
    }

    @Override
    public void meanDivergence(Tensor kl, Tensor ratio) {
        begin("meanDivergence", are(ElementType.F32, kl, ratio) && ratio.count() % kl.count() == 0, writes(kl), ratio);
        hierarchies.mean(kl, ratio);
    }

    @Override
    public void splitColumns(Tensor first, Tensor second, Tensor both) {
        begin(
                "splitColumns",
                are(ElementType.F32, first, second, both)
                        && first.rows() == both.rows()
                        && second.rows() == both.rows()
                        && both.columns() == first.columns() + second.columns(),
                writes(first, second),
                both);
        hierarchies.split(first, second, both);
    }

    /** Nothing is checked on the way out: a device that vanished must not hide the first error. */
    @Override
    public void close() {
        for (int i = resources.size() - 1; i >= 0; i--) {
            try {
                resources.get(i).close();
            } catch (Exception e) {
                // The others are still to be freed.
            }
        }
        resources.clear();
    }
}
