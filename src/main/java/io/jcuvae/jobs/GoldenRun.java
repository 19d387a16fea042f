package io.jcuvae.jobs;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Adam;
import io.jcuvae.train.TrainState;
import io.jcuvae.vae.Reduction;
import io.jcuvae.vae.Vae;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Trains a golden case for its steps and compares. The tolerances are those of float32 measured with several libraries, as the
 * description of the golden files gives them; Adam divides a gradient by its own size, so an entry whose gradient is all but
 * zero may move by any amount up to the step size, and parameters have a percentile and a hard bound.
 */
final class GoldenRun {
    private static final double GRADIENT = 3e-6;
    private static final double PARAMETER = 1e-6;
    private static final double PARAMETERS_WITHIN = 0.999;

    /**
     * Largest relative errors. With rounded factors a ReLU close to zero may fall on its other side, which changes the
     * gradients behind it altogether: then single entries of gradients and parameters say nothing, while their norms do.
     *
     * @param forward of an activation, relative to the largest
     * @param entries whether single entries of gradients and parameters are compared
     */
    private record Bounds(
            double forward,
            double firstLoss,
            double loss,
            double firstKl,
            double kl,
            double gradientNorm,
            double norm,
            boolean entries) {
        static Bounds of(Precision precision) {
            return switch (precision) {
                case FP32 -> new Bounds(2e-6, 1e-6, 2e-6, 1e-5, 1e-5, 1e-5, 1e-5, true);
                // Three to ten times what factors of ten and of seven bits were found to do to both built-in cases.
                case TF32 -> new Bounds(2e-3, 2e-5, 1e-2, 1e-3, 0.2, 5e-3, 1e-2, false);
                case BF16 -> new Bounds(2e-2, 2e-4, 2e-2, 1e-2, 0.2, 2e-2, 2e-2, false);
            };
        }
    }

    private final Bounds bounds;
    private final GoldenCase golden;
    private final Backend backend;
    private final ParameterLayout layout;
    private final TrainState state;
    private final Vae vae;
    private final Vae inference;
    private final Deviations deviations = new Deviations();

    GoldenRun(GoldenCase golden, Backend backend, Precision precision) {
        this.bounds = Bounds.of(precision);
        this.golden = golden;
        this.backend = backend;
        layout = golden.spec().layout();
        state = TrainState.allocate(layout, backend);
        vae = Vae.forTraining(golden.spec(), backend, state.learning(0), golden.batch(), Reduction.SUM);
        inference = Vae.forInference(golden.spec(), backend, state.values(), state.buffers(), golden.batch());
        backend.upload(state.values().block(), golden.initialBlock(), 0);
        double[] scalars = new double[Scalars.COUNT];
        scalars[Scalars.LEARNING_RATE.ordinal()] = golden.learningRate();
        scalars[Scalars.BETA.ordinal()] = golden.beta();
        backend.upload(state.scalars(), scalars);
    }

    /** Runs all steps; they are those of training but for the batches and the noise, which are given. */
    List<GoldenCheck.Check> compare() {
        Ops ops = backend.ops();
        Tensor scalars = state.scalars();
        Adam adam = Adam.STANDARD;
        float[] x = golden.array("x").floats();
        float[] noise = golden.array("eps").floats();
        List<Integer> stored = golden.parameterSteps();
        double[] before = new double[Scalars.COUNT];
        for (int step = 1; step <= golden.steps(); step++) {
            backend.upload(vae.x(), x, (step - 1) * (int) vae.x().count());
            backend.upload(vae.noise(), noise, (step - 1) * (int) vae.noise().count());
            if (step == 1) {
                backend.upload(inference.x(), x, 0);
                backend.upload(inference.noise(), noise, 0);
            }
            ops.beginStep(scalars, adam.beta1(), adam.beta2());
            vae.forward(scalars);
            ops.recordLoss(scalars, vae.loss(), vae.reconstruction(), vae.kl());
            before = compareLosses(step, before);
            if (step == 1) {
                compareForward();
            }
            vae.backward();
            if (step == 1) {
                compareGradients();
            }
            ops.adam(
                    state.values().block(),
                    state.firstMoments().block(),
                    state.secondMoments().block(),
                    state.gradients().block(),
                    scalars,
                    adam.beta1(),
                    adam.beta2(),
                    adam.epsilon());
            ops.endStep(scalars, vae.x().rows(), vae.noise().count());
            if (stored.contains(step)) {
                compareParameters(step);
            }
        }
        return deviations.checks();
    }

    private double[] compareLosses(int step, double[] before) {
        double[] sums = new double[Scalars.COUNT];
        backend.download(sums, state.scalars());
        for (GoldenCase.Scalar which : GoldenCase.Scalar.values()) {
            int slot =
                    switch (which) {
                        case LOSS -> Scalars.LOSS_SUM.ordinal();
                        case RECONSTRUCTION -> Scalars.RECONSTRUCTION_SUM.ordinal();
                        case KL -> Scalars.KL_SUM.ordinal();
                    };
            // A halted state adds nothing, which would look like a loss of zero.
            boolean halted = sums[Scalars.HALTED_AT.ordinal()] != 0;
            double found = halted ? Double.NaN : sums[slot] - before[slot];
            boolean kl = which == GoldenCase.Scalar.KL;
            String name = which.name().toLowerCase(Locale.ROOT);
            if (step == 1) {
                double expected = golden.firstScalar(which);
                deviations.add(
                        name + ", step 1",
                        "sum of the batch",
                        found,
                        expected,
                        (kl ? bounds.firstKl() : bounds.firstLoss()) * Math.abs(expected));
            }
            double expected = golden.scalar(step, which);
            deviations.add(
                    name + ", each step",
                    "step " + step,
                    found,
                    expected,
                    (kl ? bounds.kl() : bounds.loss()) * Math.abs(expected));
        }
        return sums;
    }

