package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.fail;

import io.jcuvae.tensor.Shape;

/** Compares arrays element by element, each with its tolerance, and says where and by how much it is worst. */
final class Closeness {
    private Closeness() {}

    /**
     * Fails where a value is off by more than its tolerance.
     *
     * @param what names the tensor and its origin
     * @param shape for the worst index; null for a flat one
     */
    static void check(String what, Shape shape, double[] got, double[] want, double[] tolerance) {
        int worst = -1;
        double worstShare = 1;
        int beyond = 0;
        for (int i = 0; i < want.length; i++) {
            double share = share(got[i], want[i], tolerance[i]);
            if (share > 1) {
                beyond++;
                if (worst < 0 || share > worstShare) {
                    worst = i;
                    worstShare = share;
                }
            }
        }
        if (worst >= 0) {
            fail(String.format(
                    "%s: worst at %s: got %.9g, want %.9g, off by %.3g, %.3g times the tolerance of %.3g; %d of %d are off",
                    what,
                    index(shape, worst),
                    got[worst],
                    want[worst],
                    Math.abs(got[worst] - want[worst]),
                    worstShare,
                    tolerance[worst],
                    beyond,
                    want.length));
        }
    }

    /** The difference as a share of the tolerance; infinite where one of the two is not a number. */
    static double share(double got, double want, double tolerance) {
        if (got == want) {
            return 0;
        }
        double share = Math.abs(got - want) / tolerance;
        return Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
    }

    private static String index(Shape shape, int flat) {
        if (shape == null || shape.rank() < 2) {
            return Integer.toString(flat);
        }
        return "(" + flat / shape.columns() + ", " + flat % shape.columns() + ")";
    }
}
