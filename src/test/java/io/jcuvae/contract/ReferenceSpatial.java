package io.jcuvae.contract;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;

/** The primitive operations on pictures in double precision. */
final class ReferenceSpatial {
    private ReferenceSpatial() {}

    /** A position of a picture's value and its place among the columns. */
    @FunctionalInterface
    private interface Place {
        void accept(int column, int value);
    }

    private static void require(boolean fits, String op, Tensor a, Tensor b) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit: " + a.shape() + ", " + b.shape());
        }
    }

    /** Every column that lies within the picture, with the value that it shows. */
    private static void places(Tensor columns, Tensor picture, Window w, Place place) {
        int batch = picture.rows();
        require(
                picture.shape().equals(Shape.of(batch, w.height(), w.width(), w.channels()))
                        && columns.shape().equals(Shape.of(batch * w.positions(), w.seen())),
                "window " + w,
                columns,
                picture);
        int column = (int) columns.offset();
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < w.outHeight(); i++) {
                for (int j = 0; j < w.outWidth(); j++) {
                    for (int u = 0; u < w.kernel(); u++) {
                        for (int v = 0; v < w.kernel(); v++) {
                            for (int c = 0; c < w.channels(); c++, column++) {
                                int y = i * w.stride() - w.padding() + u;
                                int x = j * w.stride() - w.padding() + v;
                                if (y >= 0 && y < w.height() && x >= 0 && x < w.width()) {
                                    place.accept(
                                            column,
                                            (int) picture.offset()
                                                    + ((b * w.height() + y) * w.width() + x) * w.channels()
                                                    + c);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    static void unfold(Tensor columns, Tensor x, Window window) {
        double[] to = ReferenceBackend.elements(columns);
        double[] from = ReferenceBackend.elements(x);
        clear(columns);
        places(columns, x, window, (column, value) -> to[column] = from[value]);
    }

    static void fold(Tensor x, Tensor columns, Window window) {
        double[] to = ReferenceBackend.elements(x);
        double[] from = ReferenceBackend.elements(columns);
        clear(x);
        places(columns, x, window, (column, value) -> to[value] += from[column]);
    }

    private static void clear(Tensor tensor) {
        double[] elements = ReferenceBackend.elements(tensor);
        for (int i = 0; i < tensor.count(); i++) {
            elements[(int) tensor.offset() + i] = 0;
        }
    }

    static void swapAxes(Tensor y, Tensor x) {
        int n = x.shape().extent(1);
        int m = x.shape().extent(2);
        require(y.shape().equals(Shape.of(x.rows(), m, n)), "swapAxes", y, x);
        double[] to = ReferenceBackend.elements(y);
        double[] from = ReferenceBackend.elements(x);
        for (int b = 0; b < x.rows(); b++) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < m; j++) {
                    to[(int) y.offset() + (b * m + j) * n + i] = from[(int) x.offset() + (b * n + i) * m + j];
                }
            }
        }
    }

    /** Every pixel of the large picture with that of the small one. */
    private static void squares(Tensor large, Tensor small, Place place) {
        Shape s = small.shape();
        int factor = large.shape().extent(1) / s.extent(1);
        int width = s.extent(2) * factor;
        int channels = s.extent(3);
        require(
                large.shape().equals(Shape.of(s.extent(0), s.extent(1) * factor, width, channels)),
                "upsample",
                large,
                small);
        for (int i = 0; i < large.count(); i++) {
            int c = i % channels;
            int w = i / channels % width;
            int h = i / channels / width;
            place.accept(
                    (int) large.offset() + i,
                    (int) small.offset() + (h / factor * s.extent(2) + w / factor) * channels + c);
        }
    }

    static void upsample(Tensor y, Tensor x) {
        double[] to = ReferenceBackend.elements(y);
        double[] from = ReferenceBackend.elements(x);
        squares(y, x, (large, small) -> to[large] = from[small]);
    }

    static void upsampleBackward(Tensor dx, Tensor dy) {
        double[] to = ReferenceBackend.elements(dx);
        double[] from = ReferenceBackend.elements(dy);
        clear(dx);
        squares(dy, dx, (large, small) -> to[small] += from[large]);
    }

    static void add(Tensor y, Tensor a, Tensor b) {
        require(y.count() == a.count() && y.count() == b.count(), "add", a, b);
        double[] to = ReferenceBackend.elements(y);
        for (int i = 0; i < y.count(); i++) {
            to[(int) y.offset() + i] = ReferenceBackend.elements(a)[(int) a.offset() + i]
                    + ReferenceBackend.elements(b)[(int) b.offset() + i];
        }
    }
}
