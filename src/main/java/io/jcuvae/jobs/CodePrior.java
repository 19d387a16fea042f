package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Codebook;
import io.jcuvae.vae.Posterior;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A prior for the codes of a {@link Posterior#VQ} model: training leaves it uniform, so that one is fitted to the codes of the
 * training samples afterwards (van den Oord et al. 2017, section 3.1, with a tree in place of an autoregressive network).
 */
public final class CodePrior implements CodeSampler {
    private final CodeTree tree;
    private final float[] vectors;

    private CodePrior(CodeTree tree, float[] vectors) {
        this.tree = tree;
        this.vectors = vectors;
    }

    /**
     * What tree is wanted.
     *
     * @param data the samples' source as the user named it, or null for any
     * @param samples how many training samples to fit to at most, 0 for all, or -1 for any number
     */
    public record Wanted(String data, int samples) {
        private boolean isMetBy(CodeTreeFile kept) {
            return (data == null || data.equals(kept.data())) && (samples < 0 || samples == kept.limit());
        }
    }

    /** Where the tree of a model file is kept. */
    public static Path file(Path modelFile) {
        return CodeTreeFile.beside(modelFile);
    }

    /**
     * The tree kept beside a model file if it is of this model and what is wanted, else one fitted now and kept there.
     *
     * @param modelFile the file that the model was loaded from
     * @param source opened only where a tree must be fitted; its training rows count
     * @param note told what was fitted or found
     * @throws UserError when the model has no codebook, the data do not fit it, or the file cannot be written
     */
    public static CodePrior of(
            Path modelFile,
            Model model,
            Backend backend,
            Supplier<DataSource> source,
            Wanted wanted,
            Progress progress,
            Consumer<String> note) {
        if (model.spec().posterior() != Posterior.VQ) {
            throw new UserError("--sampler tree: draws codes of a codebook, and the model has none (--posterior "
                    + model.spec().posterior().label() + "); leave it out, or take --sampler gmm");
        }
        float[] vectors = Codebook.vectors(model.buffers(), backend);
        Path file = file(modelFile);
        String checksum = Safetensors.read(modelFile).metadata().get(Safetensors.CHECKSUM);
        String replaced = null;
        if (Files.exists(file)) {
            CodeTreeFile kept = CodeTreeFile.read(file);
            boolean ours = kept.model().equals(checksum)
                    && kept.tree().slots() == model.spec().slots()
                    && kept.tree().codes() == model.spec().codebook().codes();
            if (ours && wanted.isMetBy(kept)) {
                note.accept("drawing from " + file + ": " + describe(kept));
                return new CodePrior(kept.tree(), vectors);
            }
            replaced = file + (ours ? " is another tree" : " is of another model") + "; a new one takes its place";
        }
        DataSource data = source.get();
        int samples = Math.max(0, wanted.samples());
        int[][] codes = codes(model, backend, data, samples, progress);
        CodeTree tree = CodeTreeFit.fit(codes, model.spec().codebook().codes());
        double sum = 0;
        for (int[] code : codes) {
            sum += tree.logProbability(code);
        }
        CodeTreeFile fitted = new CodeTreeFile(tree, checksum, data.name(), samples, sum / codes.length);
        if (replaced != null) {
            note.accept(replaced);
        }
        fitted.write(file);
        note.accept("fitted " + file + ": " + describe(fitted));
        return new CodePrior(tree, vectors);
    }

    private static String describe(CodeTreeFile file) {
        return String.format(
                Locale.ROOT,
                "a tree over %d slots for the codes of %,d samples of %s, %.2f nats each; a uniform prior takes %.2f",
                file.tree().slots(),
                file.tree().samples(),
                file.data(),
                -file.logProbability(),
                file.tree().slots() * Math.log(file.tree().codes()));
    }

    /**
     * The codes of the training samples.
     *
     * @param samples the first so many, 0 for all
     * @return [N][S]
     */
    static int[][] codes(Model model, Backend backend, DataSource source, int samples, Progress progress) {
        List<int[]> codes = new ArrayList<>();
        try (SampleReader reader = Rows.open(model, source, Split.TRAIN, samples)) {
            RowLabels labels = Rows.labels(model, source, Split.TRAIN, samples);
            BoundModel bound = new BoundModel(model, backend);
            int slots = model.spec().slots();
            float[] rows = bound.samples();
            float[] numbers = new float[bound.rows() * slots];
            int read;
            while ((read = reader.read(rows, bound.rows())) > 0) {
                bound.label(labels, codes.size(), read);
                bound.codeNumbers(numbers, rows);
                for (int r = 0; r < read; r++) {
                    int[] code = new int[slots];
                    for (int s = 0; s < slots; s++) {
                        code[s] = (int) numbers[r * slots + s];
                    }
                    codes.add(code);
                }
                progress.at(codes.size(), reader.count());
            }
        }
        return codes.toArray(int[][]::new);
    }

    /** Draws codes as {@link CodeTree#draw} says and looks their vectors up. */
    @Override
    public void draw(float[] codes, long first, int count, long seed, double temperature) {
        int[] code = new int[tree.slots()];
        int size = vectors.length / tree.codes();
        for (int r = 0; r < count; r++) {
            tree.draw(code, first + r, seed, temperature);
            for (int s = 0; s < code.length; s++) {
                System.arraycopy(vectors, code[s] * size, codes, (r * code.length + s) * size, size);
            }
        }
    }
}
