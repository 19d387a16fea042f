package io.jcuvae.data;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import java.util.Locale;

/**
 * The part of a data set that is read.
 *
 * <p>Where the source has a test part of its own, TRAIN and TEST are its parts and ALL is one after the other; VALIDATION is
 * a part that few sources have. A single file is divided by row index alone, so the split is a property of the file and not
 * of a run: row r is held out if value r of {@code Stream.SPLIT} with seed 0 is below 0.1, except that row 0 is always for
 * training and row 1 always held out, which gives even a file of two rows both parts.
 */
public enum Split {
    /** The rows to train on. */
    TRAIN,
    /** The rows that the source sets apart to compare epochs by. */
    VALIDATION,
    /** The rows held out. */
    TEST,
    /** Every row. */
    ALL;

    private static final long KEY = Stream.SPLIT.key(0);
    private static final float HELD_OUT = 0.1f;
    private static final int BLOCK = 4096;

    /**
     * Reads a split's lower-case name.
     *
     * @throws UserError if it is none
     */
    public static Split parse(String text) {
        for (Split split : values()) {
            if (split.toString().equals(text)) {
                return split;
            }
        }
        throw new UserError("split " + Faults.quoted(text) + " is unknown; use train, validation, test or all");
    }

    /**
     * Marks the held-out rows of an undivided file.
     *
     * @param out receives one mark for each of {@code count} rows
     * @param firstRow the file's row that the first mark is for
     */
    static void heldOut(boolean[] out, long firstRow, int count) {
        float[] draws = new float[Math.min(count, BLOCK)];
        for (int done = 0; done < count; done += draws.length) {
            int size = Math.min(draws.length, count - done);
            Philox.fillUniform(draws, 0, size, KEY, 0, firstRow + done);
            for (int i = 0; i < size; i++) {
                long row = firstRow + done + i;
                out[done + i] = row == 1 || row != 0 && draws[i] < HELD_OUT;
            }
        }
    }

    /** How many of an undivided file's first {@code rows} rows this split has. */
    long countOf(long rows) {
        if (this == ALL) {
            return rows;
        }
        boolean[] marks = new boolean[BLOCK];
        long held = 0;
        for (long done = 0; done < rows; done += BLOCK) {
            int size = (int) Math.min(BLOCK, rows - done);
            heldOut(marks, done, size);
            for (int i = 0; i < size; i++) {
                held += marks[i] ? 1 : 0;
            }
        }
        return this == TEST ? held : rows - held;
    }

    /** The lower-case name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
