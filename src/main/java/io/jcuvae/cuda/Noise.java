package io.jcuvae.cuda;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.jcurand.JCurand;
import jcuda.jcurand.curandGenerator;
import jcuda.jcurand.curandOrdering;
import jcuda.jcurand.curandRngType;
import jcuda.jcurand.curandStatus;
import jcuda.runtime.cudaStream_t;

/**
 * The normal sequences of all keys. cuRAND fills blocks of them between the steps, and a step copies its part, found through
 * a descriptor on the device, so that a replay takes it from the block of the moment; or our own kernel computes each value
 * where it is used.
 */
final class Noise implements AutoCloseable {
    /** Address, first index and number of the values. */
    private static final int DESCRIPTOR_LONGS = 3;

    private final CudaContext context;
    private final NoiseSource source;
    private final StepKernels kernels;
    private final curandGenerator generator = new curandGenerator();
    private final Map<Long, Reserve> reserves = new HashMap<>();

    /** What is there of one key. */
    private static final class Reserve {
        private final CudaBuffer descriptor;
        private CudaBuffer block;
        private long first;
        private long count;

        Reserve(CudaContext context) {
            descriptor = context.allocate(ElementType.F64, DESCRIPTOR_LONGS);
        }
    }

    Noise(CudaContext context, NoiseSource source, StepKernels kernels) {
        this.context = context;
        this.source = source;
        this.kernels = kernels;
        if (source == NoiseSource.CURAND) {
            check(JCurand.curandCreateGenerator(generator, curandRngType.CURAND_RNG_PSEUDO_PHILOX4_32_10), "start");
            try {
                check(
                        JCurand.curandSetStream(generator, new cudaStream_t(context.stream())),
                        "use the stream of operations");
                check(
                        JCurand.curandSetGeneratorOrdering(generator, curandOrdering.CURAND_ORDERING_PSEUDO_LEGACY),
                        "use its legacy ordering");
            } catch (RuntimeException e) {
                close();
                throw e;
            }
        }
    }

    /** Makes values first .. first + count - 1 of a sequence available; what was of it before is gone, if need be. */
    void reserve(long key, long first, long count) {
        context.requireNotCapturing("noise reserved");
        if (source == NoiseSource.PHILOX) {
            return;
        }
        Reserve reserve = reserves.computeIfAbsent(key, k -> new Reserve(context));
        if (first >= reserve.first && first + count <= reserve.first + reserve.count) {
            return;
        }
        // Whole groups of four: they are what the generator makes, and Box-Muller takes pairs.
        long start = first & -4L;
        long length = (first + count - start + 3) & -4L;
        if (reserve.block == null || reserve.block.length() < length) {
            CudaBuffer old = reserve.block;
            reserve.block = context.allocate(ElementType.F32, length);
            if (old != null) {
                // No recorded step knows its address, but one may still be running.
                context.synchronize();
                context.free(old);
            }
        }
        reserve.count = 0;
        generate(reserve.block.pointer(), key, start, length);
        kernels.reserve(reserve.descriptor.pointer(), reserve.block.pointer(), start, length);
        reserve.first = start;
        reserve.count = length;
    }

    private void generate(CUdeviceptr block, long key, long start, long length) {
        check(JCurand.curandSetPseudoRandomGeneratorSeed(generator, key), "take a key");
        check(JCurand.curandSetGeneratorOffset(generator, start), "go to value " + start);
        check(JCurand.curandGenerateNormal(generator, block, length, 0f, 1f), "make " + length + " values");
    }

    /** noise[i] = value NOISE_POSITION + i of the key's sequence; NaN where that was not reserved. */
    void normal(Tensor noise, Tensor scalars, long key) {
        if (source == NoiseSource.PHILOX) {
            kernels.normal(noise, scalars, key);
            return;
        }
        Reserve reserve = reserves.get(key);
        if (reserve == null && context.capturing()) {
            kernels.fill(noise, Float.NaN);
            return;
        }
        if (reserve == null) {
            // Empty, so all of it is NaN until somebody reserves. The launch may go to another stream than its
            // clearing.
            reserve = new Reserve(context);
            context.synchronize();
            reserves.put(key, reserve);
        }
        kernels.normalReserved(noise, scalars, reserve.descriptor.pointer());
    }

    private void check(int status, String doing) {
        if (status != curandStatus.CURAND_STATUS_SUCCESS) {
            throw new Failure("cuda:" + context.ordinal() + ": cuRAND could not " + doing + ": "
                    + curandStatus.stringFor(status));
        }
    }

    @Override
    public void close() {
        if (source == NoiseSource.CURAND) {
            JCurand.curandDestroyGenerator(generator);
        }
    }
}
