package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Convolutions in pieces: a thread makes the columns of some lines in memory of its own that stays in its cache, multiplies
 * them, and does all else that is to be done with these lines before it goes on.
 *
 * <p>Where a piece ends depends on the window alone. The gradient of a weight is summed up piece by piece in as many parts as
 * the machine has processors, whoever computes them, and the parts in turn; so the number of threads does not show.
 */
final class Convolutions {
    /** Floats of a piece, its columns and the other side of its positions: with the weight they fit the second cache. */
    static final int PIECE = 1 << 18;
    /** A part of a gradient is worth this much work. */
    private static final double LEAST_FLOPS = 1e6;
    /** Floats of all parts of a weight's gradient. */
    private static final int MOST_PARTIAL = 1 << 24;
    /** Biases are summed over several pixels side by side until a row of them is this wide. */
    private static final int WIDE = 64;

    private final Workers workers;
    private final Gemm gemm;
    private final int processors;
    private final int size;
    private final ThreadLocal<Memory> memories = ThreadLocal.withInitial(Memory::new);
    private final Partial partial = new Partial();

    /**
     * Convolutions on some threads.
     *
     * @param size of a piece, {@link #PIECE} but for tests
     */
    Convolutions(Workers workers, Gemm gemm, int processors, int size) {
        this.size = size;
        this.workers = workers;
        this.gemm = gemm;
        this.processors = processors;
    }

    /** What a thread needs for itself. */
    private static final class Memory {
        private final SpatialLoops loops = new SpatialLoops();
        private final ActivationLoops activations = new ActivationLoops();
        private float[] columns = new float[0];
        private float[] biases = new float[0];
        private float[] sums = new float[0];
        private float[] row = new float[0];

        float[] columns(int count) {
            if (columns.length < count) {
                columns = new float[count + CpuBuffer.SLACK];
            }
            return columns;
        }

        /** The biases once for each of {@code pixels} in a row. */
        float[] biases(Tensor bias, int pixels) {
            int channels = (int) bias.count();
            if (biases.length < pixels * channels) {
                biases = new float[pixels * channels];
            }
            for (int i = 0; i < pixels; i++) {
                System.arraycopy(floats(bias), start(bias), biases, i * channels, channels);
            }
            return biases;
        }
    }

    /** Sums that several tasks make, each its own. */
    private static final class Partial {
        private float[][] weights = new float[0][];
        private double[][] biases = new double[0][];

        void prepare(int parts, int weight, int bias) {
            if (weights.length < parts) {
                weights = Arrays.copyOf(weights, parts);
                biases = Arrays.copyOf(biases, parts);
            }
            for (int i = 0; i < parts; i++) {
                if (weights[i] == null || weights[i].length < weight + CpuBuffer.SLACK) {
                    weights[i] = new float[weight + CpuBuffer.SLACK];
                }
                if (biases[i] == null || biases[i].length < bias) {
                    biases[i] = new double[bias];
                }
                Arrays.fill(biases[i], 0, bias, 0);
            }
        }
    }

    /**
     * Some lines of one sample, or all lines of several.
     *
     * @param sample the first
     * @param samples how many
     * @param first line of each
     * @param end after the last line of each
     */
    private record Piece(int sample, int samples, int first, int end) {
        int lines() {
            return samples * (end - first);
        }
    }

    /**
     * The cut of a batch into pieces.
     *
     * @param window gives the lines and their columns
     * @param channels of the side of the positions
     * @param batch samples in all
     * @param processors pieces come in multiples of this where there are enough
     * @param size of a piece
     */
    private record Cut(Window window, int channels, int batch, int processors, int size) {
        private int linesAtOnce() {
            return Math.max(1, size / (window.outWidth() * (window.seen() + channels)));
        }

        private int samplesAtOnce() {
            return Math.max(1, linesAtOnce() / window.outHeight());
        }

        /** Calls for the pieces of samples from .. until - 1, in order. */
        void each(int from, int until, Consumer<Piece> work) {
            int lines = Math.min(window.outHeight(), linesAtOnce());
            for (int sample = from; sample < until; sample += samplesAtOnce()) {
                for (int line = 0; line < window.outHeight(); line += lines) {
                    work.accept(new Piece(
                            sample,
                            Math.min(samplesAtOnce(), until - sample),
                            line,
                            Math.min(window.outHeight(), line + lines)));
                }
            }
        }

        /** Tasks of about a piece each, for work whose tasks do not share a sum. */
        int tasks() {
            int pieces = (batch + samplesAtOnce() - 1) / samplesAtOnce();
            return Math.min(batch, (pieces + processors - 1) / processors * processors);
        }

        void task(int task, Consumer<Piece> work) {
            each((int) ((long) batch * task / tasks()), (int) ((long) batch * (task + 1) / tasks()), work);
        }
    }

