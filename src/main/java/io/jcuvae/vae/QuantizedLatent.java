package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;

/**
 * Each slot of what the head says becomes the nearest vector of a {@link Codebook}. There is no noise, and no
 * divergence that could be trained on: from a uniform prior it is S log K for every sample. The gradient of z goes
 * straight through to the head.
 */
final class QuantizedLatent implements Latent {
    private final Ops ops;
    private final PointLatent point;
    private final Codebook book;
    private final Tensor vectors;
    private final Tensor counts;
    private final Tensor sums;
    private final Tensor revived;
    /** [N, E]: the head's output and z, N = B S. */
    private final Tensor said;

    private final Tensor z;
    private final Tensor dz;
    /** [B, S]. */
    private final Tensor codes;

    private final Tensor commitment;
    private final Tensor products;
    private final Tensor norms;
    private final Tensor total;
    private final Tensor scalars;
    private final float weight;
    private final long key;

    QuantizedLatent(Binding binding, int latents, Codebook book, Tensor input, Tensor inputGradient, float rowWeight) {
        ops = binding.ops();
        this.book = book;
        point = new PointLatent(binding, input, inputGradient);
        vectors = binding.buffers().get(Codebook.VECTORS);
        counts = binding.buffers().get(Codebook.COUNTS);
        sums = binding.buffers().get(Codebook.SUMS);
        revived = binding.buffers().get(Codebook.REVIVED);
        int rows = binding.rows();
        int slots = book.slots(latents);
        int all = Math.multiplyExact(rows, slots);
        said = point.head().reshape(Shape.of(all, book.size()));
        z = binding.arena().tensor("z", Shape.of(rows, latents));
        dz = binding.training() ? binding.arena().tensor("dz", z.shape()) : null;
        codes = binding.arena().tensor("codes", Shape.of(rows, slots));
        commitment = binding.arena().tensor("commitment", Shape.of(rows));
        products = binding.arena().shared("codes.products", Shape.of(all, book.codes()));
        norms = binding.arena().shared("codes.norms", Shape.of(book.codes()));
        total = binding.training() ? binding.arena().tensor("codes.total", Shape.of(1)) : null;
        scalars = binding.scalars();
        weight = (float) (2 * rowWeight * book.commitment());
        key = Stream.REVIVAL.key(binding.seed());
    }

    /** [B, S]: the number of each slot's code. */
    Tensor codes() {
        return codes;
    }

    /** [B]: the commitment term with its weight. */
    Tensor commitment() {
        return commitment;
    }

    @Override
    public Tensor head() {
        return point.head();
    }

    @Override
    public Tensor noise() {
        return null;
    }

    @Override
    public Tensor z() {
        return z;
    }

    @Override
    public Tensor zGradient() {
        return dz;
    }

    @Override
    public Tensor kl() {
        return point.kl();
    }

    @Override
    public Tensor klWeights() {
        return point.klWeights();
    }

    @Override
    public void posterior() {
        point.posterior();
    }

    @Override
    public void sample() {
        Tensor numbers = codes.reshape(Shape.of(said.rows()));
        ops.nearestCodes(numbers, products, norms, said, vectors);
        ops.lookUpCodes(z, commitment, point.head(), codes, vectors, (float) book.commitment());
    }

    @Override
    public void center() {
        sample();
    }

    /** The codebook moves here and not before: only now it is known whether the step counts. */
    @Override
    public void backward() {
        ops.trackCodes(
                vectors,
                counts,
                sums,
                revived,
                total,
                said,
                codes.reshape(Shape.of(said.rows())),
                scalars,
                (float) book.decay(),
                (float) book.threshold(),
                key);
        ops.straightThrough(point.zGradient(), dz, point.head(), z, weight);
        point.backward();
    }
}
