package io.jcuvae.cuda;

import io.jcuvae.contract.OpsContract;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/**
 * The contract on CUDA over the software device, with every option that changes what is computed or in which order: on
 * streams that run at once or as late as they may, and once with every access of every kernel looked at.
 */
@OnSoftwareCuda
class CudaOpsContractTest {
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    private abstract static class OnCuda implements OpsContract {
        private final CudaOptions options;
        private CudaBackend backend;

        OnCuda(Precision precision, NoiseSource noise, boolean debug, boolean branches) {
            options = new CudaOptions(0, precision, noise, debug, branches);
        }

        @BeforeAll
        void open() {
            backend = CudaBackend.open(options);
        }

        @Override
        public Backend backend() {
            return backend;
        }

        @Override
        public Precision precision() {
            return options.precision();
        }

        @AfterAll
        void close() {
            backend.close();
        }
    }

    @Nested
    class Plain extends OnCuda {
        Plain() {
            super(Precision.FP32, NoiseSource.CURAND, false, false);
        }
    }

    @Nested
    @OnSoftwareCuda("late")
    class BranchesOnLateStreams extends OnCuda {
        BranchesOnLateStreams() {
            super(Precision.FP32, NoiseSource.CURAND, false, true);
        }
    }

    @Nested
    @OnSoftwareCuda("late")
    class Tf32 extends OnCuda {
        Tf32() {
            super(Precision.TF32, NoiseSource.PHILOX, false, false);
        }
    }

    @Nested
    class Bf16WithBranches extends OnCuda {
        Bf16WithBranches() {
            super(Precision.BF16, NoiseSource.CURAND, false, true);
        }
    }

    @Nested
    @OnSoftwareCuda("checked")
    class EveryAccessLookedAt extends OnCuda {
        EveryAccessLookedAt() {
            super(Precision.FP32, NoiseSource.PHILOX, true, false);
        }
    }
}
