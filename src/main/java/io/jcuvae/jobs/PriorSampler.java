package io.jcuvae.jobs;

import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Prior;
import java.util.Arrays;

/**
 * The prior that a model has learned, as what codes are drawn from: a mixture of diagonal normals.
 *
 * @param weights [N], with sum 1
 * @param means [N][Z]
 * @param deviations [N][Z], square roots of the variances
 */
record PriorSampler(double[] weights, double[][] means, double[][] deviations) implements CodeSampler {
    /** The prior of a model; null for the standard normal. */
    static PriorSampler of(Model model, Backend backend) {
        Prior prior = model.spec().prior();
        if (!prior.isLearned()) {
            return null;
        }
        int count = prior.components();
        int latents = model.spec().latents();
        double[] weights = new double[count];
        float[] table = prior.encodes() ? encoded(model, backend) : mixture(model.values(), backend, weights, latents);
        if (prior.encodes()) {
            Arrays.fill(weights, 1.0 / count);
        }
        double[][] means = new double[count][latents];
        double[][] deviations = new double[count][latents];
        for (int k = 0; k < count; k++) {
            for (int d = 0; d < latents; d++) {
                means[k][d] = table[2 * k * latents + d];
                deviations[k][d] = Math.exp(0.5 * table[(2 * k + 1) * latents + d]);
            }
        }
        return new PriorSampler(weights, means, deviations);
    }

    /** [N, 2Z]: what the encoder says of the pseudo-inputs. */
    private static float[] encoded(Model model, Backend backend) {
        float[] inputs = download(model.values(), backend, Prior.INPUTS);
        if (model.config().likelihood().needsUnitData()) {
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = Math.min(1, Math.max(0, inputs[i]));
            }
        }
        BoundModel bound = new BoundModel(model, backend);
        int width = bound.width();
        int head = 2 * bound.latents();
        int count = inputs.length / width;
        float[] samples = bound.samples();
        float[] posteriors = bound.posteriors();
        float[] table = new float[count * head];
        for (int first = 0; first < count; first += bound.rows()) {
            int rows = Math.min(bound.rows(), count - first);
            System.arraycopy(inputs, first * width, samples, 0, rows * width);
            bound.encode(posteriors, samples);
            System.arraycopy(posteriors, 0, table, first * head, rows * head);
        }
        return table;
    }

    /** [N, 2Z]: means and log variances side by side; sets the weights. */
    private static float[] mixture(Parameters values, Backend backend, double[] weights, int latents) {
        float[] means = download(values, backend, Prior.MEANS);
        float[] logvars = download(values, backend, Prior.LOGVARS);
        float[] logits = download(values, backend, Prior.LOGITS);
        float[] table = new float[2 * means.length];
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
            weights[k] = Math.exp(logits[k] - most);
            sum += weights[k];
            System.arraycopy(means, k * latents, table, 2 * k * latents, latents);
            System.arraycopy(logvars, k * latents, table, (2 * k + 1) * latents, latents);
        }
        for (int k = 0; k < weights.length; k++) {
            weights[k] /= sum;
        }
        return table;
    }

    private static float[] download(Parameters values, Backend backend, String name) {
        float[] block = new float[Math.toIntExact(values.get(name).count())];
        backend.download(block, 0, values.get(name));
        return block;
    }

    /**
     * Draws codes: the component of draw i is chosen by uniform i of the seed's mixture stream, the deviations from its mean are
     * temperature times its own times the normals i Z .. i Z + Z - 1 of the generation stream.
     */
    @Override
    public void draw(float[] codes, long first, int count, long seed, double temperature) {
        int latents = means[0].length;
        float[] choices = new float[count];
        float[] normals = new float[count * latents];
        Philox.fillUniform(choices, 0, count, Stream.MIXTURE.key(seed), 0, first);
        Philox.fillNormal(normals, 0, normals.length, Stream.GENERATION.key(seed), first * latents);
        for (int r = 0; r < count; r++) {
            int k = Mixture.component(weights, choices[r]);
            for (int d = 0; d < latents; d++) {
                int at = r * latents + d;
                codes[at] = (float) (means[k][d] + temperature * deviations[k][d] * normals[at]);
            }
        }
    }
}
