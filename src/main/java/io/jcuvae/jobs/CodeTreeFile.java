package io.jcuvae.jobs;

import io.jcuvae.data.Safetensors;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tree over codes in a file, with what it was fitted to. The tensors {@code parents} [S], {@code counts} [S, K] and
 * {@code pairs} [M, 4] (slot, code of its parent, its own code, how often) are whole numbers of 64 bits, from which
 * {@link CodeTree} says how probabilities follow.
 *
 * @param tree the tree
 * @param model the checksum of the model whose codes they are
 * @param data where the samples came from, as the user named it
 * @param limit how many rows were asked for, 0 for all
 * @param logProbability log p(c) per sample, nats
 */
record CodeTreeFile(CodeTree tree, String model, String data, int limit, double logProbability) {
    private static final String FORMAT = "jcuvae-code-tree/1";

    /** Beside a model: codes.safetensors for model.safetensors, else NAME.codes.safetensors. */
    static Path beside(Path model) {
        String name = model.getFileName().toString();
        String stem = name.endsWith(".safetensors") ? name.substring(0, name.length() - 12) : name;
        return model.resolveSibling((stem.equals("model") ? "" : stem + ".") + "codes.safetensors");
    }

    void write(Path file) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("model_sha256", model);
        metadata.put("data", data);
        metadata.put("limit", String.valueOf(limit));
        metadata.put("count", String.valueOf(tree.samples()));
        metadata.put("log_probability", String.valueOf(logProbability));
        metadata.put("smoothing", "p(c) = (n_c + 1/K) / (N + 1); p(c | a) = (n_ac + p(c)) / (n_a + 1)");
        long[] parents = Arrays.stream(tree.parents()).asLongStream().toArray();
        long[] counts =
                Arrays.stream(tree.counts()).flatMapToLong(Arrays::stream).toArray();
        long[][] pairs = tree.pairs();
        Safetensors.write(
                file,
                metadata,
                List.of(
                        Safetensors.Entry.of("parents", new int[] {parents.length}, parents, 0),
                        Safetensors.Entry.of("counts", new int[] {tree.slots(), tree.codes()}, counts, 0),
                        Safetensors.Entry.of(
                                "pairs",
                                new int[] {pairs.length, 4},
                                Arrays.stream(pairs)
                                        .flatMapToLong(Arrays::stream)
                                        .toArray(),
                                0)));
    }

    /**
     * Reads a file.
     *
     * @throws UserError when it holds no tree of this format
     */
    static CodeTreeFile read(Path file) {
        Safetensors tensors = Safetensors.read(file);
        Map<String, String> metadata = tensors.metadata();
        if (!FORMAT.equals(metadata.get("format"))) {
            throw new UserError(file + ": is no tree over codes of the format " + FORMAT + ", but "
                    + metadata.get("format") + "; delete it to have one fitted anew");
        }
        try {
            int[] parents = Arrays.stream(tensors.longs("parents"))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            int[] shape = tensors.shape("counts");
            if (shape.length != 2 || shape[0] != parents.length) {
                throw new IllegalArgumentException("its tensors do not fit together");
            }
            return new CodeTreeFile(
                    new CodeTree(parents, rows(tensors.longs("counts"), shape[1]), rows(tensors.longs("pairs"), 4)),
                    metadata.get("model_sha256"),
                    metadata.get("data"),
                    Integer.parseInt(metadata.get("limit")),
                    Double.parseDouble(metadata.get("log_probability")));
        } catch (IllegalArgumentException | ArithmeticException | NullPointerException e) {
            throw new UserError(
                    file + ": holds no usable tree over codes (" + e.getMessage()
                            + "); delete it to have one fitted anew",
                    e);
        }
    }

    private static long[][] rows(long[] values, int width) {
        long[][] rows = new long[values.length / width][];
        for (int r = 0; r < rows.length; r++) {
            rows[r] = Arrays.copyOfRange(values, r * width, (r + 1) * width);
        }
        return rows;
    }
}
