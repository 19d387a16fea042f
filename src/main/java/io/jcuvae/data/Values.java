package io.jcuvae.data;

import io.jcuvae.tensor.UserError;

/** The range of values: scaling of bytes and checks of what a likelihood can take. */
public final class Values {
    private static final float[] SCALED = new float[256];

    static {
        for (int i = 0; i < SCALED.length; i++) {
            SCALED[i] = i / 255f;
        }
    }

    private Values() {}

    /** Scales bytes 0..255 to floats {@code (float) byte / 255}. */
    static void scale(byte[] from, int fromOffset, float[] out, int outOffset, int count) {
        for (int i = 0; i < count; i++) {
            out[outOffset + i] = SCALED[from[fromOffset + i] & 0xFF];
        }
    }

    /**
     * A byte for a value of the unit range: 255 times the value, rounded half up, clipped.
     *
     * @param value any number
     * @param file names the output in the message
     * @throws UserError if the value is NaN
     */
    static byte toByte(float value, String file) {
        if (Float.isNaN(value)) {
            throw new UserError(file + ": a value is NaN, which no pixel can show; check the model that made it");
        }
        return (byte) Math.max(0, Math.min(255, (int) Math.floor(value * 255.0 + 0.5)));
    }

    /**
     * A reader that passes rows on and refuses values outside [0, 1].
     *
     * @param reader the rows; closed with the result
     * @param file names the source in the message
     * @param why ends the message: who needs the unit range, and what to do
     * @return the reader itself where its rows are bytes
     */
    public static SampleReader requireUnit(SampleReader reader, String file, String why) {
        return reader.bytes() ? reader : new UnitReader(reader, file, why);
    }

    /**
     * Refuses rows with a value outside [0, 1].
     *
     * @param rows row-major from index 0
     * @param firstRow the row's number that the message gives for index 0
     * @throws UserError naming row, column (counted from 0) and value
     */
    static void requireUnit(float[] rows, long count, int width, long firstRow, String file, String why) {
        for (int i = 0; i < count; i++) {
            // Not "< 0 or > 1", which NaN would pass.
            if (!(rows[i] >= 0 && rows[i] <= 1)) {
                throw new UserError(file + ": row " + (firstRow + i / width) + ", column " + i % width
                        + " (counted from 0) is " + rows[i] + ", outside [0, 1]; " + why);
            }
        }
    }

    private static final class UnitReader implements SampleReader {
        private final SampleReader reader;
        private final String file;
        private final String why;
        private long row;

        UnitReader(SampleReader reader, String file, String why) {
            this.reader = reader;
            this.file = file;
            this.why = why;
        }

        @Override
        public SampleShape shape() {
            return reader.shape();
        }

        @Override
        public long count() {
            return reader.count();
        }

        @Override
        public int read(float[] out, int maxRows) {
            int rows = reader.read(out, maxRows);
            int width = shape().width();
            requireUnit(out, (long) rows * width, width, row, file, why);
            row += rows;
            return rows;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            return reader.readBytes(out, maxRows);
        }

        @Override
        public void close() {
            reader.close();
        }
    }
}
