package io.jcuvae.cuda;

import io.jcuvae.contract.OpsContract;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** The contract on a real device; scripts/gpu-check runs it. */
@Tag("gpu")
class GpuContractTest {
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    private abstract static class OnGpu implements OpsContract {
        private final Precision precision;
        private final NoiseSource noise;
        private final boolean branches;
        private CudaBackend backend;

        OnGpu(Precision precision, NoiseSource noise, boolean branches) {
            this.precision = precision;
            this.noise = noise;
            this.branches = branches;
        }

        @BeforeAll
        void open() {
            backend = Gpu.open(precision, noise, false, branches);
        }

        @Override
        public Backend backend() {
            return backend;
        }

        @Override
        public Precision precision() {
            return precision;
        }

        @AfterAll
        void close() {
            if (backend != null) {
                backend.close();
            }
        }
    }

    @Nested
    class Plain extends OnGpu {
        Plain() {
            super(Precision.FP32, NoiseSource.CURAND, false);
        }
    }

    @Nested
    class BranchesAndOwnNoise extends OnGpu {
        BranchesAndOwnNoise() {
            super(Precision.FP32, NoiseSource.PHILOX, true);
        }
    }

    @Nested
    class Tf32 extends OnGpu {
        Tf32() {
            super(Precision.TF32, NoiseSource.CURAND, false);
        }
    }

    @Nested
    class Bf16 extends OnGpu {
        Bf16() {
            super(Precision.BF16, NoiseSource.CURAND, false);
        }
    }
}