    private static void check(boolean fits, String op, Window window, Tensor... tensors) {
        if (!fits) {
            StringBuilder shapes = new StringBuilder();
            for (Tensor tensor : tensors) {
                shapes.append(' ').append(tensor.shape());
            }
            throw new IllegalArgumentException(op + ": shapes do not fit " + window + ":" + shapes);
        }
    }

    /** Whether these are a weight, the picture's side and the positions' side of a window. */
    private static boolean fit(Window window, Tensor w, Tensor picture, Tensor positions) {
        return w.columns() == window.seen()
                && picture.columns() == window.height() * window.width() * window.channels()
                && positions.columns() == window.positions() * w.rows()
                && picture.rows() == positions.rows();
    }

    // ---- columns as such

    void unfold(Tensor columns, Tensor x, Window window) {
        check(
                columns.count() == x.rows() * window.columns()
                        && x.columns() == window.height() * window.width() * window.channels(),
                "unfold",
                window,
                columns,
                x);
        Cut cut = new Cut(window, 0, x.rows(), processors, size);
        workers.run(
                cut.tasks(),
                task -> cut.task(task, piece -> {
                    int at = start(columns)
                            + Math.toIntExact(piece.sample() * window.columns())
                            + piece.first() * window.outWidth() * window.seen();
                    unfold(memories.get(), floats(columns), at, x, window, piece);
                }));
    }

    void fold(Tensor x, Tensor columns, Window window) {
        check(
                columns.count() == x.rows() * window.columns()
                        && x.columns() == window.height() * window.width() * window.channels(),
                "fold",
                window,
                x,
                columns);
        Cut cut = new Cut(window, 0, x.rows(), processors, size);
        workers.run(
                cut.tasks(),
                task -> cut.task(task, piece -> {
                    int at = start(columns)
                            + Math.toIntExact(piece.sample() * window.columns())
                            + piece.first() * window.outWidth() * window.seen();
                    fold(memories.get(), x, floats(columns), at, window, piece, null);
                }));
    }

    private static void unfold(Memory memory, float[] columns, int at, Tensor x, Window window, Piece piece) {
        int lines = piece.end() - piece.first();
        for (int i = 0; i < piece.samples(); i++) {
            memory.loops.unfold(
                    columns,
                    at + i * lines * window.outWidth() * window.seen(),
                    floats(x),
                    start(x) + (piece.sample() + i) * x.columns(),
                    window,
                    piece.first(),
                    piece.end());
        }
    }

    private static void fold(
            Memory memory, Tensor x, float[] columns, int at, Window window, Piece piece, float[] initial) {
        int lines = piece.end() - piece.first();
        for (int i = 0; i < piece.samples(); i++) {
            memory.loops.fold(
                    floats(x),
                    start(x) + (piece.sample() + i) * x.columns(),
                    columns,
                    at + i * lines * window.outWidth() * window.seen(),
                    window,
                    piece.first(),
                    piece.end(),
                    initial);
        }
    }

    /** Where a piece's lines begin in a tensor with a value of each channel for each position. */
    private static int positions(Tensor tensor, Window window, Piece piece) {
        int channels = tensor.columns() / window.positions();
        return start(tensor) + piece.sample() * tensor.columns() + piece.first() * window.outWidth() * channels;
    }

    // ---- forward

    void forward(Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f, Window window) {
        check(fit(window, w, x, y) && a.count() == y.count() && bias.count() == w.rows(), "conv2d", window, y, a, x, w);
        Cut cut = new Cut(window, w.rows(), x.rows(), processors, size);
        int out = w.rows();
        workers.run(
                cut.tasks(),
                task -> cut.task(task, piece -> {
                    Memory memory = memories.get();
                    int rows = piece.lines() * window.outWidth();
                    float[] columns = memory.columns(rows * window.seen());
                    unfold(memory, columns, 0, x, window, piece);
                    int at = positions(a, window, piece);
                    // The bias is laid out before and the product added to it, as in a dense layer.
                    float[] biases = memory.biases(bias, window.outWidth());
                    int line = window.outWidth() * out;
                    for (int i = 0; i < piece.lines(); i++) {
                        System.arraycopy(biases, 0, floats(a), at + i * line, line);
                    }
                    gemm.multiply(
                            rows,
                            out,
                            window.seen(),
                            floats(a),
                            at,
                            out,
                            columns,
                            0,
                            window.seen(),
                            false,
                            floats(w),
                            start(w),
                            window.seen(),
                            true,
                            true);
                    activate(memory, y, positions(y, window, piece), a, at, rows * out, f);
                }));
    }

