package io.jcuvae.contract;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Precision;
import java.util.function.IntToDoubleFunction;

/**
 * How far single precision may be from the oracle, by family of operations. Every entry is a share of a magnitude that the
 * caller takes from the formula: the sum of the absolute values of all terms, so that cancellation is never held against an
 * implementation, and nothing else is forgiven. Loosening an entry needs a reason beside it.
 */
final class Tolerances {
    /** Half of a float's last place relative to its value: what one rounding may do. */
    static final double UNIT = 0x1p-24;

    /** Copies, fills, comparisons, draws: there is nothing to round. */
    static final double EXACT = 0;

    /** An elementwise formula of up to four additions, products or divisions: one rounding each. */
    static final double ARITHMETIC = 4 * UNIT;

    /**
     * An elementwise formula with exp, log or tanh in it. Good float routines err by up to two last places (four units) in
     * the function; another four for the arithmetic around it.
     */
    static final double FUNCTION = 8 * UNIT;

    /**
     * Adam's update relative to its own size: corrections, square root, quotient, product, difference come to about ten
     * roundings, and as much again for the roundings of the moments that go into it.
     */
    static final double ADAM_UPDATE = 20 * UNIT;

    /**
     * Of a gradient that goes into Adam, absolute: those far below epsilon may be rounded away, so that moments decay to zero
     * and not into subnormal numbers. A billionth of the usual epsilon, and so of any denominator.
     */
    static final double ADAM_GRADIENT = 1e-17;

    /** Normals, absolute: fast sine and cosine on a device err by 2^-21.4, times a radius that is mostly below 3. */
    static final double NORMAL = 2e-6;

    /** Double precision scalars with a power in them, absolute for values up to 1: a few last places of a double. */
    static final double DOUBLE_FUNCTION = 1e-15;

    /**
     * Absolute, beside any of the above: exp may be kept from falling below 1e-30, so that products with it stay normal
     * numbers, and results below the smallest normal float may be flushed to zero.
     */
    static final double FLUSH = 2e-30;

    private Tolerances() {}

    /**
     * A sum of n products or terms. Rounding errors of a sum behave like a random walk, sqrt(n) units of the sum of |terms|,
     * whatever the order; the worst case, n units, is not reached by seeded values. Twice that, and four for the terms.
     */
    static double sum(long n) {
        return ARITHMETIC + 2 * Math.sqrt(n) * UNIT;
    }

    /**
     * What rounding both factors of each product adds, beside {@link #sum}: half of a last place of either, and the product of
     * the two. TF32 keeps ten bits of mantissa and bfloat16 seven, so these are bounds and not estimates.
     */
    static double factors(Precision precision) {
        double half =
                switch (precision) {
                    case FP32 -> 0;
                    case TF32 -> 0x1p-11;
                    case BF16 -> 0x1p-8;
                };
        return 2 * half + half * half;
    }

    /** A sum of n terms with a function in each. */
    static double functionSum(long n) {
        return FUNCTION + sum(n);
    }

    /** One tolerance per element. */
    static double[] each(int count, IntToDoubleFunction tolerance) {
        double[] tolerances = new double[count];
        for (int i = 0; i < count; i++) {
            tolerances[i] = tolerance.applyAsDouble(i);
        }
        return tolerances;
    }

    /** The same for every element. */
    static double[] all(int count, double tolerance) {
        return each(count, i -> tolerance);
    }

    /** One tolerance per row, a share of the sum of the terms' magnitudes. */
    static double[] rows(int rows, int width, double share, IntToDoubleFunction magnitude) {
        return each(rows, r -> {
            double sum = 0;
            for (int d = 0; d < width; d++) {
                sum += Math.abs(magnitude.applyAsDouble(r * width + d));
            }
            return share * sum + width * FLUSH;
        });
    }

    /** One tolerance per column, likewise. */
    static double[] columns(int rows, int width, double share, IntToDoubleFunction magnitude) {
        return each(width, d -> {
            double sum = 0;
            for (int r = 0; r < rows; r++) {
                sum += Math.abs(magnitude.applyAsDouble(r * width + d));
            }
            return share * sum + rows * FLUSH;
        });
    }

    /** |op(a)| |op(b)|, [M, N]: the magnitude of a matrix product. */
    static double[] product(
            double[] a, boolean transposeA, double[] b, boolean transposeB, int rows, int columns, int inner) {
        double[] magnitudes = new double[rows * columns];
        for (int m = 0; m < rows; m++) {
            for (int k = 0; k < inner; k++) {
                double factor = Math.abs(transposeA ? a[k * rows + m] : a[m * inner + k]);
                for (int n = 0; n < columns; n++) {
                    magnitudes[m * columns + n] +=
                            factor * Math.abs(transposeB ? b[n * inner + k] : b[k * columns + n]);
                }
            }
        }
        return magnitudes;
    }

    /**
     * Of y = f(x), absolute. Functions that saturate are held to their range, not to each value: tanh(1e-5) may come from
     * differences of exponentials, whose error is small against what the next layer adds up.
     */
    static double activation(Activation f, double x) {
        return switch (f) {
            case IDENTITY, RELU -> EXACT;
            case LEAKY_RELU -> ARITHMETIC * Math.abs(ReferenceOps.activation(f, x)) + FLUSH;
            case TANH, SIGMOID -> FUNCTION;
            case ELU, SOFTPLUS -> FUNCTION * Math.max(1, x);
            case GELU, SILU -> FUNCTION * Math.abs(x) + FLUSH;
        };
    }

    /**
     * Of f'(x), absolute, for given x and y. Where x multiplies a difference that vanishes for large x, x counts up to 20,
     * from where on the difference is below a unit.
     */
    static double derivative(Activation f, double x) {
        return switch (f) {
            case IDENTITY, RELU -> EXACT;
            case LEAKY_RELU -> ARITHMETIC * (x > 0 ? 1 : Activation.LEAKY_SLOPE);
            case TANH, SIGMOID, ELU -> ARITHMETIC;
            case SOFTPLUS -> FUNCTION;
            case GELU, SILU -> FUNCTION * (1 + Math.min(Math.abs(x), 20));
        };
    }

    /** A bound of |f'|; GELU's reaches 1.13. */
    static double steepest(Activation f) {
        return f == Activation.GELU || f == Activation.SILU ? 1.13 : 1;
    }
}
