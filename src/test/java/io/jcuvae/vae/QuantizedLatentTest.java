package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.FlattenSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Codes of a codebook in whole models: what is decoded, what is trained on, and where its gradient goes. */
class QuantizedLatentTest {
    private static final int ROWS = 4;
    private static final int LATENTS = 6;
    private static final int SIZE = 2;
    private static final int CODES = 4;
    private static final Codebook BOOK = new Codebook(CODES, SIZE, 0.5, 0.9, 0.05);
    private static final VaeSpec DENSE = VaeSpec.mlp(
                    Shape.of(6), List.of(5), LATENTS, Activation.TANH, Likelihood.BERNOULLI)
            .with(BOOK);
    private static final VaeSpec PICTURES = new VaeSpec(
                    Shape.of(4, 4),
                    List.of(new Conv2dSpec(3, 3, 1, 1, Activation.TANH), new FlattenSpec()),
                    LATENTS,
                    List.of(new DenseSpec(16, Activation.IDENTITY)),
                    Likelihood.MSE)
            .with(BOOK);

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(5);

    private double[] normal(long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> 0.7 * random.nextGaussian());
        return drawn;
    }

    /** A model with its parts. */
    private final class Bound {
        final VaeSpec spec;
        final Parameters values;
        final Parameters buffers;
        final Parameters gradients;
        final Tensor scalars = Scalars.allocate(backend);
        final Vae vae;

        Bound(VaeSpec spec, Reduction reduction) {
            this.spec = spec;
            ParameterLayout layout = spec.layout();
            values = Parameters.allocate(layout, backend);
            gradients = Parameters.allocate(layout, backend);
            buffers = Parameters.buffers(layout, backend);
            backend.set(values.block(), normal(layout.count()));
            double[] slots = new double[Scalars.COUNT];
            slots[Scalars.BETA.ordinal()] = 1;
            backend.upload(scalars, slots);
            vae = Vae.forTraining(spec, backend, new Learning(values, buffers, gradients, scalars, 3), ROWS, reduction);
            backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        }

        void fillBook() {
            backend.set(
                    buffers.get(Codebook.VECTORS),
                    normal((long) spec.codebook().codes() * spec.codebook().size()));
            double[] counts = new double[spec.codebook().codes()];
            Arrays.fill(counts, 1);
            backend.set(buffers.get(Codebook.COUNTS), counts);
            backend.set(buffers.get(Codebook.SUMS), backend.values(buffers.get(Codebook.VECTORS)));
        }

        double[] values(Tensor tensor) {
            return backend.values(tensor).clone();
        }
    }

    @Test
    void eachSlotIsItsNearestCode() {
        Bound bound = new Bound(DENSE, Reduction.MEAN);
        bound.fillBook();
        bound.vae.forward(bound.scalars);
        assertNull(bound.vae.noise());
        double[] book = bound.values(bound.buffers.get(Codebook.VECTORS));
        double[] said = bound.values(bound.vae.head());
        double[] z = bound.values(bound.vae.z());
        double[] codes = bound.values(bound.vae.codes());
        double[] term = bound.values(bound.vae.term());
        double[] distances = new double[ROWS];
        for (int n = 0; n < ROWS * LATENTS / SIZE; n++) {
            double least = Double.POSITIVE_INFINITY;
            int nearest = -1;
            for (int k = 0; k < CODES; k++) {
                double distance = 0;
                for (int e = 0; e < SIZE; e++) {
                    distance += Math.pow(said[n * SIZE + e] - book[k * SIZE + e], 2);
                }
                if (distance < least) {
                    least = distance;
                    nearest = k;
                }
            }
            assertEquals(nearest, codes[n]);
            assertArrayEquals(
                    Arrays.copyOfRange(book, nearest * SIZE, (nearest + 1) * SIZE),
                    Arrays.copyOfRange(z, n * SIZE, (n + 1) * SIZE));
            distances[n * SIZE / LATENTS] += least;
        }
        for (int b = 0; b < ROWS; b++) {
            assertEquals(0.5 * distances[b], term[b], 1e-7);
            assertEquals(
                    backend.values(bound.vae.reconstruction())[b] + term[b],
                    backend.values(bound.vae.loss())[b],
                    1e-12);
            assertEquals(0, backend.values(bound.vae.kl())[b]);
        }
    }

    /**
     * What the paper's stop-gradients mean: the loss whose z is the head plus a constant, and whose codes are constants. Its
     * finite differences are the gradients of all parameters.
     */
    @Test
    void gradientsGoStraightThrough() {
        for (VaeSpec spec : List.of(DENSE, PICTURES)) {
            for (Reduction reduction : Reduction.values()) {
                Bound bound = new Bound(spec, reduction);
                bound.fillBook();
                Vae vae = bound.vae;
                vae.forward(bound.scalars);
                double[] z = bound.values(vae.z());
                double[] offset = bound.values(vae.head());
                Arrays.setAll(offset, i -> z[i] - offset[i]);
                vae.backward();
                Directional differences = new Directional(backend, () -> {
                    vae.encode();
                    double[] said = backend.values(vae.head()).clone();
                    double[] moved = said.clone();
                    Arrays.setAll(moved, i -> said[i] + offset[i]);
                    backend.set(vae.z(), moved);
                    vae.decode();
                    vae.score();
                    double sum =
                            Arrays.stream(backend.values(vae.reconstruction())).sum();
                    for (int i = 0; i < said.length; i++) {
                        sum += 0.5 * Math.pow(said[i] - z[i], 2);
                    }
                    return reduction.weight(ROWS) * sum;
                });
                for (ParameterLayout.Entry entry : spec.layout().entries()) {
                    differences.with(
                            entry.name(),
                            bound.values.get(entry.name()),
                            backend.values(bound.gradients.get(entry.name())));
                }
                differences.check("codes, " + reduction, 1);
            }
        }
    }

    /** The first step puts all codes but the one that every slot had onto slots of its batch. */
    @Test
    void theCodebookStartsFromTheFirstBatch() {
        Bound bound = new Bound(DENSE, Reduction.MEAN);
        bound.vae.forward(bound.scalars);
        assertArrayEquals(new double[ROWS * LATENTS], backend.values(bound.vae.z()));
        double[] said = bound.values(bound.vae.head());
        bound.vae.backward();
        double[] book = bound.values(bound.buffers.get(Codebook.VECTORS));
        double mean = 0;
        int slots = ROWS * LATENTS / SIZE;
        for (int n = 0; n < slots; n++) {
            mean += said[n * SIZE] / slots;
        }
        assertEquals(mean, book[0], 1e-3 * Math.abs(mean) + 1e-4, "code 0 had them all");
        for (int k = 1; k < CODES; k++) {
            boolean found = false;
            for (int n = 0; n < slots; n++) {
                found |= said[n * SIZE] == book[k * SIZE] && said[n * SIZE + 1] == book[k * SIZE + 1];
            }
            assertTrue(found, "code " + k);
        }
        assertEquals(CODES - 1, Codebook.revived(bound.buffers, backend));
    }

    /** A code that lies where no slot ever comes gets one, and only that code; a halted step moves nothing. */
    @Test
    void aDeadCodeIsRevived() {
        Bound bound = new Bound(DENSE, Reduction.MEAN);
        bound.fillBook();
        Tensor vectors = bound.buffers.get(Codebook.VECTORS);
        double[] book = bound.values(vectors);
        book[2 * SIZE] = 1000;
        double[] counts = {5, 5, 0.01, 5};
        backend.set(vectors, book);
        backend.set(bound.buffers.get(Codebook.COUNTS), counts);
        bound.vae.forward(bound.scalars);
        double[] before = bound.values(bound.buffers.block());
        double[] scalars = new double[Scalars.COUNT];
        scalars[Scalars.BETA.ordinal()] = 1;
        scalars[Scalars.HALTED_AT.ordinal()] = 7;
        backend.upload(bound.scalars, scalars);
        bound.vae.backward();
        assertArrayEquals(before, backend.values(bound.buffers.block()));
        scalars[Scalars.HALTED_AT.ordinal()] = 0;
        backend.upload(bound.scalars, scalars);
        bound.vae.backward();
        assertTrue(Math.abs(backend.values(vectors)[2 * SIZE]) < 10);
        assertEquals(1, Codebook.revived(bound.buffers, backend));
        double[] after = bound.values(bound.buffers.get(Codebook.COUNTS));
        double slots = ROWS * LATENTS / (double) SIZE;
        assertEquals((0.9 * 15.01 + 0.1 * slots) / CODES, after[2], 1e-5);
        bound.vae.forward(bound.scalars);
        assertTrue(Arrays.stream(backend.values(bound.vae.codes())).anyMatch(code -> code == 2), "it is used");
    }

    /** With one code all samples have one z. */
    @Test
    void oneCodeIsAConstant() {
        Bound bound = new Bound(DENSE.with(new Codebook(1, SIZE, 0.5, 0.9, 0.05)), Reduction.MEAN);
        for (int step = 0; step < 3; step++) {
            bound.vae.forward(bound.scalars);
            bound.vae.backward();
        }
        bound.vae.forward(bound.scalars);
        double[] z = bound.values(bound.vae.z());
        for (int i = 0; i < z.length; i++) {
            assertEquals(z[i % SIZE], z[i]);
        }
        // Which is the mean of all slots, as the batch was always the same.
        double mean = 0;
        double[] said = bound.values(bound.vae.head());
        for (int n = 0; n < said.length; n += SIZE) {
            mean += said[n] * SIZE / said.length;
        }
        assertEquals(mean, z[0], 1e-6);
        assertEquals(0, Codebook.revived(bound.buffers, backend));
    }

    @Test
    void refusesSlotsThatDoNotFillTheCode() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> DENSE.with(new Codebook(4, 5, 0.25, 0.99, 0)))
                .getMessage();
        assertTrue(message.contains("--latent 6") && message.contains("--code-size 5"), message);
        assertThrows(IllegalArgumentException.class, () -> new Codebook(0, 1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Codebook(1, 1, 0, 1, 0));
    }
}
