package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Rows that can be made in any pieces: row i is the same whatever was made before it, in whichever process. Bound to a model
 * and a device, so used by one thread; {@link BatchJob} makes files of it.
 */
public interface RowJob extends AutoCloseable {
    /** The command, as in {@code generate}. */
    String kind();

    /** All that decides the rows beside the model and the range. */
    JsonObject options();

    /** Rows in all, or -1 where only reading to the end tells. */
    long rows();

    /** The same, read to the end where it must be. */
    default long count() {
        return rows();
    }

    /** Rows that stay together in a file and a block, as the variations of one sample. */
    default int unit() {
        return 1;
    }

    /** What reading the data left out or guessed so far. */
    default List<String> warnings() {
        return List.of();
    }

    /** The shape of a row. */
    int[] rowShape();

    /** Bytes of a row in a file, about. */
    long rowBytes();

    /**
     * Begins a file of rows, or goes on with one.
     *
     * @param first row at which the file begins
     * @param from row at which writing begins
     * @param count rows of the whole file, or -1 where it is not known
     * @param opener where the bytes go if the file {@link io.jcuvae.data.RowWriters#grows}
     * @throws io.jcuvae.tensor.UserError if the name's ending tells no format, or one that the rows do not fit
     */
    RowWriter writer(Path file, long first, long from, long count, RowTarget.Opener opener);

    /**
     * Makes rows {@code from .. to}, in order; what is computed meanwhile overlaps with what is written.
     *
     * @param to {@link Long#MAX_VALUE} for all that there are
     * @param done told how many rows are made since {@code from}
     */
    void make(long from, long to, RowWriter writer, LongConsumer done);

    /** Frees what it holds; the model and the device stay. */
    @Override
    void close();

    /**
     * Writes all rows to one file, which appears when it is complete.
     *
     * @return the number of rows
     */
    default long write(Path out, Progress progress) {
        long[] made = new long[1];
        try (RowWriter writer = writer(out, 0, 0, rows(), RowTarget.Opener.WHOLE)) {
            make(0, rows() < 0 ? Long.MAX_VALUE : rows(), writer, done -> {
                made[0] = done;
                progress.at(done, rows());
            });
            writer.commit();
        }
        return made[0];
    }
}
