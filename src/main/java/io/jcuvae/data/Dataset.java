package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows in memory: bytes where the source held bytes, else floats.
 *
 * <p>The arrays are handed out as they are, not copied, because they may be gigabytes; nobody writes to them.
 */
public final class Dataset {
    private static final int CHUNK = 1 << 14;

    private final String name;
    private final SampleShape shape;
    private final byte[] bytes;
    private final float[] floats;
    private final int[] labels;
    private final List<String> labelNames;
    private final Table table;
    private final int count;
    private String fingerprint;
    private ValueKind kind;

    private Dataset(
            String name,
            SampleShape shape,
            byte[] bytes,
            float[] floats,
            int[] labels,
            List<String> labelNames,
            Table table) {
        int length = bytes != null ? bytes.length : floats.length;
        this.name = name;
        this.shape = shape;
        this.bytes = bytes;
        this.floats = floats;
        this.labels = labels;
        this.labelNames = labelNames;
        this.table = table;
        this.count = length / shape.width();
        if (length == 0 || length % shape.width() != 0) {
            throw new IllegalArgumentException(length + " values are no rows of shape " + shape);
        }
        if (labels != null && labels.length != count) {
            throw new IllegalArgumentException(labels.length + " labels for " + count + " rows");
        }
    }

    /**
     * Rows of bytes, 0..255 standing for 0..1.
     *
     * @param values row-major [count, width], kept
     * @param labels one per row, kept, or null
     * @throws IllegalArgumentException if the lengths do not fit together or there are no rows
     */
    public static Dataset ofBytes(String name, SampleShape shape, byte[] values, int[] labels) {
        return new Dataset(name, shape, values, null, labels, null, Table.NONE);
    }

    /**
     * Rows of floats.
     *
     * @param values row-major [count, width], finite, of a table NaN where one is missing; kept
     * @param labels one per row, kept, or null
     * @throws IllegalArgumentException if the lengths do not fit together or there are no rows
     */
    public static Dataset ofFloats(String name, SampleShape shape, float[] values, int[] labels) {
        return new Dataset(name, shape, null, values, labels, null, Table.NONE);
    }

    /** What the user called it. */
    public String name() {
        return name;
    }

    /** The number of rows, at least 1. */
    public int count() {
        return count;
    }

    /** The shape of a row. */
    public SampleShape shape() {
        return shape;
    }

    /** Values per row. */
    public int width() {
        return shape.width();
    }

    /** Whether the rows are bytes. */
    public boolean isBytes() {
        return bytes != null;
    }

    /** The bytes, row-major [count, width]; null unless {@link #isBytes}. */
    public byte[] bytes() {
        return bytes;
    }

    /** The floats, row-major [count, width]; null if {@link #isBytes}. */
    public float[] floats() {
        return floats;
    }

    /** One label per row, or null. */
    public int[] labels() {
        return labels;
    }

    /** The name of each label, which is its place in this list; null where labels are just numbers. */
    public List<String> labelNames() {
        return labelNames;
    }

    /** The same rows with names for their labels. */
    Dataset withLabelNames(List<String> names) {
        return new Dataset(name, shape, bytes, floats, labels, names, table);
    }

    /** What is known of the columns from a schema; {@link Table#NONE} without one. */
    public Table table() {
        return table;
    }

    /** The same rows with a word on their columns. */
    Dataset withTable(Table columns) {
        return new Dataset(name, shape, bytes, floats, labels, labelNames, columns);
    }

    /** Reads the rows from the first, as a file would be read. */
    public SampleReader open() {
        return new MemoryReader(shape, bytes, floats);
    }

    /**
     * Copies a row as floats, bytes divided by 255.
     *
     * @param out receives width values from {@code offset}
     */
    public void copyRow(int row, float[] out, int offset) {
        int width = width();
        if (bytes != null) {
            Values.scale(bytes, row * width, out, offset, width);
        } else {
            System.arraycopy(floats, row * width, out, offset, width);
        }
    }

