package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of norm.cu. */
final class NormKernels {
    static final String FAMILY = "norm";

    private static final KernelSignature MOMENTS =
            KernelSignature.of("norm_moments", POINTER, POINTER, POINTER, INT, INT, INT);
    private static final KernelSignature MOMENTS_OF_TILES = KernelSignature.of(
            "norm_moments_of_tiles", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, INT);
    private static final KernelSignature COLUMNS =
            KernelSignature.of("norm_columns", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, FLOAT);
    private static final KernelSignature BACKWARD_SUMS = KernelSignature.of(
            "norm_backward_sums", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, FLOAT, INT);
    private static final KernelSignature SUMS_OF_TILES =
            KernelSignature.of("norm_sums_of_tiles", POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature COLUMNS_BACKWARD = KernelSignature.of(
            "norm_columns_backward",
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            INT,
            INT,
            FLOAT);
    private static final KernelSignature TRACK =
            KernelSignature.of("norm_track", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, FLOAT, FLOAT);
    private static final KernelSignature ROWS =
            KernelSignature.of("norm_rows", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, FLOAT);
    private static final KernelSignature ROWS_BACKWARD =
            KernelSignature.of("norm_rows_backward", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature DROPOUT =
            KernelSignature.of("norm_dropout", POINTER, POINTER, POINTER, POINTER, INT, LONG, FLOAT, FLOAT, LONG);
    private static final KernelSignature MULTIPLY =
            KernelSignature.of("norm_multiply", POINTER, POINTER, POINTER, LONG);

    static final List<KernelSignature> SIGNATURES = List.of(
            MOMENTS,
            MOMENTS_OF_TILES,
            COLUMNS,
            BACKWARD_SUMS,
            SUMS_OF_TILES,
            COLUMNS_BACKWARD,
            TRACK,
            ROWS,
            ROWS_BACKWARD,
            DROPOUT,
            MULTIPLY);

    /** Rows of a thread that are on their way at once. */
    private static final int HELD = 8;
    /** Blocks that keep a large device busy. */
    private static final int BLOCKS = 1024;
    /** Up to here one block takes all rows of its columns: a second launch would take longer. */
    private static final int TURNS_AT_ONCE = 4;

    private final Launch launch;
    private final PtxModule.Kernel moments;
    private final PtxModule.Kernel momentsOfTiles;
    private final PtxModule.Kernel columns;
    private final PtxModule.Kernel backwardSums;
    private final PtxModule.Kernel sumsOfTiles;
    private final PtxModule.Kernel columnsBackward;
    private final PtxModule.Kernel track;
    private final PtxModule.Kernel rows;
    private final PtxModule.Kernel rowsBackward;
    private final PtxModule.Kernel dropout;
    private final PtxModule.Kernel multiply;

    NormKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        moments = module.kernel(MOMENTS);
        momentsOfTiles = module.kernel(MOMENTS_OF_TILES);
        columns = module.kernel(COLUMNS);
        backwardSums = module.kernel(BACKWARD_SUMS);
        sumsOfTiles = module.kernel(SUMS_OF_TILES);
        columnsBackward = module.kernel(COLUMNS_BACKWARD);
        track = module.kernel(TRACK);
        rows = module.kernel(ROWS);
        rowsBackward = module.kernel(ROWS_BACKWARD);
        dropout = module.kernel(DROPOUT);
        multiply = module.kernel(MULTIPLY);
    }

    /** Rows of a tile: enough tiles for the device, whole turns of a block. */
    private static int rowsPerTile(Tensor x) {
        Grid one = Grid.columnTiles(1, x.columns());
        int turn = HELD * one.height();
        if (x.rows() <= TURNS_AT_ONCE * turn) {
            return x.rows();
        }
        long tiles = Math.max(1, BLOCKS / one.columns());
        return Math.toIntExact(Grid.blocks(Grid.blocks(x.rows(), tiles), turn) * turn);
    }

    private static int tiles(Tensor x) {
        return (int) Grid.blocks(x.rows(), rowsPerTile(x));
    }

    /** Floats of memory that sums over the rows of x need beside its tensors. */
    static long scratch(Tensor x) {
        int tiles = tiles(x);
        return tiles == 1 ? 0 : 2L * tiles * x.columns();
    }

    /** The second half of what {@link #scratch} says. */
    private static CUdeviceptr half(CUdeviceptr scratch, Tensor x) {
        return scratch.withByteOffset((long) Float.BYTES * tiles(x) * x.columns());
    }

    /**
     * Mean and variance of columns.
     *
     * @param scratch as many floats as {@link #scratch} says, or null for none
     */
    void moments(Tensor mean, Tensor variance, Tensor x, CUdeviceptr scratch) {
        int tiles = tiles(x);
        boolean once = tiles == 1;
        Object means = once ? mean : scratch;
        Object squares = once ? variance : half(scratch, x);
        launch.run(
                moments,
                Grid.columnTiles(tiles, x.columns()),
                means,
                squares,
                x,
                x.rows(),
                x.columns(),
                rowsPerTile(x));
        if (!once) {
            launch.run(
                    momentsOfTiles,
                    Grid.columnTiles(1, x.columns()),
                    mean,
                    variance,
                    means,
                    squares,
                    x,
                    x.rows(),
                    x.columns(),
                    rowsPerTile(x),
                    tiles);
        }
    }

    /** y = weight (x - mean) / sqrt(variance + epsilon) + bias. */
    void columns(Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon) {
        launch.run(
                columns,
                Grid.matrixInTurns(x.rows(), x.columns()),
                y,
                x,
                mean,
                variance,
                weight,
                bias,
                x.rows(),
                x.columns(),
                epsilon);
    }

    /**
     * Gradients of weight and bias.
     *
     * @param byRow whether mean and spread are those of rows, and spread is the inverse deviation
     * @param scratch as many floats as {@link #scratch} says, or null for none
     */
    void backwardSums(
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor spread,
            float epsilon,
            boolean byRow,
            CUdeviceptr scratch) {
        int tiles = tiles(x);
        boolean once = tiles == 1;
        Object firsts = once ? dweight : scratch;
        Object seconds = once ? dbias : half(scratch, x);
        launch.run(
                backwardSums,
                Grid.columnTiles(tiles, x.columns()),
                firsts,
                seconds,
                dy,
                x,
                mean,
                spread,
                x.rows(),
                x.columns(),
                rowsPerTile(x),
                epsilon,
                byRow ? 1 : 0);
        if (!once) {
            launch.run(
                    sumsOfTiles, Grid.columnTiles(1, x.columns()), dweight, dbias, firsts, seconds, tiles, x.columns());
        }
    }

    /** Gradient of the input out of those of weight and bias. */
    void columnsBackward(
            Tensor dx,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor variance,
            Tensor weight,
            Tensor dweight,
            Tensor dbias,
            float epsilon) {
        launch.run(
                columnsBackward,
                Grid.matrixInTurns(x.rows(), x.columns()),
                dx,
                dy,
                x,
                mean,
                variance,
                weight,
                dweight,
                dbias,
                x.rows(),
                x.columns(),
                epsilon);
    }

    /** Moves running statistics. */
    void track(
            Tensor runningMean,
            Tensor runningVariance,
            Tensor batches,
            Tensor mean,
            Tensor variance,
            Tensor scalars,
            int count,
            float momentum) {
        int width = Math.toIntExact(mean.count());
        launch.run(
                track,
                Grid.ones(width),
                runningMean,
                runningVariance,
                batches,
                mean,
                variance,
                scalars,
                width,
                (float) (count / (count - 1.0)),
                momentum);
    }

    /** Layer norm. */
    void rows(Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon) {
        launch.run(
                rows,
                Grid.sums(x.rows(), x.columns()),
                y,
                mean,
                deviation,
                x,
                weight,
                bias,
                x.rows(),
                x.columns(),
                epsilon);
    }

    /** Gradient of layer norm's input. */
    void rowsBackward(Tensor dx, Tensor dy, Tensor x, Tensor mean, Tensor deviation, Tensor weight) {
        launch.run(
                rowsBackward,
                Grid.sums(x.rows(), x.columns()),
                dx,
                dy,
                x,
                mean,
                deviation,
                weight,
                x.rows(),
                x.columns());
    }

    /**
     * A mask, and what it leaves.
     *
     * @param y null, with x, for the mask alone
     */
    void dropout(Tensor y, Tensor mask, Tensor x, Tensor scalars, float rate, long key) {
        // A row may begin within a group of four draws.
        launch.run(
                dropout,
                Grid.fours(mask.count() + 3),
                y,
                mask,
                x,
                scalars,
                mask.columns(),
                mask.count(),
                rate,
                1f / (1f - rate),
                key);
    }

    /** y = a b. */
    void multiply(Tensor y, Tensor a, Tensor b) {
        launch.run(multiply, Grid.fours(y.count()), y, a, b, y.count());
    }
}
