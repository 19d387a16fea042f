package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.DiscrepancyOps;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/**
 * The verbs of {@link DiscrepancyOps} on heap arrays. Codes are laid out with a latent's values side by side, so that
 * every loop is over the rows of a batch in arrays that are indexed alike.
 */
final class DiscrepancyLoops {
    /** Rows of a task. */
    private static final int ROWS = 32;

    private final Workers workers;

    DiscrepancyLoops(Workers workers) {
        this.workers = workers;
    }

    private static void check(String op, Tensor slopes, Tensor z, Tensor prior, long others, long wanted) {
        boolean fits = prior.count() == z.count()
                && prior.columns() == z.columns()
                && slopes.count() == 2L * z.rows() * z.rows()
                && others == wanted;
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit: " + slopes.shape() + " " + z.shape() + " "
                    + prior.shape() + ", " + others + " instead of " + wanted);
        }
    }

    /** Columns of a tensor's rows from .. end - 1, [Z][rows]. */
    private static float[][] columns(Tensor tensor, int from, int end) {
        int width = tensor.columns();
        float[][] columns = new float[width][end - from];
        for (int r = from; r < end; r++) {
            for (int d = 0; d < width; d++) {
                columns[d][r - from] = floats(tensor)[start(tensor) + r * width + d];
            }
        }
        return columns;
    }

    private void rows(int rows, Range range) {
        workers.run((rows + ROWS - 1) / ROWS, i -> range.accept(i * ROWS, Math.min(rows, (i + 1) * ROWS)));
    }

    /** Some rows. */
    @FunctionalInterface
    private interface Range {
        void accept(int start, int end);
    }

    void forward(Tensor values, Tensor slopes, Tensor z, Tensor prior) {
        check("discrepancy", slopes, z, prior, values.count(), z.rows());
        int rows = z.rows();
        float[] constants = DiscrepancyOps.constants(z.columns());
        float[][] codes = columns(z, 0, rows);
        float[][] draws = columns(prior, 0, rows);
        rows(rows, (from, end) -> {
            Kernels kernels = new Kernels(rows, constants);
            for (int i = from; i < end; i++) {
                kernels.of(codes, z, i);
                kernels.leaveOut(i);
                System.arraycopy(kernels.slopes, 0, floats(slopes), start(slopes) + i * rows, rows);
                double own = kernels.sum();
                kernels.of(draws, prior, i);
                kernels.leaveOut(i);
                own += kernels.sum();
                kernels.of(codes, prior, i);
                System.arraycopy(kernels.slopes, 0, floats(slopes), start(slopes) + (rows + i) * rows, rows);
                double value = rows == 1 ? 0 : own / (rows - 1) - 2 * kernels.sum() / rows;
                floats(values)[start(values) + i] = (float) value;
            }
        });
    }

    /** The kernels between one row and all rows of a batch. */
    private static final class Kernels {
        private final float[] constants;
        private final float[] distances;
        private final float[] values;
        private final float[] slopes;

        Kernels(int rows, float[] constants) {
            this.constants = constants;
            distances = new float[rows];
            values = new float[rows];
            slopes = new float[rows];
        }

        /**
         * Computes them.
         *
         * @param columns of all rows
         * @param one holds the one row
         */
        void of(float[][] columns, Tensor one, int row) {
            Arrays.fill(distances, 0);
            for (int d = 0; d < columns.length; d++) {
                addSquares(distances, columns[d], floats(one)[start(one) + row * columns.length + d]);
            }
            Arrays.fill(values, 0);
            Arrays.fill(slopes, 0);
            for (float c : constants) {
                add(values, slopes, distances, c);
            }
        }

        private static void addSquares(float[] distances, float[] column, float value) {
            for (int i = 0; i < column.length; i++) {
                distances[i] += (column[i] - value) * (column[i] - value);
            }
        }

        private static void add(float[] values, float[] slopes, float[] distances, float c) {
            float inverse = 1 / c;
            for (int i = 0; i < distances.length; i++) {
                float value = c / (c + distances[i]);
                values[i] += value;
                slopes[i] += value * value * inverse;
            }
        }

        void leaveOut(int row) {
            values[row] = 0;
            slopes[row] = 0;
        }

        double sum() {
            return LikelihoodLoops.sum(values, values.length);
        }
    }

    void backward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight) {
        check("discrepancyBackward", slopes, z, prior, dz.count(), z.count());
        int rows = z.rows();
        int latents = z.columns();
        if (rows == 1) {
            return;
        }
        rows(rows, (from, end) -> {
            float[][] codes = columns(z, from, end);
            float[][] sums = new float[latents][end - from];
            float[] some = new float[end - from];
            for (int i = 0; i < 2 * rows; i++) {
                System.arraycopy(floats(slopes), start(slopes) + i * rows + from, some, 0, some.length);
                Tensor others = i < rows ? z : prior;
                int other = start(others) + i % rows * latents;
                float factor = i < rows ? -4 * weight / (rows - 1) : 4 * weight / rows;
                for (int d = 0; d < latents; d++) {
                    addProducts(sums[d], some, codes[d], floats(others)[other + d], factor);
                }
            }
            for (int r = from; r < end; r++) {
                for (int d = 0; d < latents; d++) {
                    floats(dz)[start(dz) + r * latents + d] += sums[d][r - from];
                }
            }
        });
    }

    private static void addProducts(float[] sums, float[] slopes, float[] column, float other, float factor) {
        for (int r = 0; r < column.length; r++) {
            sums[r] += factor * slopes[r] * (column[r] - other);
        }
    }
}
