package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
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

/** Models that are told labels: their parameters, their gradients, and that the label is what is added to the first layer. */
class ConditionTest {
    private static final int ROWS = 4;
    private static final int LATENTS = 2;
    private static final Condition THREE = new Condition(3);
    private static final VaeSpec DENSE = VaeSpec.mlp(
                    Shape.of(2, 3), List.of(5), LATENTS, Activation.TANH, Likelihood.BERNOULLI)
            .with(THREE);
    private static final VaeSpec CONV = new VaeSpec(
                    Shape.of(4, 3),
                    List.of(new Conv2dSpec(2, 3, 1, 1, Activation.TANH), new FlattenSpec()),
                    LATENTS,
                    List.of(new DenseSpec(12, Activation.IDENTITY)),
                    Likelihood.BERNOULLI)
            .with(THREE);
    private static final VaeSpec COLOUR = new VaeSpec(
                    Shape.of(3, 4, 2),
                    List.of(new Conv2dSpec(2, 3, 1, 1, Activation.TANH), new FlattenSpec()),
                    LATENTS,
                    List.of(new DenseSpec(24, Activation.IDENTITY)),
                    Likelihood.BERNOULLI)
            .with(THREE);

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(3);

    private double[] normal(long count) {
        double[] values = new double[(int) count];
        Arrays.setAll(values, i -> 0.6 * random.nextGaussian());
        return values;
    }

    private Vae training(VaeSpec spec, Parameters values, Parameters gradients) {
        return training(spec, values, gradients, Objective.PLAIN);
    }

    private Vae training(VaeSpec spec, Parameters values, Parameters gradients, Objective objective) {
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        Learning learning = new Learning(values, buffers, gradients, null, 0);
        return Vae.forTraining(spec, backend, learning, ROWS, Reduction.MEAN, objective);
    }

    private Parameters parameters(ParameterLayout layout) {
        Parameters values = Parameters.allocate(layout, backend);
        backend.set(values.block(), normal(layout.count()));
        return values;
    }

    private void label(Vae vae, int... classes) {
        double[] oneHot = new double[(int) vae.labels().count()];
        for (int r = 0; r < classes.length; r++) {
            oneHot[r * vae.labels().columns() + classes[r]] = 1;
        }
        backend.set(vae.labels(), oneHot);
    }

    /** PyTorch's layouts with the classes behind: columns of a dense layer, channels of a convolution. */
    @Test
    void firstLayersTakeTheClasses() {
        assertEquals(Shape.of(5, 9), DENSE.layout().entry("enc0.weight").shape());
        assertEquals(Shape.of(5, 5), DENSE.layout().entry("dec0.weight").shape());
        assertEquals(Shape.of(6, 5), DENSE.layout().entry("dec1.weight").shape());
        assertEquals(Shape.of(2, 4, 3, 3), CONV.layout().entry("enc0.weight").shape());
        assertEquals(Shape.of(12, 5), CONV.layout().entry("dec0.weight").shape());
        assertEquals(Shape.of(2, 6, 3, 3), COLOUR.layout().entry("enc0.weight").shape());
        VaeSpec plain = DENSE.with(Condition.NONE);
        assertEquals(Shape.of(5, 6), plain.layout().entry("enc0.weight").shape());
        Vae vae = training(plain, parameters(plain.layout()), parameters(plain.layout()));
        assertNull(vae.labels());
    }

    @Test
    void gradientsAreThoseOfFiniteDifferences() {
        gradientsAreThoseOfFiniteDifferences(Objective.PLAIN);
    }

    /** Several codes of a sample are told its label, each. */
    @Test
    void gradientsOfSeveralDrawsAreThoseOfFiniteDifferences() {
        gradientsAreThoseOfFiniteDifferences(new Objective(KlTerm.PLAIN, Estimator.IWAE, 3));
    }

    private void gradientsAreThoseOfFiniteDifferences(Objective objective) {
        for (VaeSpec spec : List.of(DENSE, CONV, COLOUR)) {
            Parameters values = parameters(spec.layout());
            Parameters gradients = parameters(spec.layout());
            Vae vae = training(spec, values, gradients, objective);
            Tensor scalars = Scalars.allocate(backend);
            double[] slots = new double[Scalars.COUNT];
            slots[Scalars.BETA.ordinal()] = 2;
            backend.upload(scalars, slots);
            backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
            backend.set(vae.noise(), normal(vae.noise().count()));
            label(vae, 2, 0, 2, 0);
            vae.forward(scalars);
            vae.backward();
            Directional differences = new Directional(backend, () -> {
                vae.forward(scalars);
                return Arrays.stream(backend.values(vae.loss())).sum() / ROWS;
            });
            for (ParameterLayout.Entry entry : spec.layout().entries()) {
                differences.with(entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
            }
            differences.check("conditioned " + spec.sample(), 1);
            // A class that no row has moves nothing.
            double[] first = backend.values(gradients.get("dec0.weight"));
            int width = LATENTS + 3;
            for (int i = 0; i < first.length; i++) {
                assertTrue(i % width != LATENTS + 1 || first[i] == 0, "column of the absent class");
            }
        }
    }

    /** A label is a bias of the first dense layer: the column of its class. */
    @Test
    void aLabelIsAColumnOfTheFirstLayer() {
        Parameters values = parameters(DENSE.layout());
        Vae told = Vae.forInference(DENSE, backend, values, Parameters.buffers(DENSE.layout(), backend), 1);
        VaeSpec plainSpec = DENSE.with(Condition.NONE);
        for (int k = 0; k < 3; k++) {
            Parameters plain = Parameters.allocate(plainSpec.layout(), backend);
            for (ParameterLayout.Entry entry : plainSpec.layout().entries()) {
                boolean first =
                        entry.name().equals("dec0.weight") || entry.name().equals("dec0.bias");
                if (!first && !entry.name().startsWith("enc0")) {
                    backend.set(plain.get(entry.name()), backend.values(values.get(entry.name())));
                }
            }
            double[] weight = backend.values(values.get("dec0.weight"));
            double[] bias = backend.values(values.get("dec0.bias"));
            double[] plainWeight = new double[5 * LATENTS];
            for (int h = 0; h < 5; h++) {
                System.arraycopy(weight, h * 5, plainWeight, h * LATENTS, LATENTS);
                bias[h] += weight[h * 5 + LATENTS + k];
            }
            backend.set(plain.get("dec0.weight"), plainWeight);
            backend.set(plain.get("dec0.bias"), bias);
            Vae untold =
                    Vae.forInference(plainSpec, backend, plain, Parameters.buffers(plainSpec.layout(), backend), 1);
            double[] z = normal(LATENTS);
            backend.set(told.z(), z);
            backend.set(untold.z(), z);
            label(told, k);
            told.decode();
            untold.decode();
            assertArrayEquals(backend.values(untold.output()), backend.values(told.output()), 1e-12);
        }
    }
}
