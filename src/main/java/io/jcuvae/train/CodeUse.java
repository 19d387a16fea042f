package io.jcuvae.train;

import java.nio.FloatBuffer;

/**
 * What a set makes of a codebook.
 *
 * @param commitment the commitment term with its weight, mean per sample
 * @param perplexity exp(-sum over k of p_k log p_k) of the shares p_k that the codes have of all slots: 1 where all are the same
 *     code, K where all codes are used alike
 * @param used codes that any slot has
 */
public record CodeUse(double commitment, double perplexity, int used) {
    /** Counts codes batch by batch. */
    static final class Counter {
        private final long[] uses;
        private final int slots;
        private double commitment;
        private long rows;

        Counter(int codes, int slots) {
            uses = new long[codes];
            this.slots = slots;
        }

        /**
         * Adds a batch.
         *
         * @param numbers [rows, S]
         * @param terms [rows], the commitment of each
         */
        void add(FloatBuffer numbers, FloatBuffer terms, int count) {
            for (int i = 0; i < count * slots; i++) {
                uses[(int) numbers.get(i)]++;
            }
            for (int r = 0; r < count; r++) {
                commitment += terms.get(r);
            }
            rows += count;
        }

        CodeUse result() {
            double entropy = 0;
            int used = 0;
            for (long use : uses) {
                if (use > 0) {
                    double share = (double) use / (rows * slots);
                    entropy -= share * Math.log(share);
                    used++;
                }
            }
            return new CodeUse(commitment / rows, Math.exp(entropy), used);
        }
    }
}
