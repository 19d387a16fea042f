package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.cpu.NormLoops.Coefficients;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/**
 * Norms and dropout, shared out over the threads. Sums over rows are made tile by tile in floats and put together in double, in
 * the order of the tiles; the tiles depend on shapes alone.
 */
final class Norms {
    /** Rows of a tile: at least, and at most, so that a tile of floats stays in the second-level cache. */
    private static final int FEWEST_ROWS = 64;

    private static final int MOST_ROWS = 512;
    /** Tiles that a matrix is cut into before its tiles grow. */
    private static final int TILES = 64;
    /** Elements of an elementwise task. */
    private static final int CHUNK = 1 << 15;
    /** Values of a task that draws, a multiple of four so that no Philox block is computed twice. */
    private static final int DRAWS = 1 << 11;

    private final Workers workers;
    private final ThreadLocal<PhiloxLoops> draws = ThreadLocal.withInitial(PhiloxLoops::new);
    private final ThreadLocal<NormLoops> loops = ThreadLocal.withInitial(NormLoops::new);

    Norms(Workers workers) {
        this.workers = workers;
    }

    /**
     * How [R, C] is cut. So that few columns fill a vector, too, as many whole rows as fit a block lie side by side in a wide
     * row; the last wide row may be shorter.
     *
     * @param group rows in a wide row; 1 where a row is wider than half a block
     * @param wide columns of a wide row
     * @param rows wide rows
     * @param tileRows wide rows of a tile
     * @param tiles tiles of wide rows
     * @param strips blocks of columns
     */
    private record Cut(long count, int columns, int group, int wide, int rows, int tileRows, int tiles, int strips) {
        static Cut of(Tensor x) {
            int columns = x.columns();
            int group = Math.max(1, Math.min(x.rows(), NormLoops.BLOCK / columns));
            int wide = group * columns;
            int rows = ceil(x.rows(), group);
            int tileRows = Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, ceil(rows, TILES)));
            return new Cut(
                    x.count(), columns, group, wide, rows, tileRows, ceil(rows, tileRows), ceil(wide, NormLoops.BLOCK));
        }

        private static int ceil(int count, int size) {
            return (count + size - 1) / size;
        }

        int tasks() {
            return tiles * strips;
        }

        int firstColumn(int task) {
            return task % strips * NormLoops.BLOCK;
        }

        NormLoops.Tile tile(int task) {
            int from = task / strips * tileRows;
            int count = Math.min(tileRows, rows - from);
            int column = firstColumn(task);
            int width = Math.min(NormLoops.BLOCK, wide - column);
            boolean end = from + count == rows;
            // Only wide rows of several rows can be short, and those are of one strip.
            int last = end && strips == 1 ? (int) (this.count - (long) (rows - 1) * wide) : width;
            return new NormLoops.Tile(from * wide + column, wide, count, width, last);
        }

        /** Values of a channel in one of its columns of a tile. */
        int rowsOf(int tile, int column) {
            int from = tile * tileRows;
            int count = Math.min(tileRows, rows - from);
            boolean missing = from + count == rows && (long) (rows - 1) * wide + column >= this.count;
            return missing ? count - 1 : count;
        }

        /** Lays a vector of one value per channel out over the columns of a task. */
        void spread(float[] to, int task, float[] vector, int start) {
            int from = firstColumn(task);
            int width = Math.min(NormLoops.BLOCK, wide - from);
            if (group == 1) {
                System.arraycopy(vector, start + from, to, 0, width);
            } else {
                for (int i = 0; i < wide; i += columns) {
                    System.arraycopy(vector, start, to, i, columns);
                }
            }
        }
    }

    private static void check(boolean fits, String op, Tensor... tensors) {
        if (!fits) {
            StringBuilder shapes = new StringBuilder();
            for (Tensor tensor : tensors) {
                shapes.append(' ').append(tensor == null ? "-" : tensor.shape());
            }
            throw new IllegalArgumentException(op + ": shapes do not fit:" + shapes);
        }
    }

    private static boolean all(long count, Tensor... tensors) {
        return Arrays.stream(tensors).allMatch(tensor -> tensor == null || tensor.count() == count);
    }

    // ---- batch norm

    void moments(Tensor mean, Tensor variance, Tensor x) {
        check(all(x.columns(), mean, variance), "columnMoments", mean, variance, x);
        Cut cut = Cut.of(x);
        float[] means = new float[cut.tiles * cut.wide];
        float[] squares = new float[cut.tiles * cut.wide];
        workers.run(cut.tasks(), task -> {
            Coefficients c = new Coefficients();
            cut.spread(c.first(), task, floats(x), start(x));
            NormLoops.Tile tile = cut.tile(task);
            loops.get().moments(c.second(), c.third(), floats(x), start(x), tile, c.first());
            int at = task / cut.strips * cut.wide + cut.firstColumn(task);
            System.arraycopy(c.second(), 0, means, at, tile.columns());
            System.arraycopy(c.third(), 0, squares, at, tile.columns());
        });
        channels(cut, channel -> {
            // Chan, Golub, LeVeque, Algorithms for computing the sample variance (1983).
            double count = 0;
            double centre = 0;
            double total = 0;
            for (int tile = 0; tile < cut.tiles; tile++) {
                for (int column = channel; column < cut.wide; column += cut.columns) {
                    int more = cut.rowsOf(tile, column);
                    if (more > 0) {
                        double delta = means[tile * cut.wide + column] - centre;
                        double share = more / (count + more);
                        centre += delta * share;
                        total += squares[tile * cut.wide + column] + delta * delta * count * share;
                        count += more;
                    }
                }
            }
            floats(mean)[start(mean) + channel] = (float) (floats(x)[start(x) + channel] + centre);
            floats(variance)[start(variance) + channel] = (float) (total / count);
        });
    }

    /** Every channel once; some at a time. */
    private void channels(Cut cut, java.util.function.IntConsumer channel) {
        int each = Math.max(1, CHUNK / 4 / (cut.tiles * cut.group));
        workers.run(Cut.ceil(cut.columns, each), task -> {
            for (int c = task * each; c < Math.min(cut.columns, (task + 1) * each); c++) {
                channel.accept(c);
            }
        });
    }

    private static float inverseDeviation(float variance, float epsilon) {
        return (float) (1 / Math.sqrt((double) variance + epsilon));
    }

    void normalize(Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon) {
        check(
                all(x.count(), y) && all(x.columns(), mean, variance, weight, bias),
                "normalizeColumns",
                y,
                x,
                mean,
                variance,
                weight,
                bias);
        Cut cut = Cut.of(x);
        float[] scale = new float[cut.columns];
        for (int c = 0; c < cut.columns; c++) {
            scale[c] = floats(weight)[start(weight) + c]
                    * inverseDeviation(floats(variance)[start(variance) + c], epsilon);
        }
        workers.run(cut.tasks(), task -> {
            Coefficients c = new Coefficients();
            cut.spread(c.first(), task, floats(mean), start(mean));
            cut.spread(c.second(), task, scale, 0);
            cut.spread(c.third(), task, floats(bias), start(bias));
            loops.get().normalize(floats(y), start(y), floats(x), start(x), cut.tile(task), c);
        });
    }

    void backward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor variance,
            Tensor weight,
            float epsilon) {
        check(
                all(x.count(), dx, dy) && all(x.columns(), dweight, dbias, mean, variance, weight),
                "batchNormBackward",
                dx,
                dweight,
                dbias,
                dy,
                x);
        Cut cut = Cut.of(x);
        float[] sums = new float[cut.tiles * cut.wide];
        float[] products = new float[cut.tiles * cut.wide];
        workers.run(cut.tasks(), task -> {
            Coefficients c = new Coefficients();
            cut.spread(c.first(), task, floats(mean), start(mean));
            NormLoops.Tile tile = cut.tile(task);
            loops.get()
                    .backwardSums(c.second(), c.third(), floats(dy), start(dy), floats(x), start(x), tile, c.first());
            int at = task / cut.strips * cut.wide + cut.firstColumn(task);
            System.arraycopy(c.second(), 0, sums, at, tile.columns());
            System.arraycopy(c.third(), 0, products, at, tile.columns());
        });
        float[] scale = new float[cut.columns];
        float[] shift = new float[cut.columns];
        float[] slope = new float[cut.columns];
        channels(cut, channel -> {
            double sum = 0;
            double product = 0;
            for (int at = channel; at < sums.length; at += cut.columns) {
                sum += sums[at];
                product += products[at];
            }
            double s = inverseDeviation(floats(variance)[start(variance) + channel], epsilon);
            floats(dbias)[start(dbias) + channel] = (float) sum;
            floats(dweight)[start(dweight) + channel] = (float) (product * s);
            scale[channel] = (float) (floats(weight)[start(weight) + channel] * s);
            shift[channel] = (float) (sum / x.rows());
            slope[channel] = (float) (product * s * s / x.rows());
        });
        if (dx == null) {
            return;
        }
        workers.run(cut.tasks(), task -> {
            Coefficients c = new Coefficients();
            cut.spread(c.first(), task, floats(mean), start(mean));
            cut.spread(c.second(), task, scale, 0);
            cut.spread(c.third(), task, shift, 0);
            cut.spread(c.fourth(), task, slope, 0);
            loops.get().backward(floats(dx), start(dx), floats(dy), start(dy), floats(x), start(x), cut.tile(task), c);
        });
    }

    void track(
            Tensor runningMean,
            Tensor runningVariance,
            Tensor batches,
            Tensor mean,
            Tensor variance,
            Tensor scalars,
            int rows,
            float momentum) {
        check(
                all(mean.count(), variance, runningMean, runningVariance) && all(2, batches) && rows > 1,
                "trackMoments of " + rows + " rows",
                runningMean,
                runningVariance,
                batches,
                mean,
                variance);
        if (doubles(scalars)[start(scalars) + Scalars.HALTED_AT.ordinal()] != 0) {
            return;
        }
        float unbiased = (float) (rows / (rows - 1.0));
        float keep = 1f - momentum;
        for (int c = 0; c < mean.count(); c++) {
            int m = start(runningMean) + c;
            int v = start(runningVariance) + c;
            floats(runningMean)[m] = keep * floats(runningMean)[m] + momentum * floats(mean)[start(mean) + c];
            floats(runningVariance)[v] =
                    keep * floats(runningVariance)[v] + momentum * (floats(variance)[start(variance) + c] * unbiased);
        }
        float[] counter = floats(batches);
        int at = start(batches);
        counter[at]++;
        if (counter[at] == 1 << 20) {
            counter[at] = 0;
            counter[at + 1]++;
        }
    }

    // ---- layer norm

    void layerNorm(Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon) {
        check(
                all(x.count(), y) && all(x.rows(), mean, deviation) && all(x.columns(), weight, bias),
                "layerNorm",
                y,
                mean,
                deviation,
                x,
                weight,
                bias);
        int width = x.columns();
        int each = Math.max(1, CHUNK / 2 / width);
        workers.run(Cut.ceil(x.rows(), each), task -> {
            NormLoops loop = loops.get();
            for (int r = task * each; r < Math.min(x.rows(), (task + 1) * each); r++) {
                int from = start(x) + r * width;
                float m = (float) loop.mean(floats(x), from, width);
                float s = inverseDeviation((float) loop.variance(floats(x), from, width, m), epsilon);
                floats(mean)[start(mean) + r] = m;
                floats(deviation)[start(deviation) + r] = s;
                loop.normalizeRow(
                        floats(y),
                        start(y) + r * width,
                        floats(x),
                        from,
                        floats(weight),
                        start(weight),
                        floats(bias),
                        start(bias),
                        width,
                        m,
                        s);
            }
        });
    }

    void layerNormBackward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor deviation,
            Tensor weight) {
        check(
                all(x.count(), dx, dy) && all(x.rows(), mean, deviation) && all(x.columns(), dweight, dbias, weight),
                "layerNormBackward",
                dx,
                dweight,
                dbias,
                dy,
                x);
        int width = x.columns();
        int each = Math.max(16, Cut.ceil(x.rows(), TILES));
        int tiles = Cut.ceil(x.rows(), each);
        float[][] dweights = new float[tiles][width];
        float[][] dbiases = new float[tiles][width];
        workers.run(tiles, tile -> {
            NormLoops loop = loops.get();
            for (int r = tile * each; r < Math.min(x.rows(), (tile + 1) * each); r++) {
                loop.backwardRow(
                        dx == null ? null : floats(dx),
                        dx == null ? 0 : start(dx) + r * width,
                        dweights[tile],
                        dbiases[tile],
                        floats(dy),
                        start(dy) + r * width,
                        floats(x),
                        start(x) + r * width,
                        floats(weight),
                        start(weight),
                        width,
                        floats(mean)[start(mean) + r],
                        floats(deviation)[start(deviation) + r]);
            }
        });
        addUp(dweight, dweights);
        addUp(dbias, dbiases);
    }

    private static void addUp(Tensor sum, float[][] tiles) {
        for (int c = 0; c < sum.count(); c++) {
            double total = 0;
            for (float[] tile : tiles) {
                total += tile[c];
            }
            floats(sum)[start(sum) + c] = (float) total;
        }
    }

    // ---- dropout

    void dropoutMask(Tensor mask, Tensor scalars, float rate, long key) {
        long rowsTrained = (long) doubles(scalars)[start(scalars) + Scalars.ROWS_TRAINED.ordinal()];
        long first = rowsTrained * mask.columns();
        float scale = 1f / (1f - rate);
        int count = Math.toIntExact(mask.count());
        workers.run(Cut.ceil(count, DRAWS), task -> {
            int from = task * DRAWS;
            int n = Math.min(DRAWS, count - from);
            draws.get().fillUniform(floats(mask), start(mask) + from, n, key, 0, first + from);
            NormLoops.mask(floats(mask), start(mask) + from, n, rate, scale);
        });
    }

    void multiply(Tensor y, Tensor a, Tensor b) {
        check(all(y.count(), a, b), "multiply", y, a, b);
        int count = Math.toIntExact(y.count());
        workers.run(Cut.ceil(count, CHUNK), task -> {
            int from = task * CHUNK;
            int n = Math.min(CHUNK, count - from);
            loops.get().multiply(floats(y), start(y) + from, floats(a), start(a) + from, floats(b), start(b) + from, n);
        });
    }
}
