package io.jcuvae.jobs;

import io.jcuvae.data.Safetensors;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A mixture in a file, with what it was fitted to. The tensors {@code weights} [K], {@code means} [K, Z] and {@code covariances}
 * [K, Z, Z] are float64, so any safetensors reader and any library of mixtures can use them.
 *
 * @param mixture the mixture
 * @param model the checksum of the model whose codes they are
 * @param data where the samples came from, as the user named it
 * @param limit how many rows were asked for, 0 for all
 * @param count how many there were, one code each
 * @param logLikelihood log p(z) per code, nats
 */
record MixtureFile(Mixture mixture, String model, String data, int limit, long count, double logLikelihood) {
    private static final String FORMAT = "jcuvae-mixture/1";

    /** Beside a model: mixture.safetensors for model.safetensors, else NAME.mixture.safetensors. */
    static Path beside(Path model) {
        String name = model.getFileName().toString();
        String stem = name.endsWith(".safetensors") ? name.substring(0, name.length() - 12) : name;
        return model.resolveSibling((stem.equals("model") ? "" : stem + ".") + "mixture.safetensors");
    }

    void write(Path file) {
        int components = mixture.components();
        int latents = mixture.latents();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("model_sha256", model);
        metadata.put("data", data);
        metadata.put("limit", String.valueOf(limit));
        metadata.put("count", String.valueOf(count));
        metadata.put("log_likelihood", String.valueOf(logLikelihood));
        double[] means =
                Arrays.stream(mixture.means()).flatMapToDouble(Arrays::stream).toArray();
        double[] covariances = Arrays.stream(mixture.covariances())
                .flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        Safetensors.write(
                file,
                metadata,
                List.of(
                        Safetensors.Entry.of("weights", new int[] {components}, mixture.weights(), 0),
                        Safetensors.Entry.of("means", new int[] {components, latents}, means, 0),
                        Safetensors.Entry.of("covariances", new int[] {components, latents, latents}, covariances, 0)));
    }

    /**
     * Reads a file.
     *
     * @throws UserError when it holds no mixture of this format
     */
    static MixtureFile read(Path file) {
        Safetensors tensors = Safetensors.read(file);
        Map<String, String> metadata = tensors.metadata();
        if (!FORMAT.equals(metadata.get("format"))) {
            throw new UserError(file + ": is no mixture of the format " + FORMAT + ", but " + metadata.get("format")
                    + "; delete it to have one fitted anew");
        }
        try {
            int[] shape = tensors.shape("covariances");
            double[] weights = tensors.doubles("weights");
            double[] means = tensors.doubles("means");
            double[] covariances = tensors.doubles("covariances");
            int components = weights.length;
            int latents = components == 0 ? 0 : means.length / components;
            if (!Arrays.equals(shape, new int[] {components, latents, latents}) || latents == 0) {
                throw new IllegalArgumentException("its tensors do not fit together");
            }
            double[][] split = rows(means, latents);
            double[][] rows = rows(covariances, latents);
            double[][][] matrices = new double[components][][];
            for (int k = 0; k < components; k++) {
                matrices[k] = Arrays.copyOfRange(rows, k * latents, (k + 1) * latents);
            }
            return new MixtureFile(
                    new Mixture(weights, split, matrices),
                    metadata.get("model_sha256"),
                    metadata.get("data"),
                    Integer.parseInt(metadata.get("limit")),
                    Long.parseLong(metadata.get("count")),
                    Double.parseDouble(metadata.get("log_likelihood")));
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new UserError(
                    file + ": holds no usable mixture (" + e.getMessage() + "); delete it to have one fitted anew", e);
        }
    }

    private static double[][] rows(double[] values, int width) {
        double[][] rows = new double[values.length / width][];
        for (int r = 0; r < rows.length; r++) {
            rows[r] = Arrays.copyOfRange(values, r * width, (r + 1) * width);
        }
        return rows;
    }
}
