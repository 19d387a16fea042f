package io.jcuvae.vae;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * The codebook of a {@link Posterior#VQ} posterior (van den Oord, Vinyals, Kavukcuoglu 2017). A code z of Z values lies
 * in S = Z / E slots, slot s being its values s E .. s E + E - 1, and each slot is one of K vectors of E values.
 *
 * @param codes K
 * @param size E
 * @param commitment weight of the squared distance between what the encoder says and the code that it becomes
 * @param decay of the moving averages that the codebook follows, from 0 to below 1
 * @param threshold share of the mean use below which a code is revived, 0 for those that were never used alone
 */
public record Codebook(int codes, int size, double commitment, double decay, double threshold) {
    /** For a posterior that has none. */
    public static final Codebook NONE = new Codebook(1, 1, 0, 0, 0);

    /** Numbers of codes are floats on a device, and a code's draw is one of so many stretches of a batch. */
    public static final int MOST_CODES = 1 << 16;

    static final String VECTORS = "codebook";
    static final String COUNTS = "codebook.counts";
    static final String SUMS = "codebook.sums";
    static final String REVIVED = "codebook.revived";

    /** Checks the numbers. */
    public Codebook {
        if (codes < 1
                || codes > MOST_CODES
                || size < 1
                || !(commitment >= 0)
                || !(decay >= 0 && decay < 1)
                || !(threshold >= 0 && threshold < 1)) {
            throw new IllegalArgumentException("a codebook of " + codes + " codes of " + size + " values, commitment "
                    + commitment + ", decay " + decay + ", threshold " + threshold);
        }
    }

    /**
     * S.
     *
     * @param latents Z
     * @throws IllegalArgumentException when Z is no multiple of E
     */
    public int slots(int latents) {
        if (latents % size != 0) {
            throw new IllegalArgumentException("--latent " + latents + " is no multiple of --code-size " + size
                    + ", the values of a slot; take " + Math.max(1, latents / size) * size + " or another --code-size");
        }
        return latents / size;
    }

    /**
     * [K, E]: the vectors of a model's codes, one after the other.
     *
     * @param buffers of a model that has a codebook
     */
    public static float[] vectors(Parameters buffers, Backend backend) {
        return download(buffers.get(VECTORS), backend);
    }

    /**
     * Codes that were put onto an encoder output so far.
     *
     * @param buffers of a model that has a codebook
     */
    public static long revived(Parameters buffers, Backend backend) {
        float[] counter = download(buffers.get(REVIVED), backend);
        return (long) counter[0] + ParameterLayout.COUNTER_BASE * (long) counter[1];
    }

    private static float[] download(Tensor tensor, Backend backend) {
        float[] values = new float[Math.toIntExact(tensor.count())];
        backend.download(values, 0, tensor);
        return values;
    }

    /** The codes start at zero and unused: the first step puts them onto what the encoder says of its batch. */
    void declare(ParameterLayout buffers) {
        buffers.zero(VECTORS, Shape.of(codes, size));
        buffers.zero(COUNTS, Shape.of(codes));
        buffers.zero(SUMS, Shape.of(codes, size));
        buffers.counter(REVIVED);
    }
}