    /** The range of the values; found by one pass, once. */
    public synchronized ValueKind values() {
        if (kind == null) {
            kind = bytes != null ? kindOfBytes() : kindOfFloats();
        }
        return kind;
    }

    private ValueKind kindOfBytes() {
        for (byte value : bytes) {
            if (value != 0 && value != -1) {
                return ValueKind.UNIT;
            }
        }
        return ValueKind.BINARY;
    }

    private ValueKind kindOfFloats() {
        ValueKind found = ValueKind.BINARY;
        for (float value : floats) {
            if (!(value >= 0 && value <= 1)) {
                return ValueKind.REAL;
            }
            if (value != 0 && value != 1) {
                found = ValueKind.UNIT;
            }
        }
        return found;
    }

    /**
     * Refuses values outside [0, 1].
     *
     * @param why ends the message: who needs the unit range, and what to do
     * @throws UserError naming the first such row and column (counted from 0) and its value
     */
    public void requireUnit(String why) {
        if (bytes == null) {
            Values.requireUnit(floats, floats.length, width(), 0, name, why);
        }
    }

    /** The first rows as a data set of their own; this one if it has no more than {@code n}. */
    public Dataset first(int n) {
        if (n >= count) {
            return this;
        }
        int length = n * width();
        return new Dataset(
                name,
                shape,
                bytes == null ? null : Arrays.copyOf(bytes, length),
                floats == null ? null : Arrays.copyOf(floats, length),
                labels == null ? null : Arrays.copyOf(labels, n),
                labelNames,
                table);
    }

    /**
     * The rows that a split has of an undivided file of these, as {@link Split} says.
     *
     * @throws io.jcuvae.tensor.UserError if there is none
     */
    public Dataset part(Split split) {
        boolean[] held = new boolean[count];
        Split.heldOut(held, 0, count);
        int[] rows = IntStream.range(0, count)
                .filter(row -> split == Split.ALL || held[row] == (split == Split.TEST))
                .toArray();
        if (rows.length == 0 || split == Split.VALIDATION) {
            throw RowLoading.noRows(name, split);
        }
        return select(rows);
    }

    /**
     * Some of the rows as a data set of their own.
     *
     * @param rows their numbers, at least one
     */
    public Dataset select(int[] rows) {
        int width = width();
        byte[] someBytes = bytes == null ? null : new byte[Math.multiplyExact(rows.length, width)];
        float[] someFloats = floats == null ? null : new float[Math.multiplyExact(rows.length, width)];
        int[] someLabels = labels == null ? null : new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            if (bytes != null) {
                System.arraycopy(bytes, rows[i] * width, someBytes, i * width, width);
            } else {
                System.arraycopy(floats, rows[i] * width, someFloats, i * width, width);
            }
            if (labels != null) {
                someLabels[i] = labels[rows[i]];
            }
        }
        return new Dataset(name, shape, someBytes, someFloats, someLabels, labelNames, table);
    }

    /**
     * A SHA-256 over the kind (bytes or floats), the shape, the count and the values (floats as little-endian IEEE
     * 754), so equal rows have equal fingerprints whatever file they came from; computed once.
     *
     * @return {@code sha256:} and 64 hexadecimal digits
     */
    public synchronized String fingerprint() {
        if (fingerprint == null) {
            MessageDigest digest = sha256();
            String head = (bytes != null ? "bytes " : "floats ") + count + " x " + shape + "\n";
            digest.update(head.getBytes(StandardCharsets.US_ASCII));
            if (bytes != null) {
                digest.update(bytes);
            } else {
                ByteBuffer chunk = ByteBuffer.allocate(4 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
                for (int done = 0; done < floats.length; done += CHUNK) {
                    int size = Math.min(CHUNK, floats.length - done);
                    chunk.asFloatBuffer().put(floats, done, size);
                    digest.update(chunk.array(), 0, 4 * size);
                }
            }
            fingerprint = "sha256:" + HexFormat.of().formatHex(digest.digest());
        }
        return fingerprint;
    }

    /** A new SHA-256, which every JVM has. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
