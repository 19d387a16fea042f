package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** The term of beta-TC-VAE: how far the codes of a batch are from having independent latents (Chen et al. 2018). */
final class TotalCorrelation implements BatchTerm {
    private final Ops ops;
    private final Tensor z;
    private final Tensor head;
    private final Tensor values;
    private final Tensor pairs;
    private final Tensor joint;
    private final Tensor marginals;
    private final Tensor dhead;
    private final float factor;
    private final float rowWeight;
    private final float offset;

    TotalCorrelation(Binding binding, Latent latent, Objective objective, float rowWeight) {
        ops = binding.ops();
        z = latent.z();
        head = latent.head();
        factor = (float) objective.totalCorrelation();
        this.rowWeight = rowWeight;
        int rows = binding.rows();
        offset = (float) ((z.columns() - 1) * Math.log((double) rows * Math.max(rows, objective.samples())));
        values = binding.arena().tensor("tc", Shape.of(rows));
        pairs = binding.arena().tensor("tc.pairs", Shape.of(rows, rows));
        joint = binding.arena().tensor("tc.joint", Shape.of(rows));
        marginals = binding.arena().tensor("tc.marginals", z.shape());
        dhead = binding.arena().tensor("tc.head.dout", head.shape());
    }

    @Override
    public Tensor values() {
        return values;
    }

    @Override
    public void forward(Tensor loss) {
        ops.totalCorrelation(values, pairs, joint, marginals, z, head, offset);
        ops.addTerm(loss, values, factor);
    }

    @Override
    public void backward(Tensor dz) {
        ops.totalCorrelationBackward(dz, dhead, pairs, joint, marginals, z, head, rowWeight * factor);
    }

    @Override
    public void addTo(Tensor headGradient) {
        ops.add(headGradient, dhead);
    }
}
