package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Samples made of others, N of each, with the labels of the originals: .npz with members {@code data} float32 [rows, sizes...],
 * {@code origin} int32 [rows], the number of the original among the rows read, and {@code labels} int32 [rows]; .csv with columns x0,
 * x1, ..., label. Both are read back as labelled data. Other endings are those of {@link RowWriters#samples} and keep the samples alone.
 */
public final class LabelledRows implements Closeable {
    private final RowWriter writer;
    private final boolean npz;
    private final boolean csv;
    private final int width;
    private final int[] labels;
    private final int perSample;
    private long done;

    /**
     * Begins a file.
     *
     * @param labels of the originals, or null
     * @param perSample N
     */
    public LabelledRows(Path file, SampleShape shape, int[] labels, int perSample) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        npz = name.endsWith(".npz");
        csv = name.endsWith(".csv") && labels != null;
        width = shape.width();
        this.labels = labels == null ? null : labels.clone();
        this.perSample = perSample;
        if (npz) {
            Stream<NpzWriter.Member> members = Stream.of(
                    new NpzWriter.Member("data", 0, shape.sizes()), NpzWriter.Member.whole("origin", width));
            writer = new NpzWriter(
                    file,
                    width + (labels == null ? 1 : 2),
                    -1,
                    (labels == null
                                    ? members
                                    : Stream.concat(members, Stream.of(NpzWriter.Member.whole("labels", width + 1))))
                            .toList());
        } else if (csv) {
            writer = new CsvWriter(
                    file,
                    -1,
                    Stream.concat(IntStream.range(0, width).mapToObj(i -> "x" + i), Stream.of("label"))
                            .toList());
        } else {
            writer = RowWriters.samples(file, shape, -1, perSample);
        }
    }

    /** Whether a file of that ending keeps labels. */
    public static boolean keepsLabels(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return List.of(".npz", ".csv").stream().anyMatch(name::endsWith);
    }

    /**
     * Writes the next samples.
     *
     * @param rows little-endian floats
     * @param count the number of rows
     */
    public void write(ByteBuffer rows, int count) {
    }

    /**
     * Completes the file.
     *
     * @throws UserError if the file cannot be written
     */
    public void commit() {
        writer.commit();
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
