package io.jcuvae.contract;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;

/** A whole training step of a tiny autoencoder straight on the operations: every kind of verb, all of its state on the device. */
final class SmallStep implements Runnable {
    static final int ROWS = 17;
    private static final int SAMPLES = 150;
    private static final int WIDTH = 33;
    private static final int LATENTS = 5;
    private static final long KEY = 99;

    private final Backend backend;
    private final Ops ops;
    private final Tensor scalars;
    private final Tensor data;
    private final Tensor order;
    private final Tensor parameters;
    private final Tensor gradients;
    private final Tensor m;
    private final Tensor v;
    private final Tensor x;
    private final Tensor head;
    private final Tensor dhead;
    private final Tensor noise;
    private final Tensor z;
    private final Tensor dz;
    private final Tensor logits;
    private final Tensor dlogits;
    private final Tensor reconstruction;
    private final Tensor kl;
    private final Tensor loss;
    private final Tensor weights;
    private final Tensor klWeights;

    /**
     * Allocates everything.
     *
     * @param brokenRow the row of the data that holds a NaN, or -1
     */
    SmallStep(Backend backend, int brokenRow) {
        this.backend = backend;
        ops = backend.ops();
        Random random = new Random(5);
        scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.LEARNING_RATE.ordinal()] = 1e-2;
        slots[Scalars.BETA.ordinal()] = 0.5;
        slots[Scalars.EPOCH.ordinal()] = 1;
        slots[Scalars.NOISE_POSITION.ordinal()] = 3;
        backend.upload(scalars, slots);
        float[] pixels = new float[SAMPLES * WIDTH];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        if (brokenRow >= 0) {
            pixels[brokenRow * WIDTH + 4] = Float.NaN;
        }
        data = floats(SAMPLES, WIDTH);
        backend.upload(data, pixels, 0);
        int[] rows = new int[SAMPLES];
        Arrays.setAll(rows, i -> i);
        order = Tensor.of(backend.allocate(ElementType.I32, SAMPLES), Shape.of(SAMPLES));
        backend.upload(order, rows);
        int count = 2 * LATENTS * WIDTH + 2 * LATENTS + WIDTH * LATENTS + WIDTH;
        parameters = floats(count);
        float[] start = new float[count];
        for (int i = 0; i < count; i++) {
            start[i] = (float) (0.3 * random.nextGaussian());
        }
        backend.upload(parameters, start, 0);
        gradients = floats(count);
        m = floats(count);
        v = floats(count);
        x = floats(ROWS, WIDTH);
        head = floats(ROWS, 2 * LATENTS);
        dhead = floats(ROWS, 2 * LATENTS);
        noise = floats(ROWS, LATENTS);
        z = floats(ROWS, LATENTS);
        dz = floats(ROWS, LATENTS);
        logits = floats(ROWS, WIDTH);
        dlogits = floats(ROWS, WIDTH);
        reconstruction = floats(ROWS);
        kl = floats(ROWS);
        loss = floats(ROWS);
        weights = floats(ROWS);
        klWeights = floats(ROWS);
        ops.fill(weights, 1f / ROWS);
        backend.reserveNoise(KEY, 3, 10L * ROWS * LATENTS);
    }

    private Tensor floats(int... extents) {
        Shape shape = Shape.of(extents);
        return Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
    }

    private static Tensor encoderWeight(Tensor block) {
        return block.view(0, Shape.of(2 * LATENTS, WIDTH));
    }

    private static Tensor encoderBias(Tensor block) {
        return block.view(2 * LATENTS * WIDTH, Shape.of(2 * LATENTS));
    }

    private static Tensor decoderWeight(Tensor block) {
        return block.view(2 * LATENTS * (WIDTH + 1), Shape.of(WIDTH, LATENTS));
    }

    private static Tensor decoderBias(Tensor block) {
        return block.view(2 * LATENTS * (WIDTH + 1) + WIDTH * LATENTS, Shape.of(WIDTH));
    }

    @Override
    public void run() {
        Activation tanh = Activation.TANH;
        Activation none = Activation.IDENTITY;
        ops.beginStep(scalars, 0.9f, 0.999f);
        ops.gather(x, data, order, scalars, Binarization.NONE, KEY);
        ops.normal(noise, scalars, KEY);
        ops.dense(head, head, x, encoderWeight(parameters), encoderBias(parameters), tanh);
        ops.sampleGaussian(z, kl, head, noise);
        ops.dense(logits, logits, z, decoderWeight(parameters), decoderBias(parameters), none);
        ops.bernoulli(reconstruction, dlogits, logits, x, weights);
        ops.elbo(loss, klWeights, reconstruction, kl, scalars, 1f / ROWS);
        ops.recordLoss(scalars, loss, reconstruction, kl);
        ops.denseBackward(
                dz,
                decoderWeight(gradients),
                decoderBias(gradients),
                dlogits,
                z,
                decoderWeight(parameters),
                logits,
                logits,
                none);
        ops.sampleGaussianBackward(dhead, dz, head, noise, klWeights);
        ops.denseBackward(
                null,
                encoderWeight(gradients),
                encoderBias(gradients),
                dhead,
                x,
                encoderWeight(parameters),
                head,
                head,
                tanh);
        ops.adam(parameters, m, v, gradients, scalars, 0.9f, 0.999f, 1e-8f);
        ops.endStep(scalars, ROWS, (long) ROWS * LATENTS);
    }

    /** The slots, then parameters and both moments. */
    double[] state() {
        double[][] parts = {
            Access.values(backend, scalars),
            Access.values(backend, parameters),
            Access.values(backend, m),
            Access.values(backend, v)
        };
        return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
    }
}