    private static void activate(Memory memory, Tensor y, int to, Tensor a, int from, int count, Activation f) {
        if (f != Activation.IDENTITY || !a.equals(y)) {
            memory.activations.forward(floats(y), to, floats(a), from, count, f);
        }
    }

    void forwardTransposed(Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f, Window window) {
        check(
                fit(window, w, y, x) && a.count() == y.count() && bias.count() == window.channels(),
                "convTranspose2d",
                window,
                y,
                a,
                x,
                w);
        Cut cut = new Cut(window, w.rows(), x.rows(), processors, size);
        int in = w.rows();
        int width = window.width() * window.channels();
        workers.run(
                cut.tasks(),
                task -> cut.task(task, piece -> {
                    Memory memory = memories.get();
                    int rows = piece.lines() * window.outWidth();
                    float[] columns = memory.columns(rows * window.seen());
                    gemm.multiply(
                            rows,
                            window.seen(),
                            in,
                            columns,
                            0,
                            window.seen(),
                            floats(x),
                            positions(x, window, piece),
                            in,
                            false,
                            floats(w),
                            start(w),
                            window.seen(),
                            false,
                            false);
                    fold(memory, a, columns, 0, window, piece, memory.biases(bias, window.width()));
                    int from = SpatialLoops.finished(window, piece.first()) * width;
                    int until = SpatialLoops.finished(window, piece.end()) * width;
                    for (int i = 0; i < piece.samples(); i++) {
                        int sample = (piece.sample() + i) * a.columns() + from;
                        activate(memory, y, start(y) + sample, a, start(a) + sample, until - from, f);
                    }
                }));
    }

    // ---- backward

    void backward(
            Tensor dx,
            Tensor dw,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor a,
            Tensor y,
            Activation f,
            Window window) {
        check(
                fit(window, w, x, y) && dy.count() == y.count() && dbias.count() == w.rows(),
                "conv2dBackward",
                window,
                dw,
                dy,
                x,
                w);
        int out = w.rows();
        inParts(dw, dbias, x.rows(), window, (part, weights, biases, from, until) -> {
            Memory memory = memories.get();
            boolean[] begun = new boolean[1];
            new Cut(window, w.rows(), x.rows(), processors, size).each(from, until, piece -> {
                int rows = piece.lines() * window.outWidth();
                float[] columns = memory.columns(rows * window.seen());
                int at = positions(dy, window, piece);
                backward(memory, biases, dy, at, a, y, rows, out, f);
                unfold(memory, columns, 0, x, window, piece);
                gemm.multiply(
                        out,
                        window.seen(),
                        rows,
                        weights,
                        0,
                        window.seen(),
                        floats(dy),
                        at,
                        out,
                        true,
                        columns,
                        0,
                        window.seen(),
                        false,
                        begun[0]);
                begun[0] = true;
                if (dx != null) {
                    gemm.multiply(
                            rows,
                            window.seen(),
                            out,
                            columns,
                            0,
                            window.seen(),
                            floats(dy),
                            at,
                            out,
                            false,
                            floats(w),
                            start(w),
                            window.seen(),
                            false,
                            false);
                    fold(memory, dx, columns, 0, window, piece, null);
                }
            });
        });
    }

    void backwardTransposed(
            Tensor dx,
            Tensor dw,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor a,
            Tensor y,
            Activation f,
            Window window) {
        check(
                fit(window, w, y, x) && dy.count() == y.count() && dbias.count() == window.channels(),
                "convTranspose2dBackward",
                window,
                dw,
                dy,
                x,
                w);
        int in = w.rows();
        int channels = window.channels();
        inParts(dw, dbias, x.rows(), window, (part, weights, biases, from, until) -> {
            Memory memory = memories.get();
            boolean[] begun = new boolean[1];
            new Cut(window, w.rows(), x.rows(), processors, size).each(from, until, piece -> {
                int rows = piece.lines() * window.outWidth();
                float[] columns = memory.columns(rows * window.seen());
                int first = SpatialLoops.touched(window, piece.first());
                int pixels = (SpatialLoops.touched(window, piece.end()) - first) * window.width();
                for (int i = 0; i < piece.samples(); i++) {
                    int at = start(dy) + (piece.sample() + i) * dy.columns() + first * window.width() * channels;
                    backward(memory, biases, dy, at, a, y, pixels, channels, f);
                }
                unfold(memory, columns, 0, dy, window, piece);
                int at = positions(x, window, piece);
                gemm.multiply(
                        in,
                        window.seen(),
                        rows,
                        weights,
                        0,
                        window.seen(),
                        floats(x),
                        at,
                        in,
                        true,
                        columns,
                        0,
                        window.seen(),
                        false,
                        begun[0]);
                begun[0] = true;
                if (dx != null) {
                    gemm.multiply(
                            rows,
                            in,
                            window.seen(),
                            floats(dx),
                            positions(dx, window, piece),
                            in,
                            columns,
                            0,
                            window.seen(),
                            false,
                            floats(w),
                            start(w),
                            window.seen(),
                            true,
                            false);
                }
            });
        });
    }

