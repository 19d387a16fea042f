package io.jcuvae.tensor;

/**
 * Pairs of 32-bit values to pairs of standard normals, with cuRAND's constants: u = x / 2^32 + 1 / 2^33 and
 * v = 2 pi (y / 2^32 + 1 / 2^33) as floats, then s sin v and s cos v with s = sqrt(-2 ln u) in double precision.
 *
 * <p>Logarithm, sine and cosine are power series of plain products and sums: they have the same bits on every machine and with
 * every JVM, which those of {@link Math} need not have, and the JIT vectorizes them, since arrays are indexed alike. Each is
 * exact to a few units of a double's last place, so the float is the nearest one but for one value in some ten million.
 */
public final class BoxMuller {
    private static final float TWO_POW_MINUS_32 = 0x1p-32f;
    private static final float TWO_PI_POW_MINUS_32 = (float) (2 * Math.PI * 0x1p-32);

    /** Bits of sqrt(1/2): what is left of a float without its power of two begins there. */
    private static final int SQRT_HALF_BITS = 0x3F3504F3;

    /** Adding 1.5 * 2^52 rounds a double to an integer, which its low bits then hold. */
    private static final double ROUND = 6755399441055744.0;

    /**
     * pi / 2 in two parts: a few times the first one, of 33 bits, is exact (Cody, Waite 1980). The second has what the double
     * that is nearest to pi / 2 lacks, too, so that sines close to zero are as exact as others.
     */
    private static final double HALF_PI_HIGH =
            Double.longBitsToDouble(Double.doubleToRawLongBits(Math.PI / 2) & -1L << 20);

    private static final double HALF_PI_LOW = Math.PI / 2 - HALF_PI_HIGH + 6.123233995736766e-17;

    /** Sine and cosine of 0, 1, 2, 3 and 4 right angles. */
    private static final double[] SINE = {0, 1, 0, -1, 0};

    private static final double[] COSINE = {1, 0, -1, 0, 1};

    /** x of a pair, then its radius. */
    private final double[] s;
    /** Exponent of u, then the cosine of the rest of the angle. */
    private final double[] e;
    /** v, then the rest of it, then its sine. */
    private final double[] v;
    /** Right angles in v. */
    private final double[] q;

    /** Room for so many pairs. */
    public BoxMuller(int pairs) {
        s = new double[pairs];
        e = new double[pairs];
        v = new double[pairs];
        q = new double[pairs];
    }

    /** Sets the two values of a pair. */
    public void set(int pair, int x, int y) {
        float u = (x & 0xFFFFFFFFL) * TWO_POW_MINUS_32 + TWO_POW_MINUS_32 / 2;
        int bits = Float.floatToRawIntBits(u);
        int exponent = bits - SQRT_HALF_BITS >> 23;
        // u = 2^exponent m with m from sqrt(1/2) to sqrt(2).
        s[pair] = Float.intBitsToFloat(bits - (exponent << 23));
        e[pair] = exponent;
        v[pair] = (y & 0xFFFFFFFFL) * TWO_PI_POW_MINUS_32 + TWO_PI_POW_MINUS_32 / 2;
    }

    /** Makes normals of the first pairs: afterwards {@link #normal} gives them. */
    public void compute(int pairs) {
        radius(s, e, pairs);
        angle(q, v, pairs);
        cosine(e, v, pairs);
        sine(v, pairs);
    }

    /** A normal by its number: 2 p is that with the sine of pair p, 2 p + 1 that with its cosine. */
    public float normal(int number) {
        return (number & 1) == 0 ? sine(number >> 1) : cosine(number >> 1);
    }

    /** s sin v. */
    float sine(int pair) {
        int quarter = (int) Double.doubleToRawLongBits(q[pair]) & 7;
        return (float) (s[pair] * (v[pair] * COSINE[quarter] + e[pair] * SINE[quarter]));
    }

    /** s cos v. */
    float cosine(int pair) {
        int quarter = (int) Double.doubleToRawLongBits(q[pair]) & 7;
        return (float) (s[pair] * (e[pair] * COSINE[quarter] - v[pair] * SINE[quarter]));
    }

    /** ln u = e ln 2 + 2 atanh((m - 1) / (m + 1)), whose series ends where it adds less than 2^-55. */
    private static void radius(double[] s, double[] e, int count) {
        for (int i = 0; i < count; i++) {
            double t = (s[i] - 1) / (s[i] + 1);
            double w = t * t;
            double p = 1.0 / 21 * w + 1.0 / 19;
            p = p * w + 1.0 / 17;
            p = p * w + 1.0 / 15;
            p = p * w + 1.0 / 13;
            p = p * w + 1.0 / 11;
            p = p * w + 1.0 / 9;
            p = p * w + 1.0 / 7;
            p = p * w + 1.0 / 5;
            p = p * w + 1.0 / 3;
            double log = e[i] * 0.6931471805599453 + (2 * t + 2 * t * w * p);
            s[i] = Math.sqrt(-2 * log);
        }
    }

    private static void angle(double[] q, double[] v, int count) {
        for (int i = 0; i < count; i++) {
            double shifted = v[i] * (2 / Math.PI) + ROUND;
            double quarters = shifted - ROUND;
            q[i] = shifted;
            v[i] = (v[i] - quarters * HALF_PI_HIGH) - quarters * HALF_PI_LOW;
        }
    }

    /** Up to r^16 / 16!: the next term is below 2^-58 for |r| up to pi / 4. */
    private static void cosine(double[] cosine, double[] r, int count) {
        for (int i = 0; i < count; i++) {
            double w = r[i] * r[i];
            double p = 1.0 / 20922789888000.0 * w - 1.0 / 87178291200.0;
            p = p * w + 1.0 / 479001600;
            p = p * w - 1.0 / 3628800;
            p = p * w + 1.0 / 40320;
            p = p * w - 1.0 / 720;
            p = p * w + 1.0 / 24;
            p = p * w - 0.5;
            cosine[i] = 1 + w * p;
        }
    }

    /** Up to r^15 / 15!. */
    private static void sine(double[] r, int count) {
        for (int i = 0; i < count; i++) {
            double w = r[i] * r[i];
            double p = 1.0 / 6227020800.0 - 1.0 / 1307674368000.0 * w;
            p = p * w - 1.0 / 39916800;
            p = p * w + 1.0 / 362880;
            p = p * w - 1.0 / 5040;
            p = p * w + 1.0 / 120;
            p = p * w - 1.0 / 6;
            r[i] = r[i] + r[i] * w * p;
        }
    }
}
