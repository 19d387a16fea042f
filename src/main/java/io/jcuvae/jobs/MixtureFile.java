package io.jcuvae.jobs;

import io.jcuvae.data.Safetensors;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A mixture in a file, with what it was fitted to. The tensors {@code weights} [K], {@code means} [K, Z] and {@code covariances}
 * [K, Z, Z] are float64, so any safetensors reader and any library of mixtures can use them. Of a model that is told labels there
 * is one for each class, in tensors with the classes in front.
 *
 * @param mixtures by class; one where there are no classes
 * @param classes how many; 0 without
 * @param model the checksum of the model whose codes they are
 * @param data where the samples came from, as the user named it
 * @param limit how many rows were asked for, 0 for all
 * @param count how many there were, one code each
 * @param logLikelihood log p(z) per code, nats
 */
record MixtureFile(
        List<Mixture> mixtures, int classes, String model, String data, int limit, long count, double logLikelihood) {
    /** One mixture for all. */
    MixtureFile(Mixture mixture, String model, String data, int limit, long count, double logLikelihood) {
        this(List.of(mixture), 0, model, data, limit, count, logLikelihood);
    }

    private static final String FORMAT = "jcuvae-mixture/1";

    /** Beside a model: mixture.safetensors for model.safetensors, else NAME.mixture.safetensors. */
    static Path beside(Path model) {
        String name = model.getFileName().toString();
        String stem = name.endsWith(".safetensors") ? name.substring(0, name.length() - 12) : name;
        return model.resolveSibling((stem.equals("model") ? "" : stem + ".") + "mixture.safetensors");
    }

    void write(Path file) {
        int components = components();
        int latents = latents();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("model_sha256", model);
        metadata.put("data", data);
        metadata.put("limit", String.valueOf(limit));
        metadata.put("count", String.valueOf(count));
        metadata.put("log_likelihood", String.valueOf(logLikelihood));
        double[] weights = mixtures.stream()
                .flatMapToDouble(mixture -> Arrays.stream(mixture.weights()))
                .toArray();
        double[] means = mixtures.stream()
                .flatMap(mixture -> Arrays.stream(mixture.means()))
                .flatMapToDouble(Arrays::stream)
                .toArray();
        double[] covariances = mixtures.stream()
                .flatMap(mixture -> Arrays.stream(mixture.covariances()))
                .flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        Safetensors.write(
                file,
                metadata,
                List.of(
                        Safetensors.Entry.of("weights", shape(components), weights, 0),
                        Safetensors.Entry.of("means", shape(components, latents), means, 0),
                        Safetensors.Entry.of("covariances", shape(components, latents, latents), covariances, 0)));
    }

    /** K. */
    int components() {
        return mixtures.get(0).components();
    }

    /** Z. */
    int latents() {
        return mixtures.get(0).latents();
    }

    /** What codes are drawn from. */
    CodeSampler sampler() {
        return classes == 0 ? mixtures.get(0) : new ClassMixtures(mixtures);
    }

    private int[] shape(int... ofOne) {
        return classes == 0
                ? ofOne
                : IntStream.concat(IntStream.of(classes), IntStream.of(ofOne)).toArray();
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
            int classes = shape.length == 4 ? shape[0] : 0;
            int components = weights.length / Math.max(1, classes);
            int latents = weights.length == 0 ? 0 : means.length / weights.length;
            int[] one = {components, latents, latents};
            boolean fits = Arrays.equals(Arrays.copyOfRange(shape, Math.max(0, shape.length - 3), shape.length), one)
                    && (shape.length == 3 || classes > 0)
                    && latents > 0;
            if (!fits) {
                throw new IllegalArgumentException("its tensors do not fit together");
            }
            double[][] split = rows(means, latents);
            double[][] rows = rows(covariances, latents);
            List<Mixture> mixtures = new ArrayList<>();
            for (int c = 0; c < Math.max(1, classes); c++) {
                int from = c * components;
                double[][][] matrices = new double[components][][];
                for (int k = 0; k < components; k++) {
                    matrices[k] = Arrays.copyOfRange(rows, (from + k) * latents, (from + k + 1) * latents);
                }
                mixtures.add(new Mixture(
                        Arrays.copyOfRange(weights, from, from + components),
                        Arrays.copyOfRange(split, from, from + components),
                        matrices));
            }
            return new MixtureFile(
                    List.copyOf(mixtures),
                    classes,
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
