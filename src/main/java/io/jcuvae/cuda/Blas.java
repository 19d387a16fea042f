package io.jcuvae.cuda;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Tensor;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * Matrix products by cuBLAS, row-major. One stream and one workspace each: a captured product may not allocate, and two that
 * run side by side must not share scratch memory.
 */
final class Blas implements AutoCloseable {
    /** What NVIDIA advises for the devices since 2022; older ones need less. */
    private static final int WORKSPACE = 32 << 20;

    private static final int ALGORITHM_BY_CUBLAS = -1;

    private final CudaContext context;
    private final Launch launch;
    private final cublasHandle handle = new cublasHandle();
    private final int factorType;
    private final int computeType;
    private final Pointer one = Pointer.to(new float[] {1});
    private final Pointer zero = Pointer.to(new float[] {0});

    /**
     * A cuBLAS handle.
     *
     * @param stream where its products go
     * @throws Failure when cuBLAS refuses
     */
    Blas(CudaContext context, Launch launch, CUstream stream, Precision precision) {
        this.context = context;
        this.launch = launch;
        factorType = precision == Precision.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;
        computeType = precision == Precision.TF32
                ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
                : cublasComputeType.CUBLAS_COMPUTE_32F;
        CudaBuffer workspace = context.allocate(ElementType.U8, WORKSPACE);
        check(JCublas2.cublasCreate(handle), "start");
        try {
            // In this order: a new stream puts the workspace back to cuBLAS's own.
            check(JCublas2.cublasSetStream(handle, new cudaStream_t(stream)), "use its stream");
            check(JCublas2.cublasSetWorkspace(handle, workspace.pointer(), WORKSPACE), "use its workspace");
        } catch (RuntimeException e) {
            JCublas2.cublasDestroy(handle);
            throw e;
        }
    }

    /**
     * A factor of a product as it lies in memory.
     *
     * @param pointer floats, or bfloat16 where that is the precision
     * @param columns of a row in memory
     * @param transpose whether it is taken with rows and columns exchanged
     */
    record Factor(CUdeviceptr pointer, int columns, boolean transpose) {}

    /**
     * c = a b, plus c itself if accumulating.
     *
     * @param c [M, N]
     * @param inner the extent that is summed over
     */
    void multiply(Tensor c, Factor a, Factor b, int inner, boolean accumulate) {
        // To cuBLAS, which counts columns first, a row-major matrix is its transpose, and c' = b' a'.
        int status = JCublas2.cublasGemmEx_new(
                handle,
                operation(b),
                operation(a),
                c.columns(),
                c.rows(),
                inner,
                one,
                b.pointer(),
                factorType,
                b.columns(),
                a.pointer(),
                factorType,
                a.columns(),
                accumulate ? one : zero,
                CudaBuffer.address(c),
                cudaDataType.CUDA_R_32F,
                c.columns(),
                computeType,
                ALGORITHM_BY_CUBLAS);
        check(status, "multiply for " + launch.operation());
        launch.done("cuBLAS's product");
    }

    private static int operation(Factor factor) {
        return factor.transpose() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    private void check(int status, String doing) {
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            requireAlive(doing);
            throw new Failure("cuda:" + context.ordinal() + ": cuBLAS could not " + doing + ": "
                    + cublasStatus.stringFor(status));
        }
    }

    /** Where cuBLAS is only the first to notice, it is the device's own error that is told. */
    private void requireAlive(String doing) {
        if (!context.capturing()) {
            int state = JCudaDriver.cuStreamQuery(context.stream());
            if (state != CUresult.CUDA_ERROR_NOT_READY) {
                context.check(state, () -> doing);
            }
        }
    }

    @Override
    public void close() {
        JCublas2.cublasDestroy(handle);
    }
}
