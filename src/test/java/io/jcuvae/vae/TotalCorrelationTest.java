package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
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

/** The term of beta-TC-VAE in a whole model, against its definition and finite differences. */
class TotalCorrelationTest {
    private static final int ROWS = 5;
    private static final int LATENTS = 3;
    private static final VaeSpec SPEC =
            VaeSpec.mlp(Shape.of(6), List.of(5), LATENTS, Activation.TANH, Likelihood.BERNOULLI);

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(9);

    private double[] normal(long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> 0.7 * random.nextGaussian());
        return drawn;
    }

    @Test
    void valueAndGradientAreThoseOfTheDefinition() {
        for (Reduction reduction : Reduction.values()) {
            ParameterLayout layout = SPEC.layout();
            Parameters values = Parameters.allocate(layout, backend);
            Parameters gradients = Parameters.allocate(layout, backend);
            backend.set(values.block(), normal(layout.count()));
            Vae vae = Vae.forTraining(
                    SPEC,
                    backend,
                    new Learning(values, Parameters.buffers(layout, backend), gradients, null, 0),
                    ROWS,
                    reduction,
                    new Objective(KlTerm.PLAIN, Estimator.ELBO, 1, 5, 1000));
            Tensor scalars = Scalars.allocate(backend);
            double[] slots = new double[Scalars.COUNT];
            slots[Scalars.BETA.ordinal()] = 2;
            backend.upload(scalars, slots);
            backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
            backend.set(vae.noise(), normal(vae.noise().count()));
            vae.forward(scalars);
            vae.backward();
            checkValues(vae);
            Directional differences = new Directional(backend, () -> {
                vae.forward(scalars);
                return reduction.weight(ROWS)
                        * Arrays.stream(backend.values(vae.loss())).sum();
            });
            for (ParameterLayout.Entry entry : layout.entries()) {
                differences.with(entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
            }
            differences.check("total correlation, " + reduction, 1);
        }
    }

    private void checkValues(Vae vae) {
        double[] z = backend.values(vae.z());
        double[] head = backend.values(vae.head());
        for (int i = 0; i < ROWS; i++) {
            double joint = 0;
            double[] marginals = new double[LATENTS];
            for (int j = 0; j < ROWS; j++) {
                double product = 1;
                for (int d = 0; d < LATENTS; d++) {
                    double variance = Math.exp(head[(2 * j + 1) * LATENTS + d]);
                    double distance = z[i * LATENTS + d] - head[2 * j * LATENTS + d];
                    double density =
                            Math.exp(-0.5 * distance * distance / variance) / Math.sqrt(2 * Math.PI * variance);
                    marginals[d] += density / (1000 * ROWS);
                    product *= density;
                }
                joint += product / (1000 * ROWS);
            }
            double want = Math.log(joint);
            for (double marginal : marginals) {
                want -= Math.log(marginal);
            }
            // The offset is a float.
            assertEquals(want, backend.values(vae.term())[i], 1e-6);
            assertEquals(
                    backend.values(vae.reconstruction())[i]
                            + 2 * backend.values(vae.kl())[i]
                            + 5 * backend.values(vae.term())[i],
                    backend.values(vae.loss())[i],
                    1e-12);
        }
    }
}
