package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.nn.Parameters;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
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
    /** Rows below those of x that train with them; null without. */
    private final PseudoInputs pseudo;

    /** Between the sample's order and the network's; null where they are the same. */
    private final ChannelExchange seen;

    /** Descriptors of a table's columns, [C, FIELDS]; null without a table. */
    private final Tensor columns;
    /** [B, E]: what the encoder sees of a table. */
    private final Tensor entered;

    private final Conditioning conditioning;
    private final Sequential encoder;
    private final Latent latent;
    /** The latent where it weighs its draws; null where it has one draw. */
    private final Weighed weighed;

    private final Sequential decoder;
    private final DecoderOutput said;
    private final Likelihood.Term likelihood;
    private final Tensor loss;
    private final float rowWeight;
    private final Objective objective;
    /** A further term of the loss; null without one. */
    private final BatchTerm term;

    /** What is drawn in each step; null where nothing is. */
    private final Tensor noise;

    /** [R, D]: each sample as often as it has codes; x itself where that is once, or where the likelihood asks for no more. */
    private final Tensor target;
    /** Whether a model that only looks fills the target when it encodes. */
    private final boolean repeatsTarget;
    /** [B]: the mean over the draws of each sample; the likelihood's rows where there is one. */
    private final Tensor reconstruction;

    private Vae(VaeSpec spec, Binding binding, float rowWeight, Objective objective) {
        // Long because every part is bound here, in the order of the forward pass.
        this.ops = binding.ops();
        this.arena = binding.arena();
        this.rowWeight = rowWeight;
        this.objective = objective;
        int rows = binding.rows();
        int below = binding.training() && spec.prior().encodes() ? spec.prior().components() : 0;
        Binding encoded = below == 0 ? binding : binding.withRows(Math.addExact(rows, below));
        Tensor all = arena.tensor(
                "x", Shape.of(encoded.rows(), Math.toIntExact(spec.sample().count())));
        x = all.rows(0, rows);
        Shape input = spec.sampleInput();
        seen = spec.exchangesChannels(input) ? ChannelExchange.of(encoded, "x.pictures", input, all) : null;
        conditioning = new Conditioning(binding, spec.condition());
        boolean table = spec.table().given();
        columns = table ? arena.tensor("columns", Shape.of(spec.table().width(), TableLayout.FIELDS)) : null;
        entered = table ? arena.tensor("x.entered", Shape.of(rows, spec.table().inputs())) : null;
        Tensor sample = table ? entered : seen == null ? ChannelExchange.asItLies(all, input) : seen.pictures();
        Tensor dsample = below == 0 ? null : arena.tensor("x.d", sample.shape());
        boolean unit = spec.likelihood().needsUnitData();
        pseudo = below == 0
                ? null
                : new PseudoInputs(binding, unit, all.rows(rows, below), dsample.rows(rows, below), seen != null);
        encoder = Sequential.bind(encoded, spec.encoder(), "enc", conditioning.sample(sample), dsample);
        int draws = objective.draws();
        latent = latent(spec, binding, encoded);
        Binding drawn = draws == 1 ? binding : binding.withRows(Math.multiplyExact(rows, draws));
        boolean once = draws == 1 || (!binding.training() && spec.likelihood().comparesDraws());
        target = once ? x : arena.tensor("x.repeated", Shape.of(drawn.rows(), x.columns()));
        repeatsTarget = !once && !binding.training();
        decoder = Sequential.bind(
                drawn,
                spec.decoder(),
                "dec",
                conditioning.code(latent.z()),
                conditioning.codeGradient(latent.zGradient()));
        said = new DecoderOutput(drawn, spec, decoder);
        likelihood =
                spec.likelihood().bind(drawn, said.values(), said.gradient(), target, spec.parameterRun(), columns);
        weighed = objective.estimator() == Estimator.ELBO ? null : (Weighed) latent;
        reconstruction = weighed == null ? likelihood.rows() : arena.tensor("reconstruction.mean", Shape.of(rows));
        noise = latent.noise() == null && objective.discrepancy() > 0
                ? arena.tensor("noise", Shape.of(rows, spec.latents()))
                : latent.noise();
        term = term(binding);
        if (latent instanceof GaussianLatent gaussian) {
            gaussian.with(term);
        }
        loss = arena.tensor("loss", Shape.of(rows));
    }

    private BatchTerm term(Binding binding) {
        if (objective.discrepancy() > 0) {
            // The last rows of the noise: those before them, if any, are in the codes.
            Tensor prior =
                    noise.view(noise.count() - latent.z().count(), latent.z().shape());
            return new MaximumMeanDiscrepancy(binding, latent, prior, objective, rowWeight);
        }
        return objective.totalCorrelation() > 0 ? new TotalCorrelation(binding, latent, objective, rowWeight) : null;
    }

    private Latent latent(VaeSpec spec, Binding binding, Binding encoded) {
        Tensor input = encoder.output();
        Tensor dinput = encoder.outputGradient();
        if (spec.upper().given()) {
            return new UpperLatent(binding, spec, input, dinput, objective);
        }
        if (objective.estimator() != Estimator.ELBO) {
            boolean doubly = objective.estimator() == Estimator.DREG;
            Dense heads = GaussianLatent.heads(encoded, "", input, dinput);
            LearnedPrior prior = LearnedPrior.bind(spec, binding, heads, objective.draws());
            return new ImportanceLatent(binding, spec.latents(), heads, prior, objective.draws(), doubly);
        }
        if (spec.prior().isLearned()) {
            Dense heads = GaussianLatent.heads(encoded, "", input, dinput);
            return new SampledLatent(
                    binding, spec.latents(), heads, LearnedPrior.bind(spec, binding, heads, objective.draws()));
        }
        return switch (spec.posterior()) {
            case NONE -> new PointLatent(binding, input, dinput);
            case GAUSSIAN ->
                new GaussianLatent(
                        binding,
                        spec.latents(),
                        input,
                        dinput,
                        objective.klTerm(),
                        objective.discrepancy() > 0 ? binding.rows() : 0);
            case VQ -> new QuantizedLatent(binding, spec.latents(), spec.codebook(), input, dinput, rowWeight);
        };
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
                                Objective.PLAIN))
                .described(spec, backend);
    }

    /** Tells the device what the columns of a table are. */
    private Vae described(VaeSpec spec, Backend backend) {
        if (columns != null) {
            backend.upload(columns, spec.table().descriptors(), 0);
        }
        return this;
    }

    /**
     * Binds a model that only looks, at several codes of each sample: for importance weights.
     *
     * @param samples B, rows of a batch
     * @param draws K, codes of each sample
     */
    public static Vae forImportance(
            VaeSpec spec, Backend backend, Parameters values, Parameters buffers, int samples, int draws) {
        Objective objective = new Objective(KlTerm.PLAIN, Estimator.IWAE, draws);
        return Arena.bind(
                        backend,
                        arena -> new Vae(
                                spec,
                                new Binding(backend.ops(), values, buffers, null, null, 0, arena, samples, false),
                                1,
                                objective))
                .described(spec, backend);
    }

    /** Binds a model that trains on reconstruction + beta KL. */
    public static Vae forTraining(VaeSpec spec, Backend backend, Learning learning, int rows, Reduction reduction) {
        return forTraining(spec, backend, learning, rows, reduction, Objective.PLAIN);
    }

    /** Binds a model that trains. */
    public static Vae forTraining(
            VaeSpec spec, Backend backend, Learning learning, int rows, Reduction reduction, Objective objective) {
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
                        objective));
        backend.ops().fill(vae.likelihood.weights(), rowWeight);
        return vae.described(spec, backend);
    }

    /** [B, D]: the batch; of a table NaN where a value is missing. */
    public Tensor x() {
        return x;
    }

    /** [B, K]: a one in the column of each row's class, else zeros; null for a model without condition. */
    public Tensor labels() {
        return conditioning.labels();
    }

    /**
     * [R, Z]: the noise of the codes, then [B, Z] codes of the prior where the objective compares with it; [R, Z + U] with a
     * layer of U above; null where nothing is drawn.
     */
    public Tensor noise() {
        return noise;
    }

    /**
     * [R, W]: what standard normals are put into so that {@link #fromPrior} makes codes of them: z itself, or the noise of
     * several layers of codes.
     */
    public Tensor priorNoise() {
        return latent instanceof UpperLatent upper ? upper.noise() : latent.z();
    }

    /** Standard normals in {@link #priorNoise} to codes of the prior. */
    public void fromPrior() {
        if (latent instanceof UpperLatent upper) {
            upper.descend();
        }
    }

    /** [B, 2Z]: posterior means, then log variances; [B, Z] codes where there is no variance. */
    public Tensor head() {
        return latent.head();
    }

    /** [R, Z]: the codes, K of each sample side by side. */
    public Tensor z() {
        return latent.z();
    }

    /** [R, P D]: what the decoder says, P parameters for each value; where P is 1, {@link #mean()} overwrites it. */
    public Tensor output() {
        return said.values();
    }

    /** [R, D]: the expected data, after {@link #mean()}. */
    public Tensor expected() {
        return likelihood.expected();
    }

    /** [B]: reconstruction term, nats; the mean over the draws of each sample. */
    public Tensor reconstruction() {
        return reconstruction;
    }

    /** [B]: divergence from the prior, nats, of the codes drawn where the prior is learned; zero where there is none. */
    public Tensor kl() {
        return latent.kl();
    }

    /** [B]: what is trained on, reconstruction + beta KL or what {@link Objective} makes of it, nats. */
    public Tensor loss() {
        return loss;
    }

    /**
     * [B]: a further term of the loss: that of a batch without its weight, or the commitment of codes with it; null where there
     * is none.
     */
    public Tensor term() {
        if (latent instanceof QuantizedLatent quantized) {
            return quantized.commitment();
        }
        return term == null ? null : term.values();
    }

    /** [B, S]: the number of each slot's code, after {@link #sample()} or {@link #center()}; null where there are none. */
    public Tensor codes() {
        return latent instanceof QuantizedLatent quantized ? quantized.codes() : null;
    }

    /** Every activation by name, in the order of the forward pass: for diagnosis. */
    public List<Arena.Entry> tensors() {
        return arena.entries();
    }

    /** x and the labels to the posterior's parameters. */
    public void encode() {
        if (pseudo != null) {
            pseudo.place();
        }
        if (columns != null) {
            ops.tableInput(entered, x, columns);
        }
        if (seen != null) {
            seen.toPictures();
        }
        conditioning.joinSample();
        encoder.forward();
        latent.posterior();
        if (repeatsTarget) {
            ops.repeatRows(target, x);
        }
    }

    /** The posterior's parameters and noise to z, and the KL rows. */
    public void sample() {
        latent.sample();
    }

    /** The posterior's parameters to z without noise: its mean. */
    public void center() {
        latent.center();
    }

    /** z and the labels to the decoder's output. */
    public void decode() {
        conditioning.joinCode();
        decoder.forward();
        said.toSamples();
    }

    /** The decoder's output to the reconstruction rows. */
    public void score() {
        likelihood.forward();
    }

    /**
     * Adds the importance weights of the last draws, after {@link #score()}, of a model {@link #forImportance}.
     *
     * @param state see {@link io.jcuvae.tensor.MeasureOps#addWeights}
     * @param counted of each sample's draws, the first so many
     */
    public void addWeights(Tensor state, int counted) {
        ops.addWeights(state, likelihood.rows(), weighed.ratio(), counted);
    }

    /** The decoder's output to the expected data. */
    public void mean() {
        likelihood.mean();
    }

    /**
     * The decoder's output to the expected data as pixels, in place of {@link #mean()}.
     *
     * @param pixels U8, [R, D]: 255 times the value, rounded half up
     * @param rows [R]: 0, or NaN where a value is no finite number and so no pixel
     */
    public void pixels(Tensor pixels, Tensor rows) {
        likelihood.pixels(pixels, rows);
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
        if (weighed != null) {
            if (objective.draws() > 1) {
                ops.repeatRows(target, x);
            }
            likelihood.forward();
            weighed.bound(loss, reconstruction, likelihood.weights(), likelihood.rows(), scalars, rowWeight);
            // Only now are the weights known that the gradient is made with.
            likelihood.forwardAndBackward();
            return;
        }
        likelihood.forwardAndBackward();
        Tensor counted = latent.countedKl();
        if (objective.klTerm().capacity()) {
            ops.capacityElbo(loss, latent.klWeights(), likelihood.rows(), counted, scalars, rowWeight);
        } else {
            ops.elbo(loss, latent.klWeights(), likelihood.rows(), counted, scalars, rowWeight);
        }
        if (term != null) {
            term.forward(loss);
        }
        if (latent instanceof QuantizedLatent quantized) {
            ops.addTerm(loss, quantized.commitment(), 1);
        }
    }

    /** The gradients of all parameters. */
    public void backward() {
        said.toPictures();
        decoder.backward();
        conditioning.partCode();
        if (term != null) {
            term.backward(latent.zGradient());
        }
        latent.backward();
        encoder.backward();
        if (pseudo != null) {
            pseudo.backward();
        }
    }
}
