package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only these operations have: copies in another precision, branches, noise that was made before, launches. */
@OnSoftwareCuda("late")
class CudaOpsTest {
    private static CudaBackend open(Precision precision, NoiseSource noise, boolean branches) {
        return CudaBackend.open(new CudaOptions(0, precision, noise, false, branches));
    }

    private static Tensor floats(CudaBackend backend, int... extents) {
        Shape shape = Shape.of(extents);
        return Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
    }

    private static float[] values(CudaBackend backend, Tensor tensor) {
        float[] values = new float[(int) tensor.count()];
        backend.download(values, 0, tensor);
        return values;
    }

    private static float[] all(int count, float value) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return values;
    }

    /** A product of stale factors would train, only worse. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void halfCopiesFollowTheirTensors(boolean branches) {
        try (CudaBackend backend = open(Precision.BF16, NoiseSource.PHILOX, branches)) {
            Ops ops = backend.ops();
            Tensor x = floats(backend, 3, 4);
            Tensor w = floats(backend, 5, 4);
            Tensor y = floats(backend, 3, 5);
            ops.fill(x, 1);
            ops.fill(w, 1);
            ops.matmul(y, x, false, w, true, false);
            assertArrayEquals(all(15, 4), values(backend, y));
            ops.fill(x, 2);
            ops.matmul(y, x, false, w, true, false);
            assertArrayEquals(all(15, 8), values(backend, y), "written by an operation");
            backend.upload(w, all(20, 3), 0);
            ops.matmul(y, x, false, w, true, false);
            assertArrayEquals(all(15, 24), values(backend, y), "uploaded");
            ops.fill(w.view(0, Shape.of(1, 4)), 0);
            ops.matmul(y, x, false, w, true, false);
            assertArrayEquals(new float[] {0, 24, 24, 24, 24}, Arrays.copyOf(values(backend, y), 5), "written in part");
            ops.matmul(y, x, false, w, true, true);
            assertArrayEquals(new float[] {0, 48, 48, 48, 48}, Arrays.copyOf(values(backend, y), 5), "not written");
        }
    }

    /** The recorded step makes its own copies, whatever was current when it was recorded. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordedStepsMakeTheirOwnHalfCopies(boolean branches) {
        try (CudaBackend backend = open(Precision.BF16, NoiseSource.PHILOX, branches)) {
            Ops ops = backend.ops();
            Tensor x = floats(backend, 2, 2);
            Tensor w = floats(backend, 2, 2);
            Tensor bias = floats(backend, 2);
            Tensor hidden = floats(backend, 2, 2);
            Tensor y = floats(backend, 2, 2);
            ops.fill(w, 1);
            Recorded step = backend.record(() -> {
                ops.dense(hidden, hidden, x, w, bias, Activation.RELU);
                ops.dense(y, y, hidden, w, bias, Activation.IDENTITY);
            });
            for (int i = 1; i <= 4; i++) {
                ops.fill(x, i);
                // Current now, and of no use to the replay.
                ops.matmul(y, x, false, w, true, false);
                step.run();
                assertArrayEquals(all(4, 4 * i), values(backend, y), "run " + i);
                backend.upload(w, all(4, 1), 0);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noiseThatWasNotReservedIsNaN(boolean branches) {
        try (CudaBackend backend = open(Precision.FP32, NoiseSource.CURAND, branches)) {
            Tensor scalars = Scalars.allocate(backend);
            Tensor noise = floats(backend, 10);
            backend.ops().normal(noise, scalars, 5);
            assertTrue(Float.isNaN(values(backend, noise)[0]), "a key that nobody named");
            backend.reserveNoise(5, 2, 6);
            backend.ops().normal(noise, scalars, 5);
            float[] got = values(backend, noise);
            float[] want = new float[8];
            Philox.fillNormal(want, 0, 8, 5, 0);
            assertArrayEquals(want, Arrays.copyOf(got, 8), 2e-6f, "whole groups are made");
            assertTrue(Float.isNaN(got[8]) && Float.isNaN(got[9]), "behind the end");
        }
    }

    /** A replay takes noise from the block of the moment, and that may have moved. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void replaysFindNoiseInNewBlocks(boolean branches) {
        try (CudaBackend backend = open(Precision.FP32, NoiseSource.CURAND, branches)) {
            Ops ops = backend.ops();
            Tensor scalars = Scalars.allocate(backend);
            int count = 6;
            Tensor noise = floats(backend, count);
            long key = 77;
            Recorded step = backend.record(() -> {
                ops.normal(noise, scalars, key);
                ops.endStep(scalars, 1, count);
            });
            float[] want = new float[count];
            for (int i = 0; i < 12; i++) {
                if (i % 3 == 0) {
                    backend.reserveNoise(key, (long) i * count, 3L * count * (1 + i));
                }
                step.run();
                Philox.fillNormal(want, 0, count, key, (long) i * count);
                assertArrayEquals(want, values(backend, noise), 2e-6f, "run " + i);
            }
        }
    }

    @Test
    void wrongShapesAreNamed() {
        try (CudaBackend backend = open(Precision.FP32, NoiseSource.PHILOX, false)) {
            Tensor a = floats(backend, 2, 3);
            Tensor b = floats(backend, 4, 5);
            Tensor c = floats(backend, 2, 5);
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> backend.ops().matmul(c, a, false, b, false, false));
            assertEquals("matmul: shapes or types do not fit: F32 [2x5], F32 [2x3], F32 [4x5]", e.getMessage());
        }
    }

    /** A step's time on a device is little else than the number of its launches. */
    @Test
    void fusedOperationsAreFewLaunches() {
        try (CudaBackend backend = open(Precision.FP32, NoiseSource.PHILOX, false)) {
            CudaOps ops = (CudaOps) backend.ops();
            int rows = 128;
            Tensor x = floats(backend, rows, 9);
            Tensor w = floats(backend, 6, 9);
            Tensor bias = floats(backend, 6);
            Tensor y = floats(backend, rows, 6);
            Tensor z = floats(backend, rows, 3);
            Tensor sums = floats(backend, rows);
            assertEquals(2, launches(ops, () -> ops.dense(y, y, x, w, bias, Activation.RELU)), "dense");
            assertEquals(
                    3, launches(ops, () -> ops.denseBackward(x, w, bias, y, x, w, y, y, Activation.RELU)), "backward");
            assertEquals(1, launches(ops, () -> ops.sampleGaussian(z, sums, y, z)), "sampleGaussian");
            assertEquals(1, launches(ops, () -> ops.bernoulli(sums, y, y, y, sums)), "bernoulli");
            assertEquals(1, launches(ops, () -> ops.adam(x, x, x, x, Scalars.allocate(backend), 0, 0, 1)), "adam");
            Tensor scalars = Scalars.allocate(backend);
            Tensor table = Tensor.of(backend.allocate(ElementType.F64, 3), Shape.of(1, 3));
            assertEquals(1, launches(ops, () -> ops.schedule(scalars, table)), "schedule");
            assertEquals(1, launches(ops, () -> ops.adamW(x, x, x, x, x, scalars, 0, 0, 1, 1)), "adamW");
            assertEquals(1, launches(ops, () -> ops.average(x, x, scalars, 0.5)), "average");
            assertEquals(1, launches(ops, () -> ops.add(x, x)), "add");
            assertEquals(1, launches(ops, () -> ops.capacityElbo(sums, sums, sums, sums, scalars, 1)), "capacity");
            // Sums over more than a block end in a second launch.
            assertEquals(2, launches(ops, () -> ops.gradientNorm(scalars, x, 1, 1)), "gradientNorm");
            assertEquals(2, launches(ops, () -> ops.freeBits(sums, z.view(0, Shape.of(3)), y, 1)), "freeBits");
        }
    }

    private static long launches(CudaOps ops, Runnable work) {
        long before = ops.launches();
        work.run();
        return ops.launches() - before;
    }
}