    /** A part of a batch whose gradients are summed up in one place. */
    @FunctionalInterface
    private interface Part {
        void run(int part, float[] weights, double[] biases, int from, int until);
    }

    private void inParts(Tensor dw, Tensor dbias, int batch, Window window, Part work) {
        int count = Math.toIntExact(dw.count());
        int biases = (int) dbias.count();
        double flops = 2.0 * batch * window.positions() * count;
        int wanted = (int) Math.min(Math.min(processors, MOST_PARTIAL / count), flops / LEAST_FLOPS);
        int parts = Math.max(1, Math.min(wanted, batch));
        partial.prepare(parts, count, biases);
        workers.run(
                parts,
                part -> work.run(
                        part, partial.weights[part], partial.biases[part], (int) ((long) batch * part / parts), (int)
                                ((long) batch * (part + 1) / parts)));
        IntConsumer sum = chunk -> {
            int from = (int) ((long) count * chunk / processors);
            int until = (int) ((long) count * (chunk + 1) / processors);
            for (int part = 1; part < parts; part++) {
                add(partial.weights[0], partial.weights[part], from, until);
            }
            System.arraycopy(partial.weights[0], from, floats(dw), start(dw) + from, until - from);
        };
        workers.run(processors, sum);
        for (int c = 0; c < biases; c++) {
            double total = 0;
            for (int part = 0; part < parts; part++) {
                total += partial.biases[part][c];
            }
            floats(dbias)[start(dbias) + c] = (float) total;
        }
    }

    private static void add(float[] to, float[] what, int from, int until) {
        for (int i = from; i < until; i++) {
            to[i] += what[i];
        }
    }

    /** da = dy f' in place for some pixels, whose sums are added to those of the biases. */
    private static void backward(
            Memory memory,
            double[] biases,
            Tensor dy,
            int at,
            Tensor a,
            Tensor y,
            int pixels,
            int channels,
            Activation f) {
        int count = pixels * channels;
        if (f != Activation.IDENTITY) {
            int shift = at - start(dy);
            memory.activations.backward(
                    floats(dy), at, floats(dy), at, floats(a), start(a) + shift, floats(y), start(y) + shift, count, f);
        }
        int wide = Math.max(1, WIDE / channels) * channels;
        if (memory.sums.length < wide) {
            memory.sums = new float[wide];
            memory.row = new float[wide];
        }
        int rows = count / wide;
        StepLoops.sumRows(memory.sums, memory.row, floats(dy), at, wide, rows, wide);
        for (int i = 0; i < wide; i++) {
            biases[i % channels] += memory.sums[i];
        }
        for (int i = rows * wide; i < count; i++) {
            biases[i % channels] += floats(dy)[at + i];
        }
    }

    // ---- the rest

    void swapAxes(Tensor y, Tensor x) {
        Shape shape = x.shape();
        check(
                shape.rank() == 3 && y.shape().equals(Shape.of(shape.extent(0), shape.extent(2), shape.extent(1))),
                "swapAxes",
                null,
                y,
                x);
        int size = x.columns();
        int several = Math.max(1, (1 << 14) / size);
        int tasks = (x.rows() + several - 1) / several;
        workers.run(tasks, task -> {
            for (int r = task * several; r < Math.min(x.rows(), (task + 1) * several); r++) {
                SpatialLoops.exchange(
                        floats(y),
                        start(y) + r * size,
                        floats(x),
                        start(x) + r * size,
                        shape.extent(1),
                        shape.extent(2));
            }
        });
    }

    void upsample(Tensor y, Tensor x, boolean backward) {
        Shape small = x.shape();
        int factor = y.shape().extent(1) / small.extent(1);
        int width = small.extent(2);
        int channels = small.extent(3);
        check(
                y.shape().equals(Shape.of(x.rows(), small.extent(1) * factor, width * factor, channels)),
                "upsample",
                null,
                y,
                x);
        int row = width * channels;
        int several = Math.max(1, (1 << 14) / (row * factor * factor));
        int rows = x.rows() * small.extent(1);
        workers.run((rows + several - 1) / several, task -> {
            for (int r = task * several; r < Math.min(rows, (task + 1) * several); r++) {
                int large = start(y) + r * row * factor * factor;
                if (backward) {
                    memories.get()
                            .loops
                            .upsampleBackward(floats(x), start(x) + r * row, floats(y), large, width, channels, factor);
                } else {
                    SpatialLoops.upsample(floats(y), large, floats(x), start(x) + r * row, width, channels, factor);
                }
            }
        });
    }
}
