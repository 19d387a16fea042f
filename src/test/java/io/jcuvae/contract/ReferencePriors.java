package io.jcuvae.contract;

import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.PriorOps} in double precision, from their formulas alone. */
final class ReferencePriors {
    private ReferencePriors() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    private static void add(Tensor tensor, int i, double value) {
        set(tensor, i, at(tensor, i) + value);
    }

    /** Where the mean of a component is, or its log variance, whichever way the table lies. */
    private static int place(Tensor components, int latents, int k, int d, boolean logvar) {
        if (components.columns() == latents) {
            return ((logvar ? components.rows() / 2 : 0) + k) * latents + d;
        }
        return (2 * k + (logvar ? 1 : 0)) * latents + d;
    }

    private static double weight(Tensor logits, int k, int count) {
        if (logits == null) {
            return 1.0 / count;
        }
        double sum = 0;
        for (int j = 0; j < count; j++) {
            sum += Math.exp(at(logits, j) - at(logits, k));
        }
        return 1 / sum;
    }

    static void mixtureLogRatio(
            Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor components, Tensor logits) {
        int latents = z.columns();
        int count = shares.columns();
        int draws = z.rows() / head.rows();
        for (int r = 0; r < z.rows(); r++) {
            double[] logs = new double[count];
            double most = Double.NEGATIVE_INFINITY;
            for (int k = 0; k < count; k++) {
                logs[k] = Math.log(weight(logits, k, count));
                for (int d = 0; d < latents; d++) {
                    double variance = Math.exp(at(components, place(components, latents, k, d, true)));
                    double distance = at(z, r * latents + d) - at(components, place(components, latents, k, d, false));
                    logs[k] -= 0.5 * (Math.log(2 * Math.PI * variance) + distance * distance / variance);
                }
                most = Math.max(most, logs[k]);
            }
            double sum = 0;
            for (double log : logs) {
                sum += Math.exp(log - most);
            }
            double value = most + Math.log(sum);
            for (int k = 0; k < count; k++) {
                set(shares, r * count + k, Math.exp(logs[k] - value));
            }
            for (int d = 0; d < latents; d++) {
                double variance = Math.exp(at(head, (2 * (r / draws) + 1) * latents + d));
                double e = at(noise, r * latents + d);
                value += 0.5 * (Math.log(2 * Math.PI * variance) + e * e);
            }
            set(ratio, r, value);
        }
    }

    static void mixtureLogRatioBackward(
            Tensor slope,
            Tensor dcomponents,
            Tensor dlogits,
            Tensor shares,
            Tensor z,
            Tensor components,
            Tensor logits,
            Tensor weights) {
        int latents = z.columns();
        int count = shares.columns();
        for (int i = 0; i < slope.count(); i++) {
            set(slope, i, 0);
        }
        for (int k = 0; k < count; k++) {
            for (int d = 0; d < latents; d++) {
                double variance = Math.exp(at(components, place(components, latents, k, d, true)));
                double dmean = 0;
                double dlogvar = 0;
                for (int r = 0; r < z.rows(); r++) {
                    double distance = at(z, r * latents + d) - at(components, place(components, latents, k, d, false));
                    double share = at(shares, r * count + k);
                    add(slope, r * latents + d, share * distance / variance);
                    dmean -= at(weights, r) * share * distance / variance;
                    dlogvar -= 0.5 * at(weights, r) * share * (distance * distance / variance - 1);
                }
                set(dcomponents, place(components, latents, k, d, false), dmean);
                set(dcomponents, place(components, latents, k, d, true), dlogvar);
            }
            if (logits != null) {
                double sum = 0;
                for (int r = 0; r < z.rows(); r++) {
                    sum -= at(weights, r) * (at(shares, r * count + k) - weight(logits, k, count));
                }
                set(dlogits, k, sum);
            }
        }
    }

    static void meanOfDraws(Tensor mean, Tensor rows, float factor) {
        int draws = (int) (rows.count() / mean.count());
        for (int b = 0; b < mean.count(); b++) {
            set(mean, b, 0);
            for (int k = 0; k < draws; k++) {
                add(mean, b, factor * at(rows, b * draws + k) / draws);
            }
        }
    }

    static void clamp(Tensor y, Tensor x, float low, float high) {
        for (int i = 0; i < x.count(); i++) {
            set(y, i, Math.min(high, Math.max(low, at(x, i))));
        }
    }

    static void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high) {
        for (int i = 0; i < x.count(); i++) {
            double step = -at(dy, i);
            boolean outwards = at(x, i) < low ? step < 0 : at(x, i) > high && step > 0;
            set(dx, i, outwards ? 0 : at(dy, i));
        }
    }
}