    private void compareForward() {
        int latents = golden.spec().latents();
        Map<String, float[]> found = new HashMap<>();
        for (Arena.Entry entry : vae.tensors()) {
            for (String name : golden.activations()) {
                if (golden.isStoredAs(entry.name(), name)) {
                    found.put(name, channelsFirst(entry.tensor()));
                }
            }
        }
        found.put("logits", host(vae.output()));
        float[] head = host(vae.head());
        found.put("mu", columns(head, 2 * latents, 0, latents));
        found.put("logvar", columns(head, 2 * latents, latents, latents));
        inference.encode();
        inference.sample();
        inference.decode();
        inference.mean();
        found.put("xhat", host(inference.expected()));
        for (String name : golden.activations()) {
            float[] values = found.get(name);
            if (values == null) {
                throw new UserError(
                        "golden case " + golden.name() + ": fwd/" + name + " is no activation of its network");
            }
            double[] expected = golden.activation(name, values.length);
            deviations.addTensor("forward", name, values, expected, bounds.forward());
        }
    }

    /** Pictures in PyTorch's order. */
    private float[] channelsFirst(Tensor tensor) {
        float[] values = host(tensor);
        if (tensor.shape().rank() != 4) {
            return values;
        }
        int channels = tensor.shape().extent(3);
        int pixels = tensor.columns() / channels;
        float[] ordered = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int sample = i / channels / pixels;
            ordered[(sample * channels + i % channels) * pixels + i / channels % pixels] = values[i];
        }
        return ordered;
    }

    private static float[] columns(float[] rows, int width, int first, int count) {
        float[] part = new float[rows.length / width * count];
        for (int r = 0; r < rows.length / width; r++) {
            System.arraycopy(rows, r * width + first, part, r * count, count);
        }
        return part;
    }

    private float[] host(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.count())];
        backend.download(values, 0, tensor);
        return values;
    }

    private void compareGradients() {
        for (ParameterLayout.Entry entry : layout.entries()) {
            float[] whole = host(state.gradients().get(entry.name()));
            int[] places = golden.places(entry);
            double[] expected = golden.parameter("grad", entry, places.length);
            if (bounds.entries()) {
                deviations.addTensor("gradient", entry.name(), at(whole, places), expected, GRADIENT);
            }
            addNorm("grad", entry, whole, bounds.gradientNorm());
        }
    }

    private void addNorm(String group, ParameterLayout.Entry entry, float[] whole, double relative) {
        double squares = 0;
        for (float value : whole) {
            squares += (double) value * value;
        }
        double expected = golden.norm(group, entry.name());
        deviations.add("norm of " + group, entry.name(), Math.sqrt(squares), expected, relative * expected);
    }

    private void compareParameters(int step) {
        String group = "step" + step;
        Parameters values = state.values();
        double[] errors = new double[0];
        for (ParameterLayout.Entry entry : layout.entries()) {
            float[] whole = host(values.get(entry.name()));
            addNorm(group, entry, whole, bounds.norm());
            if (!bounds.entries()) {
                continue;
            }
            int[] places = golden.places(entry);
            float[] found = at(whole, places);
            double[] expected = golden.parameter(group, entry, places.length);
            int compared = errors.length;
            errors = Arrays.copyOf(errors, compared + expected.length);
            for (int i = 0; i < expected.length; i++) {
                errors[compared + i] = Math.abs(found[i] - expected[i]);
                deviations.add(
                        group + ", every entry",
                        entry.name() + "[" + places[i] + "]",
                        found[i],
                        expected[i],
                        2 * golden.learningRate() * step);
            }
            if (step == 1) {
                compareUnmoved(entry, found, places);
            }
        }
        if (!bounds.entries()) {
            return;
        }
        Arrays.sort(errors);
        // The largest error once the allowed share of entries is left out; NaN sorts last and is not left out twice.
        int kept = (int) Math.ceil(PARAMETERS_WITHIN * errors.length);
        double percentile = Double.isNaN(errors[errors.length - 1]) ? Double.NaN : errors[kept - 1];
        deviations.add(
                group + ", 99.9 % of entries",
                "error of entry " + kept + " of " + errors.length,
                percentile,
                0,
                PARAMETER);
    }

    /** Weights of inputs that are zero in the whole batch have a gradient of exactly zero and must stay where they are. */
    private void compareUnmoved(ParameterLayout.Entry entry, float[] found, int[] places) {
        double[] gradient = golden.parameter("grad", entry, places.length);
        double[] initial = golden.parameter("init", entry, entry.shape().count());
        for (int i = 0; i < places.length; i++) {
            if (gradient[i] == 0) {
                deviations.add("step1, unmoved", entry.name() + "[" + places[i] + "]", found[i], initial[places[i]], 0);
            }
        }
    }

    private static float[] at(float[] whole, int[] places) {
        float[] part = new float[places.length];
        for (int i = 0; i < places.length; i++) {
            part[i] = whole[places[i]];
        }
        return part;
    }
}
