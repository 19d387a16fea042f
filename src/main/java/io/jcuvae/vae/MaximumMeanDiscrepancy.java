package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** The term of WAE-MMD: how far the codes of a batch are from as many draws from the prior (Tolstikhin et al. 2018). */
final class MaximumMeanDiscrepancy implements BatchTerm {
    private final Ops ops;
    private final Tensor z;
    private final Tensor prior;
    private final Tensor values;
    private final Tensor slopes;
    private final float factor;
    private final float rowWeight;

    /**
     * Binds the term.
     *
     * @param prior [B, Z]: filled anew with standard normals before each forward pass
     */
    MaximumMeanDiscrepancy(Binding binding, Latent latent, Tensor prior, Objective objective, float rowWeight) {
        ops = binding.ops();
        z = latent.z();
        this.prior = prior;
        factor = (float) objective.discrepancy();
        this.rowWeight = rowWeight;
        int rows = binding.rows();
        values = binding.arena().tensor("mmd", Shape.of(rows));
        slopes = binding.arena().tensor("mmd.slopes", Shape.of(2 * rows, rows));
    }

    @Override
    public Tensor values() {
        return values;
    }

    @Override
    public void forward(Tensor loss) {
        ops.discrepancy(values, slopes, z, prior);
        ops.addTerm(loss, values, factor);
    }

    @Override
    public void backward(Tensor dz) {
        ops.discrepancyBackward(dz, slopes, z, prior, rowWeight * factor);
    }

    @Override
    public void addTo(Tensor headGradient) {
        // All of it comes by z.
    }
}
