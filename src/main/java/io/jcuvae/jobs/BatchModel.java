package io.jcuvae.jobs;

import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Stream;
import io.jcuvae.train.Model;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A model on a device that makes single batches of any of its rows, in any order, and gives the same bits as the jobs
 * that write files: for whoever hands rows on. Row i is to be asked for at place i mod B of a batch. What a batch
 * returns is in the units of the data and belongs to the caller. Used by one thread at a time, any thread.
 */
public final class BatchModel {
    private final Model model;
    private final Backend backend;
    private final int rows;
    private final boolean asked;
    private final BoundModel bound;
    private final Map<ScoreRecipe, RowScorer> scorers = new HashMap<>();
    private final Set<Long> seeds = new HashSet<>();
    private CodeSampler learned;
    private boolean priorKnown;

    /**
     * Binds a model.
     *
     * @param rows B, rows of a batch; 0 for as many as the device likes
     */
    public BatchModel(Model model, Backend backend, int rows) {
        this.model = model;
        this.backend = backend;
        asked = rows > 0;
        this.rows = asked ? rows : backend.rowsAtOnce(model.spec().widest());
        bound = new BoundModel(model, backend, this.rows);
    }

    /** The model. */
    public Model model() {
        return model;
    }

    /** B, rows of a batch. */
    public int rows() {
        return rows;
    }

    /** Values that the encoder says of a row: 2Z, or Z where codes are points. */
    public int said() {
        return bound.head().columns();
    }

    /**
     * How much memory is kept on the device for seeds and kinds of scores that were asked for, which only closing the
     * device frees: their number.
     */
    public int kept() {
        return seeds.size() + scorers.size();
    }

    /**
     * Refuses what the model cannot draw.
     *
     * @throws io.jcuvae.tensor.UserError when a number makes no sense, or the model has no prior
     */
    public void requirePossible(Generation.Asked asked) {
        Generation.requirePossible(model, 1, null, asked);
    }

    /**
     * Draws from the prior, learned or not, and decodes.
     *
     * @param asked whose seed and temperature are looked at
     * @param label the class, as {@link Labels#of} gives it
     * @param first number of the first sample
     * @param count samples, within one batch
     * @return [count, D]
     */
    public float[] generate(Generation.Asked asked, int label, long first, int count) {
        long begin = first / rows * rows;
        int skip = (int) (first - begin);
        if (skip + count > rows) {
            throw new IllegalArgumentException(
                    count + " samples from " + first + " on are no part of a batch of " + rows);
        }
        if (!priorKnown) {
            learned = PriorSampler.of(model, backend);
            priorKnown = true;
        }
        seeds.add(asked.seed());
        bound.label(label);
        float[] samples = bound.samples();
        if (learned == null) {
            bound.generate(samples, Stream.GENERATION.key(asked.seed()), asked.temperature(), begin);
        } else {
            float[] codes = bound.codes();
            learned.ofClass(label).draw(codes, begin, rows, asked.seed(), asked.temperature());
            bound.decode(samples, codes);
        }
        int width = bound.width();
        return inUnits(Arrays.copyOfRange(samples, skip * width, (skip + count) * width), count);
    }

    /**
     * Encodes.
     *
     * @param samples [B, D], of which the first count
     * @param labels of the rows, by their numbers
     * @param first number of the first row
     * @return [count, 2Z] means and log variances, or [count, Z] where codes are points
     */
    public float[] encode(float[] samples, RowLabels labels, long first, int count) {
        bound.label(labels, first, count);
        bound.encode(samples);
        float[] said = new float[Math.multiplyExact(rows, said())];
        backend.download(said, 0, bound.head());
        return Arrays.copyOf(said, count * said());
    }

    /**
     * Encodes, and decodes the posteriors' means.
     *
     * @param samples [B, D], of which the first count
     * @return [count, D]
     */
    public float[] reconstruct(float[] samples, RowLabels labels, long first, int count) {
        bound.label(labels, first, count);
        float[] made = bound.samples();
        bound.reconstruct(made, samples);
        return inUnits(Arrays.copyOf(made, count * bound.width()), count);
    }

    /**
     * Decodes.
     *
     * @param codes [B, Z], of which the first count
     * @return [count, D]
     */
    public float[] decode(float[] codes, RowLabels labels, long first, int count) {
        bound.label(labels, first, count);
        float[] made = bound.samples();
        bound.decode(made, codes);
        return inUnits(Arrays.copyOf(made, count * bound.width()), count);
    }

    private float[] inUnits(float[] values, int count) {
        model.data().table().decode(values, count);
        return values;
    }

    /**
     * Rows of a batch to be scored.
     *
     * @throws io.jcuvae.tensor.UserError when the model has no such figures
     */
    public int rows(ScoreRecipe recipe) {
        return scorer(recipe).rows();
    }

    private RowScorer scorer(ScoreRecipe recipe) {
        RowScorer known = scorers.get(recipe);
        if (known == null) {
            // The draws of a row at once, where batches are small by request; else as the jobs have them.
            int most = asked ? Math.max(rows, recipe.draws()) : rows;
            known = new RowScorer(model, backend, recipe, false, most);
            scorers.put(recipe, known);
        }
        return known;
    }

    /**
     * Scores.
     *
     * @param samples [count, D] of at most a batch's rows
     * @param name of the data, for messages
     * @return [count], more is more unusual
     * @throws io.jcuvae.tensor.UserError naming the first row whose score is no finite number
     */
    public float[] score(ScoreRecipe recipe, float[] samples, RowLabels labels, String name, long first, int count) {
        RowScorer scorer = scorer(recipe);
        float[] scores = new float[count];
        SampleShape row = new SampleShape(bound.width());
        float[] exactly =
                samples.length == count * bound.width() ? samples : Arrays.copyOf(samples, count * bound.width());
        try (SampleReader reader = Dataset.ofFloats(name, row, exactly, null).open()) {
            scorer.run(
                    reader,
                    first,
                    labels,
                    name,
                    (some, values, got) -> System.arraycopy(some, 0, scores, 0, got),
                    Progress.SILENT);
        }
        return scores;
    }

    /** The class that a label names. */
    public int label(String labelOrNull) {
        return Labels.one(model, labelOrNull);
    }
}
