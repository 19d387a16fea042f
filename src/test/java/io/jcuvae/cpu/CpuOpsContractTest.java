package io.jcuvae.cpu;

import io.jcuvae.contract.OpsContract;
import io.jcuvae.tensor.Backend;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** The contract on the processor: one thread, as many as a small machine has, more than it has; with and without a BLAS. */
class CpuOpsContractTest {
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    private abstract static class OnCpu implements OpsContract {
        private final CpuBackend backend;

        OnCpu(CpuBackend backend) {
            this.backend = backend;
        }

        @Override
        public Backend backend() {
            return backend;
        }

        @AfterAll
        void close() {
            backend.close();
        }
    }

    @Nested
    class OneThread extends OnCpu {
        OneThread() {
            super(new CpuBackend(1));
        }
    }

    @Nested
    class TwoThreads extends OnCpu {
        TwoThreads() {
            super(new CpuBackend(2));
        }
    }

    @Nested
    class FiveThreads extends OnCpu {
        FiveThreads() {
            super(new CpuBackend(5));
        }
    }

    @Nested
    class InSmallPieces extends OnCpu {
        InSmallPieces() {
            super(CpuBackend.inSmallPieces(2));
        }
    }

    @Nested
    class WithoutBlas extends OnCpu {
        WithoutBlas() {
            super(CpuBackend.withoutBlas(2));
        }
    }
}
