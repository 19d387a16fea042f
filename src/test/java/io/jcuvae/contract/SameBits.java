package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.tensor.Backend;
import java.util.List;

/** Every verb, on shapes large enough to be shared out, on two backends that must agree to the bit. */
public final class SameBits {
    private SameBits() {}

    /** Fails with the verb, the shapes and the first element that differs. */
    public static void check(Backend one, Backend other) {
        Scenarios.large()
                .values()
                .forEach(scenarios -> scenarios.forEach(scenario -> {
                    List<long[]> wanted = Lab.bits(one, scenario);
                    List<long[]> got = Lab.bits(other, scenario);
                    assertEquals(wanted.size(), got.size());
                    for (int i = 0; i < wanted.size(); i++) {
                        assertArrayEquals(
                                wanted.get(i), got.get(i), scenario + ", output " + i + ", on " + other.description());
                    }
                }));
        SmallStep wanted = new SmallStep(one, -1);
        SmallStep got = new SmallStep(other, -1);
        for (int i = 1; i <= 3; i++) {
            wanted.run();
            got.run();
            assertArrayEquals(wanted.state(), got.state(), "step " + i + " on " + other.description());
        }
    }
}
