package io.jcuvae.vae;

import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A second stochastic layer above the code z (Burda et al. 2016): z gives u ~ q(u | z), and the prior of z is p(z | u) with a
 * standard normal p(u). Both are diagonal Gaussians with dense layers before their heads.
 *
 * @param latents U, the size of u; 0 where there is no such layer
 * @param hidden widths from z to the heads of q(u | z); p(z | u) has them the other way round
 * @param activation of these layers
 */
public record Upper(int latents, List<Integer> hidden, Activation activation) {
    /** z has a standard normal prior. */
    public static final Upper NONE = new Upper(0, List.of(), Activation.IDENTITY);

    /** What its parameters' names begin with. */
    private static final String NAME = "upper.";

    /** Of the layers from z to q(u | z): {@code upper.enc0.weight, ...}, and its heads {@code upper.mu, upper.logvar}. */
    static final String ENCODER = NAME + "enc";

    static final String POSTERIOR = NAME;
    /** Of the layers from u to p(z | u): {@code upper.dec0.weight, ...}, and {@code upper.prior.mu, upper.prior.logvar}. */
    static final String DECODER = NAME + "dec";

    static final String PRIOR = NAME + "prior.";

    /** Checks the sizes. */
    public Upper {
        hidden = List.copyOf(hidden);
        if (latents < 0) {
            throw new IllegalArgumentException("an upper layer has no or some latents, got " + latents);
        }
    }

    /** Whether there is one. */
    public boolean given() {
        return latents > 0;
    }

    /** Layers from z to what the heads of q(u | z) see. */
    public List<LayerSpec> encoder() {
        return hidden.stream()
                .<LayerSpec>map(width -> new DenseSpec(width, activation))
                .toList();
    }

    /** Layers from u to what the heads of p(z | u) see. */
    public List<LayerSpec> decoder() {
        return IntStream.range(0, hidden.size())
                .<LayerSpec>mapToObj(i -> new DenseSpec(hidden.get(hidden.size() - 1 - i), activation))
                .toList();
    }

    /**
     * Declares the parameters, if any.
     *
     * @param codes Z, the size of z
     */
    void declare(ParameterLayout layout, int codes) {
        if (given()) {
            Shape up = Sequential.declare(layout, encoder(), ENCODER, Shape.of(codes));
            GaussianLatent.declare(layout, POSTERIOR, latents, up);
            Shape down = Sequential.declare(layout, decoder(), DECODER, Shape.of(latents));
            GaussianLatent.declare(layout, PRIOR, codes, down);
        }
    }

    /** The most values that one of its layers makes. */
    int widest() {
        return Math.max(
                2 * latents, hidden.stream().mapToInt(width -> width).max().orElse(0));
    }
}
