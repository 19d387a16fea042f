package io.jcuvae.data;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** The class of each row that a model reads, as a model with labels wants to be told it; {@link #NONE} for one without. */
public final class RowLabels {
    /** Nothing is told. */
    public static final RowLabels NONE = new RowLabels(0, new int[0], 0);

    private final int classes;
    /** One for each row; null where all are of one class. */
    private final int[] numbers;

    private final int same;

    private RowLabels(int classes, int[] numbers, int same) {
        this.classes = classes;
        this.numbers = numbers;
        this.same = same;
    }

    /**
     * One class for any number of rows.
     *
     * @param known the model's classes; without any, nothing is told
     * @param number of the class
     */
    public static RowLabels same(Classes known, int number) {
        return known.count() == 0 ? NONE : new RowLabels(known.count(), null, number);
    }

    /**
     * The labels of a data set.
     *
     * @param known the model's classes; without any, nothing is looked at
     * @throws io.jcuvae.tensor.UserError if there are no labels, or some that the model does not know
     */
    public static RowLabels of(Classes known, Dataset data) {
        return known.count() == 0
                ? NONE
                : new RowLabels(known.count(), known.numbers(data.labels(), data.labelNames(), data.name()), 0);
    }

    /**
     * The labels of a source, read apart from its rows: four bytes for each are held.
     *
     * @param known the model's classes; without any, nothing is looked at
     * @param limit the first rows of the split, 0 for all
     * @throws io.jcuvae.tensor.UserError if there are no labels, or some that the model does not know
     */
    public static RowLabels of(Classes known, DataSource source, Split split, int limit) {
        return known.count() == 0
                ? NONE
                : new RowLabels(
                        known.count(),
                        known.numbers(source.labels(split, limit), source.labelNames(), source.name()),
                        0);
    }

    /** The class of a row. */
    public int at(int row) {
        return numbers == null ? same : numbers[row];
    }

    /** The class of every row. */
    public int[] numbers() {
        return each().clone();
    }

    private int[] each() {
        if (numbers == null) {
            throw new IllegalStateException("one class for any number of rows has no list of them");
        }
        return numbers;
    }

    /**
     * Some rows one-hot.
     *
     * @param out receives [count, K] from its start
     * @param first number of the first row
     * @throws IllegalArgumentException if these are no labels
     */
    public void oneHot(float[] out, long first, int count) {
        if (classes == 0) {
            throw new IllegalArgumentException("the model is told labels, and none are given");
        }
        Arrays.fill(out, 0, count * classes, 0);
        for (int r = 0; r < count; r++) {
            out[r * classes + (numbers == null ? same : numbers[Math.toIntExact(first + r)])] = 1;
        }
    }

    /** A SHA-256 over the classes of the rows: {@code sha256:} and 64 hexadecimal digits. */
    public String fingerprint() {
        MessageDigest digest = Dataset.sha256();
        ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
        for (int row : each()) {
            digest.update(number.putInt(0, row).array());
        }
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }
}
