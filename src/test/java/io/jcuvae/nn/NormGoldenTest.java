package io.jcuvae.nn;

import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.cpu.CpuBackend;
import org.junit.jupiter.api.Test;

/** Norms against PyTorch. */
class NormGoldenTest {
    /** What is compared is rounded to floats, as are epsilon and momentum. */
    @Test
    void theFormulasArePyTorchs() {
        NormGolden.check(new ReferenceBackend(), 2e-7);
    }

    @Test
    void theProcessorComputesThem() {
        try (CpuBackend backend = new CpuBackend(2)) {
            NormGolden.check(backend, 2e-6);
        }
    }
}
