package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.util.Arrays;

/** The rows of one source after those of another. */
record JoinedRows(String name, RowSource first, RowSource second) implements RowSource {
    @Override
    public Open open(boolean keepLabels) {
        Open a = first.open(keepLabels);
        try {
            Open b = second.open(keepLabels);
            boolean alike = a.reader().shape().equals(b.reader().shape())
                    && a.reader().bytes() == b.reader().bytes();
            if (!alike) {
                b.reader().close();
                throw new UserError(name + ": its training rows are "
                        + a.reader().shape() + ", its test rows " + b.reader().shape()
                        + " or of another type; use one part at a time with split train or test");
            }
            return new Open(new Reader(a.reader(), b.reader()), () -> joined(a, b));
        } catch (RuntimeException e) {
            a.reader().close();
            throw e;
        }
    }

    private static int[] joined(Open a, Open b) {
        int[] head = a.labels().get();
        int[] tail = head == null ? null : b.labels().get();
        if (tail == null) {
            return null;
        }
        int[] all = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return all;
    }

    private record Reader(SampleReader first, SampleReader second) implements SampleReader {
        @Override
        public SampleShape shape() {
            return first.shape();
        }

        @Override
        public boolean bytes() {
            return first.bytes();
        }

        @Override
        public long count() {
            return first.count() < 0 || second.count() < 0 ? -1 : first.count() + second.count();
        }

        @Override
        public int read(float[] out, int maxRows) {
            int rows = first.read(out, maxRows);
            if (rows == 0) {
                return second.read(out, maxRows);
            }
            if (rows < maxRows) {
                float[] rest = new float[(maxRows - rows) * shape().width()];
                int more = second.read(rest, maxRows - rows);
                System.arraycopy(rest, 0, out, rows * shape().width(), more * shape().width());
                rows += more;
            }
            return rows;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            int rows = first.readBytes(out, maxRows);
            if (rows == 0) {
                return second.readBytes(out, maxRows);
            }
            if (rows < maxRows) {
                byte[] rest = new byte[(maxRows - rows) * shape().width()];
                int more = second.readBytes(rest, maxRows - rows);
                System.arraycopy(rest, 0, out, rows * shape().width(), more * shape().width());
                rows += more;
            }
            return rows;
        }

        @Override
        public void close() {
            first.close();
            second.close();
        }
    }
}
