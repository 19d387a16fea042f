package io.jcuvae.jobs;

import org.hipparchus.special.Erf;

/** Codes to decode side by side: grids, and ways through the space of codes. */
public final class CodePaths {
    /** Below this sine the two ends point the same or opposite ways, and no arc between them is marked out. */
    private static final double STRAIGHT = 1e-6;

    private CodePaths() {}

    /** The value below which a standard normal lies with a probability: sqrt(2) erfinv(2 p - 1). */
    public static double quantile(double probability) {
        return Math.sqrt(2) * Erf.erfInv(2 * probability - 1);
    }

    /** The quantiles of a standard normal at (k + 1/2) / count, which cut it into equally likely parts: [count]. */
    public static double[] quantiles(int count) {
        double[] all = new double[count];
        for (int k = 0; k < count; k++) {
            all[k] = quantile((k + 0.5) / count);
        }
        return all;
    }

    /**
     * A grid over two latents: the first grows to the right, the second upwards.
     *
     * @param from where the others stay: [Z]
     * @param centre what a latent is moved around: [Z]
     * @param scale of the offsets, for each latent: [Z]
     * @param offsets of both in units of the scale, ascending
     * @return [offsets x offsets, Z] in reading order
     */
    public static float[] grid(float[] from, int first, int second, double[] centre, double[] scale, double[] offsets) {
        int side = offsets.length;
        float[] codes = Inspection.repeated(from, side * side);
        for (int row = 0; row < side; row++) {
            for (int column = 0; column < side; column++) {
                int at = (row * side + column) * from.length;
                codes[at + first] = (float) (centre[first] + scale[first] * offsets[column]);
                codes[at + second] = (float) (centre[second] + scale[second] * offsets[side - 1 - row]);
            }
        }
        return codes;
    }

    /**
     * One latent moved at a time.
     *
     * @param from where the others stay: [Z]
     * @param which the latents to move, a line each
     * @param centre what a latent is moved around: [Z]
     * @param scale of the offsets, for each latent: [Z]
     * @param offsets in units of the scale
     * @return [which x offsets, Z]
     */
    public static float[] traversal(float[] from, int[] which, double[] centre, double[] scale, double[] offsets) {
        int latents = from.length;
        float[] codes = Inspection.repeated(from, which.length * offsets.length);
        for (int line = 0; line < which.length; line++) {
            int i = which[line];
            for (int k = 0; k < offsets.length; k++) {
                codes[(line * offsets.length + k) * latents + i] = (float) (centre[i] + scale[i] * offsets[k]);
            }
        }
        return codes;
    }

    /**
     * The straight line, evenly: (1 - t) a + t b.
     *
     * @param steps both ends included, at least 2
     * @return [steps, Z]
     */
    public static float[] line(float[] from, float[] to, int steps) {
        float[] codes = new float[Math.multiplyExact(steps, from.length)];
        for (int k = 0; k < steps; k++) {
            double share = k / (double) (steps - 1);
            for (int i = 0; i < from.length; i++) {
                codes[k * from.length + i] = (float) ((1 - share) * from[i] + share * to[i]);
            }
        }
        return codes;
    }

    /**
     * The arc about 0, by even angles: sin((1 - t) w) / sin w a + sin(t w) / sin w b with the angle w between a and b (Shoemake
     * 1985; for codes White 2016). It keeps the distance from 0 that codes of many latents have, where the line cuts through a
     * middle in which hardly any lie. Ends in the same, in opposite or in no direction have no such arc and get the line.
     *
     * @param steps both ends included, at least 2
     * @return [steps, Z]
     */
    public static float[] arc(float[] from, float[] to, int steps) {
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < from.length; i++) {
            dot += (double) from[i] * to[i];
            a += (double) from[i] * from[i];
            b += (double) to[i] * to[i];
        }
        double angle = Math.acos(Math.max(-1, Math.min(1, dot / Math.sqrt(a * b))));
        double sine = Math.sin(angle);
        if (!(sine > STRAIGHT)) {
            return line(from, to, steps);
        }
        float[] codes = new float[Math.multiplyExact(steps, from.length)];
        for (int k = 0; k < steps; k++) {
            double share = k / (double) (steps - 1);
            double first = Math.sin((1 - share) * angle) / sine;
            double second = Math.sin(share * angle) / sine;
            for (int i = 0; i < from.length; i++) {
                codes[k * from.length + i] = (float) (first * from[i] + second * to[i]);
            }
        }
        return codes;
    }
}
