package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.VaeSpec;
import java.util.List;

/**
 * Where the decoder's output begins: at the mean of the data, by the bias of its last layer, so that the first steps need not
 * find it (as in the code of Burda et al. 2016).
 */
final class OutputStart {
    /** Means are kept this far from 0 and 1 before their logit is taken, as in that code. */
    private static final double EDGE = 0.001;

    private OutputStart() {}

    /**
     * Sets the bias.
     *
     * @param values of all parameters, in the layout's order
     * @param training the rows trained on
     * @throws UserError where the decoder does not end with a dense layer of a value for each of a sample's
     */
    static void apply(VaeSpec spec, float[] values, Dataset training) {
        List<LayerSpec> decoder = spec.decoder();
        int last = decoder.size() - 1;
        boolean dense =
                last >= 0 && decoder.get(last) instanceof DenseSpec layer && layer.outputs() == training.width();
        if (!dense) {
            throw new UserError(
                    "--init-output data-mean: needs a decoder that ends with a dense layer of " + training.width()
                            + " outputs, one for each value; it ends with "
                            + (last < 0 ? "no layer" : decoder.get(last).describe()) + "; leave the option out");
        }
        int start = Math.toIntExact(spec.layout().entry("dec" + last + ".bias").offset());
        double[] means = means(training);
        for (int d = 0; d < means.length; d++) {
            values[start + d] = (float) (spec.likelihood() == Likelihood.BERNOULLI ? logit(means[d]) : means[d]);
        }
    }

    private static double logit(double mean) {
        double inside = Math.max(EDGE, Math.min(1 - EDGE, mean));
        return Math.log(inside / (1 - inside));
    }

    /** The mean of each value over the rows. */
    private static double[] means(Dataset data) {
        double[] means = new double[data.width()];
        float[] row = new float[means.length];
        for (int r = 0; r < data.count(); r++) {
            data.copyRow(r, row, 0);
            for (int d = 0; d < means.length; d++) {
                means[d] += row[d];
            }
        }
        for (int d = 0; d < means.length; d++) {
            means[d] /= data.count();
        }
        return means;
    }
}
