package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Parameters;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.List;

/**
 * A variational autoencoder bound to a device and a batch size. Fill {@link #x()} and {@link #noise()}, run the passes, read
 * the results; several can share the same parameters.
 */
public final class Vae {
    private final Ops ops;
    private final Arena arena;
    private final Tensor x;
    /** Between the sample's order and the network's; null where they are the same. */
    private final ChannelExchange seen;

    private final Conditioning conditioning;
    private final Sequential encoder;
    private final GaussianLatent latent;
    private final Sequential decoder;
    private final Tensor output;
    private final ChannelExchange said;
    private final ChannelExchange dsaid;
    private final Likelihood.Term likelihood;
    private final Tensor loss;
    private final float rowWeight;
    private final KlTerm klTerm;

    private Vae(VaeSpec spec, Binding binding, float rowWeight, KlTerm klTerm) {
        this.ops = binding.ops();
        this.arena = binding.arena();
        this.rowWeight = rowWeight;
        this.klTerm = klTerm;
        int rows = binding.rows();
        x = arena.tensor("x", Shape.of(rows, Math.toIntExact(spec.sample().count())));
        Shape input = spec.sampleInput();
        seen = spec.exchangesChannels(input) ? ChannelExchange.of(binding, "x.pictures", input, x) : null;
        conditioning = new Conditioning(binding, spec.condition());
        Tensor sample = seen == null ? ChannelExchange.asItLies(x, input) : seen.pictures();
        encoder = Sequential.bind(binding, spec.encoder(), "enc", conditioning.sample(sample), null);
        latent = new GaussianLatent(binding, spec.latents(), encoder.output(), encoder.outputGradient(), klTerm);
        decoder = Sequential.bind(
                binding,
                spec.decoder(),
                "dec",
                conditioning.code(latent.z()),
                conditioning.codeGradient(latent.zGradient()));
        Tensor doutput;
        if (spec.exchangesChannels(spec.decoderOutput())) {
            output = arena.tensor("output", x.shape());
            doutput = binding.training() ? arena.tensor("doutput", x.shape()) : null;
            said = new ChannelExchange(ops, decoder.output(), output);
            dsaid = binding.training() ? new ChannelExchange(ops, decoder.outputGradient(), doutput) : null;
        } else {
            output = decoder.output().reshape(x.shape());
            doutput = binding.training() ? decoder.outputGradient().reshape(x.shape()) : null;
            said = null;
            dsaid = null;
        }
        likelihood = spec.likelihood().bind(binding, output, doutput, x);
        loss = arena.tensor("loss", Shape.of(rows));
    }

    /**
     * Binds a model that only looks.
     *
     * @param buffers what the spec's {@link VaeSpec#buffers} names
     */
    public static Vae forInference(VaeSpec spec, Backend backend, Parameters values, Parameters buffers, int rows) {
        return Arena.bind(
                backend,
                arena -> new Vae(
                        spec,
                        new Binding(backend.ops(), values, buffers, null, null, 0, arena, rows, false),
                        1,
                        KlTerm.PLAIN));
    }

    /** Binds a model that trains on reconstruction + beta KL. */
    public static Vae forTraining(VaeSpec spec, Backend backend, Learning learning, int rows, Reduction reduction) {
        return forTraining(spec, backend, learning, rows, reduction, KlTerm.PLAIN);
    }

    /** Binds a model that trains. */
    public static Vae forTraining(
            VaeSpec spec, Backend backend, Learning learning, int rows, Reduction reduction, KlTerm klTerm) {
        float rowWeight = reduction.weight(rows);
        Vae vae = Arena.bind(
                backend,
                arena -> new Vae(
                        spec,
                        new Binding(
                                backend.ops(),
                                learning.values(),
                                learning.buffers(),
                                learning.gradients(),
                                learning.scalars(),
                                learning.seed(),
                                arena,
                                rows,
                                false),
                        rowWeight,
                        klTerm));
        backend.ops().fill(vae.likelihood.weights(), rowWeight);
        return vae;
    }

    /** [B, D]: the batch. */
    public Tensor x() {
        return x;
    }

    /** [B, K]: a one in the column of each row's class, else zeros; null for a model without condition. */
    public Tensor labels() {
        return conditioning.labels();
    }

    /** [B, Z]: the noise of the posterior's sample. */
    public Tensor noise() {
        return latent.noise();
    }

    /** [B, 2Z]: posterior means, then log variances. */
    public Tensor head() {
        return latent.head();
    }

    /** [B, Z]: the latents. */
    public Tensor z() {
        return latent.z();
    }

    /** [B, D]: what the decoder says; the expected data after {@link #mean()}. */
    public Tensor output() {
        return output;
    }

    /** [B]: reconstruction term, nats. */
    public Tensor reconstruction() {
        return likelihood.rows();
    }

    /** [B]: divergence from the prior, nats. */
    public Tensor kl() {
        return latent.kl();
    }

    /** [B]: what is trained on, reconstruction + beta KL or what {@link KlTerm} makes of it, nats. */
    public Tensor loss() {
        return loss;
    }

    /** Every activation by name, in the order of the forward pass: for diagnosis. */
    public List<Arena.Entry> tensors() {
        return arena.entries();
    }

    /** x and the labels to the posterior's parameters. */
    public void encode() {
        if (seen != null) {
            seen.toPictures();
        }
        conditioning.joinSample();
        encoder.forward();
        latent.posterior();
    }

    /** The posterior's parameters and noise to z, and the KL rows. */
    public void sample() {
        latent.sample();
    }

    /** z and the labels to the decoder's output. */
    public void decode() {
        conditioning.joinCode();
        decoder.forward();
        if (said != null) {
            said.toSamples();
        }
    }

    /** The decoder's output to the reconstruction rows. */
    public void score() {
        likelihood.forward();
    }

    /** The decoder's output to the expected data, in place. */
    public void mean() {
        likelihood.mean();
    }

    /**
     * x and noise to the loss rows, and the gradients at the decoder's output.
     *
     * @param scalars gives beta and the capacity
     */
    public void forward(Tensor scalars) {
        encode();
        sample();
        decode();
        likelihood.forwardAndBackward();
        Tensor counted = latent.countedKl();
        if (klTerm.capacity()) {
            ops.capacityElbo(loss, latent.klWeights(), likelihood.rows(), counted, scalars, rowWeight);
        } else {
            ops.elbo(loss, latent.klWeights(), likelihood.rows(), counted, scalars, rowWeight);
        }
    }

    /** The gradients of all parameters. */
    public void backward() {
        if (dsaid != null) {
            dsaid.toPictures();
        }
        decoder.backward();
        conditioning.partCode();
        latent.backward();
        encoder.backward();
    }
}
