package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Tensor;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of step.cu. */
final class StepKernels {
    static final String FAMILY = "step";

    private static final KernelSignature BEGIN = KernelSignature.of("step_begin", POINTER, FLOAT, FLOAT);
    private static final KernelSignature SCHEDULE = KernelSignature.of("step_schedule", POINTER, POINTER, INT);
    private static final KernelSignature RECORD_LOSS =
            KernelSignature.of("step_record_loss", POINTER, POINTER, POINTER, POINTER, INT);
    private static final KernelSignature END = KernelSignature.of("step_end", POINTER, INT, LONG);
    private static final KernelSignature GATHER_BYTES =
            KernelSignature.of("step_gather_bytes", POINTER, POINTER, POINTER, POINTER, INT, INT, INT, LONG, INT, LONG);
    private static final KernelSignature GATHER_FLOATS = KernelSignature.of(
            "step_gather_floats", POINTER, POINTER, POINTER, POINTER, INT, INT, INT, LONG, INT, LONG);
    private static final KernelSignature NORMAL = KernelSignature.of("step_normal", POINTER, POINTER, LONG, LONG);
    private static final KernelSignature NORMAL_RESERVED =
            KernelSignature.of("step_normal_reserved", POINTER, POINTER, POINTER, LONG);
    private static final KernelSignature RESERVE = KernelSignature.of("step_reserve", POINTER, POINTER, LONG, LONG);
    private static final KernelSignature FILL = KernelSignature.of("step_fill", POINTER, FLOAT, LONG);
    private static final KernelSignature REPEAT_ROWS =
            KernelSignature.of("step_repeat_rows", POINTER, POINTER, INT, INT);
    private static final KernelSignature QUANTIZE = KernelSignature.of("step_quantize", POINTER, POINTER, LONG);
    private static final KernelSignature BFLOAT16 = KernelSignature.of("step_bfloat16", POINTER, POINTER, LONG);

    static final List<KernelSignature> SIGNATURES = List.of(
            BEGIN,
            SCHEDULE,
            RECORD_LOSS,
            END,
            GATHER_BYTES,
            GATHER_FLOATS,
            NORMAL,
            NORMAL_RESERVED,
            RESERVE,
            FILL,
            REPEAT_ROWS,
            QUANTIZE,
            BFLOAT16);

    private final Launch launch;
    private final PtxModule.Kernel begin;
    private final PtxModule.Kernel schedule;
    private final PtxModule.Kernel recordLoss;
    private final PtxModule.Kernel end;
    private final PtxModule.Kernel gatherBytes;
    private final PtxModule.Kernel gatherFloats;
    private final PtxModule.Kernel normal;
    private final PtxModule.Kernel normalReserved;
    private final PtxModule.Kernel reserve;
    private final PtxModule.Kernel fill;
    private final PtxModule.Kernel repeatRows;
    private final PtxModule.Kernel quantize;
    private final PtxModule.Kernel bfloat16;

    StepKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        begin = module.kernel(BEGIN);
        schedule = module.kernel(SCHEDULE);
        recordLoss = module.kernel(RECORD_LOSS);
        end = module.kernel(END);
        gatherBytes = module.kernel(GATHER_BYTES);
        gatherFloats = module.kernel(GATHER_FLOATS);
        normal = module.kernel(NORMAL);
        normalReserved = module.kernel(NORMAL_RESERVED);
        reserve = module.kernel(RESERVE);
        fill = module.kernel(FILL);
        repeatRows = module.kernel(REPEAT_ROWS);
        quantize = module.kernel(QUANTIZE);
        bfloat16 = module.kernel(BFLOAT16);
    }

    /** Starts a step. */
    void begin(Tensor scalars, float beta1, float beta2) {
        launch.run(begin, Grid.single(), scalars, beta1, beta2);
    }

    /** The values of this step. */
    void schedule(Tensor scalars, Tensor table) {
        launch.run(schedule, Grid.single(), scalars, table, table.rows());
    }

    /** Adds rows to the sums. */
    void recordLoss(Tensor scalars, Tensor loss, Tensor reconstruction, Tensor kl) {
        int rows = Math.toIntExact(loss.count());
        launch.run(recordLoss, Grid.sum(rows), scalars, loss, reconstruction, kl, rows);
    }

    /** Ends a step. */
    void end(Tensor scalars, int rows, long noiseValues) {
        launch.run(end, Grid.single(), scalars, rows, noiseValues);
    }

    /**
     * Rows of the data.
     *
     * @param window W where data is a ring, else 0
     */
    void gather(Tensor x, Tensor data, int window, Tensor order, Tensor scalars, Binarization binarization, long key) {
        // A row may begin within a group of four draws.
        long groups = Grid.blocks(x.columns() + 3L, 4);
        launch.run(
                data.buffer().type() == ElementType.U8 ? gatherBytes : gatherFloats,
                Grid.rowParts(x.rows(), groups),
                x,
                data,
                order,
                scalars,
                x.columns(),
                data.rows(),
                window,
                order.count(),
                binarization.ordinal(),
                key);
    }

    /** Noise computed on the spot. */
    void normal(Tensor noise, Tensor scalars, long key) {
        launch.run(normal, Grid.fours(noise.count() + 3), noise, scalars, noise.count(), key);
    }

    /** Noise out of what {@link #reserve} named. */
    void normalReserved(Tensor noise, Tensor scalars, CUdeviceptr descriptor) {
        launch.run(normalReserved, Grid.ones(noise.count()), noise, scalars, descriptor, noise.count());
    }

    /**
     * Says where noise is.
     *
     * @param descriptor three longs
     * @param block the values
     * @param first index of the first one in its sequence
     */
    void reserve(CUdeviceptr descriptor, CUdeviceptr block, long first, long count) {
        launch.run(reserve, Grid.single(), descriptor, block, first, count);
    }

    /** One value everywhere. */
    void fill(Tensor x, float value) {
        launch.run(fill, Grid.fours(x.count()), x, value, x.count());
    }

    /** y[r] = x[r / times]. */
    void repeatRows(Tensor y, Tensor x) {
        launch.run(
                repeatRows,
                Grid.wholeRows(y.rows(), (int) Grid.blocks(x.columns(), 4)),
                y,
                x,
                x.columns(),
                y.rows() / x.rows());
    }

    /** Bytes of values. */
    void quantize(Tensor bytes, Tensor x) {
        launch.run(quantize, Grid.fours(x.count()), bytes, x, x.count());
    }

    /** Floats as bfloat16. */
    void bfloat16(CUdeviceptr half, Tensor x) {
        launch.run(bfloat16, Grid.fours(x.count()), half, x, x.count());
    }
}
