package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jcuvae.tensor.Precision;
import java.util.Optional;

/** The device that tests tagged {@code gpu} use. */
final class Gpu {
    /** The property that numbers it, 0 without. */
    private static final String PROPERTY = "jcuvae.gpu";

    private Gpu() {}

    static int number() {
        return Integer.getInteger(PROPERTY, 0);
    }

    static CudaBackend open(Precision precision, NoiseSource noise, boolean debug, boolean branches) {
        require();
        return CudaBackend.open(new CudaOptions(number(), precision, noise, debug, branches));
    }

    /** Ends a test as skipped where there is no device. */
    static void require() {
        Optional<String> obstacle = CudaProbe.obstacle(number());
        assumeTrue(obstacle.isEmpty(), () -> "no device: " + obstacle.orElse(""));
    }
}
