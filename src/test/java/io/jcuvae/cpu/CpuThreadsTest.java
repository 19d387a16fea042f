package io.jcuvae.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.SameBits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The number of threads is nothing that a result may depend on. */
class CpuThreadsTest {
    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        try (CpuBackend one = new CpuBackend(1)) {
            for (int threads : new int[] {2, 3, 5}) {
                try (CpuBackend several = new CpuBackend(threads)) {
                    SameBits.check(one, several);
                }
            }
        }
    }

    @Test
    void alsoInSmallPieces() {
        try (CpuBackend one = CpuBackend.inSmallPieces(1);
                CpuBackend three = CpuBackend.inSmallPieces(3)) {
            SameBits.check(one, three);
        }
    }

    @Test
    void alsoWithoutBlas() {
        try (CpuBackend one = CpuBackend.withoutBlas(1);
                CpuBackend three = CpuBackend.withoutBlas(3)) {
            SameBits.check(one, three);
        }
    }

    /** Where it falls back in silence, the contract would be tested twice on the one path and never on the other. */
    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void findsItsBlas() {
        try (CpuBackend backend = new CpuBackend(1);
                CpuBackend plain = CpuBackend.withoutBlas(1)) {
            assertTrue(backend.description().contains("OpenBLAS")
                    && !backend.description().contains("plain Java"));
            assertTrue(plain.description().contains("plain Java"), plain.description());
        }
    }
}
