package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The oracle and the contract's own compositions against values worked out by hand or known from elsewhere. */
class ReferenceOpsTest {
    private static final double CLOSE = 1e-14;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final Ops ops = backend.ops();

    private Tensor tensor(Shape shape, double... values) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
        if (values.length > 0) {
            backend.set(tensor, values);
        }
        return tensor;
    }

    private Tensor vector(double... values) {
        return tensor(Shape.of(values.length), values);
    }

    private Tensor matrix(int rows, int columns, double... values) {
        return tensor(Shape.of(rows, columns), values);
    }

    private void expect(Tensor tensor, double... values) {
        assertArrayEquals(values, backend.values(tensor), CLOSE);
    }

    /** Values of C's erf and erfc, correct to the last digit or two. */
    @Test
    void errorFunction() {
        double[][] known = {
            {0.1, 0.1124629160182849, 0.8875370839817152},
            {0.5, 0.5204998778130465, 0.4795001221869535},
            {1, 0.8427007929497149, 0.15729920705028513},
            {1.9, 0.9927904292352575, 0.0072095707647425325},
            {2, 0.9953222650189527, 0.004677734981047265},
            {2.5, 0.999593047982555, 0.0004069520174449589},
            {3, 0.9999779095030014, 2.2090496998585438e-05},
            {5, 0.9999999999984626, 1.5374597944280351e-12},
            {8, 1.0, 1.1224297172982928e-29}
        };
        for (double[] k : known) {
            assertEquals(k[1], ErrorFunction.erf(k[0]), CLOSE * k[1]);
            assertEquals(-k[1], ErrorFunction.erf(-k[0]), CLOSE * k[1]);
            assertEquals(k[2], ErrorFunction.erfc(k[0]), 3 * CLOSE * k[2]);
            assertEquals(1 + k[1], ErrorFunction.erfc(-k[0]), CLOSE);
        }
        assertEquals(0, ErrorFunction.erf(0));
        assertEquals(0, ErrorFunction.erfc(40));
        assertEquals(2, ErrorFunction.erfc(-40));
    }

    @Test
    void products() {
        Tensor a = matrix(2, 3, 1, 2, 3, 4, 5, 6);
        Tensor b = matrix(3, 2, 1, 0, 0, 1, 2, 2);
        Tensor c = matrix(2, 2);
        ops.matmul(c, a, false, b, false, false);
        expect(c, 7, 8, 16, 17);
        ops.matmul(c, a, false, b, false, true);
        expect(c, 14, 16, 32, 34);
        ops.matmul(c, a, false, a, true, false);
        expect(c, 14, 32, 32, 77);
        ops.matmul(c, b, true, b, false, false);
        expect(c, 5, 4, 4, 5);
        ops.matmul(c, b, true, a, true, false);
        expect(c, 7, 16, 8, 17);
        Tensor sum = vector(0, 0, 0);
        ops.sumRows(sum, a);
        expect(sum, 5, 7, 9);
        ops.addBias(a, sum);
        expect(a, 6, 9, 12, 9, 12, 15);
    }

    @Test
    void activations() {
        double e = Math.E;
        check(Activation.IDENTITY, -1, -1, 1);
        check(Activation.RELU, -1, 0, 0);
        check(Activation.RELU, 0, 0, 0);
        check(Activation.RELU, 2, 2, 1);
        check(Activation.LEAKY_RELU, -2, -2 * 0.01f, 0.01f);
        check(Activation.LEAKY_RELU, 3, 3, 1);
        check(Activation.TANH, Math.log(2), 0.6, 0.64);
        check(Activation.SIGMOID, Math.log(3), 0.75, 0.1875);
        check(Activation.SIGMOID, -80, Math.exp(-80), Math.exp(-80));
        check(Activation.SOFTPLUS, 0, Math.log(2), 0.5);
        check(Activation.SOFTPLUS, 80, 80, 1);
        check(Activation.ELU, -1, 1 / e - 1, 1 / e);
        check(Activation.ELU, 0.5, 0.5, 1);
        check(Activation.SILU, Math.log(3), 0.75 * Math.log(3), 0.75 * (1 + 0.25 * Math.log(3)));
        // Phi(1) = 0.8413447460685429, phi(1) = 0.24197072451914337.
        check(Activation.GELU, 1, 0.8413447460685429, 0.8413447460685429 + 0.24197072451914337);
        check(Activation.GELU, -1, -0.15865525393145705, 0.15865525393145705 - 0.24197072451914337);
    }

    private void check(Activation f, double x, double y, double derivative) {
        Tensor xs = vector(x);
        Tensor ys = vector(0);
        ops.activate(ys, xs, f);
        expect(ys, y);
        Tensor dy = vector(2);
        ops.activateBackward(dy, dy, f.derivativeFromOutput() ? ys : xs, ys, f);
        expect(dy, 2 * derivative);
    }

    @Test
    void denseAndItsBackward() {
        Tensor x = matrix(2, 2, 1, 2, 3, -1);
        Tensor w = matrix(3, 2, 1, 0, 0, 1, 1, 1);
        Tensor bias = vector(0, -3, 1);
        Tensor a = matrix(2, 3);
        Tensor y = matrix(2, 3);
        ops.dense(y, a, x, w, bias, Activation.RELU);
        expect(a, 1, -1, 4, 3, -4, 3);
        expect(y, 1, 0, 4, 3, 0, 3);
        ops.dense(y, a, x, w, bias, Activation.IDENTITY);
        expect(y, 1, -1, 4, 3, -4, 3);
        ops.dense(y, y, x, w, bias, Activation.RELU);
        expect(y, 1, 0, 4, 3, 0, 3);
        Tensor dy = matrix(2, 3, 1, 5, 2, -1, 7, 1);
        Tensor dx = matrix(2, 2);
        Tensor dw = matrix(3, 2);
        Tensor dbias = vector(0, 0, 0);
        ops.denseBackward(dx, dw, dbias, dy, x, w, a, y, Activation.RELU);
        expect(dy, 1, 0, 2, -1, 0, 1);
        expect(dbias, 0, 0, 3);
        expect(dw, -2, 3, 0, 0, 5, 3);
        expect(dx, 3, 2, 0, 1);
    }

    @Test
    void gaussianPosterior() {
        // Rows: standard normal; mean 1 and variance 4 beside mean -2 and variance 1.
        Tensor head = matrix(2, 4, 0, 0, 0, 0, 1, -2, Math.log(4), 0);
        Tensor noise = matrix(2, 2, 0.5, -1, 3, 1);
        Tensor z = matrix(2, 2);
        Tensor kl = vector(9, 9);
        ops.sampleGaussian(z, kl, head, noise);
        expect(z, 0.5, -1, 7, -1);
        expect(kl, 0, -0.5 * (1 + Math.log(4) - 1 - 4) + 2);
        Tensor ratio = vector(0, 0);
        ops.gaussianLogRatio(ratio, z, head, noise);
        // log p(z) - log q(z): at the standard normal both are the same density.
        double logP = -49 / 2.0 - 1 / 2.0;
        double logQ = -9 / 2.0 - Math.log(2) - 1 / 2.0;
        expect(ratio, 0, logP - logQ);
        Tensor dhead = matrix(2, 4);
        ops.sampleGaussianBackward(dhead, matrix(2, 2, 1, 1, 1, 10), head, noise, vector(1, 2));
        expect(dhead, 1, 1, 0.25, -0.5, 1 + 2, 10 - 4, 3 + 3, 5);
    }

    @Test
    void likelihoods() {
        Tensor x = matrix(2, 2, 0, 1, 0.25, 1);
        Tensor logits = matrix(2, 2, 0, Math.log(3), 0, -1e4);
        Tensor rows = vector(0, 0);
        Tensor d = matrix(2, 2);
        Tensor weights = vector(1, 2);
        ops.bernoulli(rows, d, logits, x, weights);
        expect(rows, Math.log(2) - Math.log(0.75), Math.log(2) + 1e4);
        expect(d, 0.5, -0.25, 0.5, -2);

        Tensor mean = matrix(2, 2, 1, 1, 0, 4);
        ops.squaredErrorRows(rows, mean, x);
        expect(rows, 1, 0.0625 + 9);
        ops.squaredErrorBackward(d, mean, x, weights);
        expect(d, 2, 0, -1, 12);

        Tensor logvar = vector(Math.log(2));
        Tensor dlogvar = vector(0);
        ops.gaussianRows(rows, mean, x, logvar);
        // -log of the normal density of variance 2, two values a row.
        expect(rows, Math.log(4 * Math.PI) + 0.25, Math.log(4 * Math.PI) + 9.0625 / 4);
        ops.gaussianBackward(d, dlogvar, mean, x, logvar, weights);
        expect(d, 0.5, 0, -0.25, 3);
        expect(dlogvar, (1 - 0.5 + 1 + 2 * (1 - 0.03125 + 1 - 4.5)) / 2);
        ops.gaussianBackward(d, null, mean, x, logvar, weights);
        expect(d, 0.5, 0, -0.25, 3);
    }

    @Test
    void objectiveAndStep() {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = 4;
        slots[Scalars.LEARNING_RATE.ordinal()] = 0.1;
        backend.upload(scalars, slots);
        Tensor loss = vector(0, 0);
        Tensor klWeights = vector(0, 0);
        ops.elbo(loss, klWeights, vector(10, 20), vector(1, 2), scalars, 0.5f);
        expect(loss, 14, 28);
        expect(klWeights, 2, 2);

        ops.beginStep(scalars, 0.5f, 0.75f);
        ops.recordLoss(scalars, loss, vector(10, 20), vector(1, 2));
        Tensor p = vector(1, 1);
        Tensor m = vector(0, 2);
        Tensor v = vector(0, 0);
        // Both corrections of the first step equal what the gradient was multiplied by, so that p moves by the rate.
        ops.adam(p, m, v, vector(3, -2), scalars, 0.5f, 0.75f, 0);
        expect(m, 1.5, 0);
        expect(v, 2.25, 1);
        expect(p, 0.9, 1);
        ops.endStep(scalars, 2, 6);
        double[] after = backend.values(scalars);
        assertEquals(1, after[Scalars.STEP.ordinal()]);
        assertEquals(42, after[Scalars.LOSS_SUM.ordinal()]);
        assertEquals(30, after[Scalars.RECONSTRUCTION_SUM.ordinal()]);
        assertEquals(3, after[Scalars.KL_SUM.ordinal()]);
        assertEquals(2, after[Scalars.SAMPLES.ordinal()]);
        assertEquals(2, after[Scalars.ORDER_POSITION.ordinal()]);
        assertEquals(2, after[Scalars.ROWS_TRAINED.ordinal()]);
        assertEquals(6, after[Scalars.NOISE_POSITION.ordinal()]);

        ops.beginStep(scalars, 0.5f, 0.75f);
        after = backend.values(scalars);
        assertEquals(0.75, after[Scalars.ADAM_CORRECTION_1.ordinal()]);
        assertEquals(1 - 0.5625, after[Scalars.ADAM_CORRECTION_2.ordinal()]);
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(
                IllegalArgumentException.class,
                () -> ops.matmul(matrix(2, 2), matrix(2, 3), false, matrix(2, 3), false, false));
        assertThrows(IllegalArgumentException.class, () -> ops.gaussianKl(vector(0, 0), matrix(2, 3)));
        assertThrows(
                IllegalArgumentException.class, () -> ops.bernoulliRows(vector(0, 0, 0), matrix(2, 2), matrix(2, 2)));
        assertThrows(IllegalArgumentException.class, () -> backend.upload(vector(0), new double[1]));
    }
}
