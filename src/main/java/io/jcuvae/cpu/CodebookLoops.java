package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.CodebookOps;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

/** The verbs of {@link CodebookOps}; a row is one task's, so threads do not show. */
final class CodebookLoops {
    private static final int TASK_VALUES = 1 << 14;
    private static final int COUNTER_BASE = 1 << 20;

    private final Workers workers;

    CodebookLoops(Workers workers) {
        this.workers = workers;
    }

    /** A row of the output. */
    @FunctionalInterface
    private interface Row {
        void write(int row);
    }

    private void rows(int rows, int width, Row row) {
        int most = Math.max(1, TASK_VALUES / width);
        workers.run((rows + most - 1) / most, task -> {
            for (int r = task * most; r < Math.min(rows, (task + 1) * most); r++) {
                row.write(r);
            }
        });
    }

    private static void check(boolean fits, String op, Tensor... tensors) {
        if (!fits) {
            StringBuilder shapes = new StringBuilder();
            for (Tensor tensor : tensors) {
                shapes.append(' ').append(tensor.shape());
            }
            throw new IllegalArgumentException(op + ": shapes do not fit:" + shapes);
        }
    }

    void norms(Tensor norms, Tensor codebook) {
        check(norms.count() == codebook.rows(), "codeNorms", norms, codebook);
        int size = codebook.columns();
        rows(codebook.rows(), size, k -> {
            float[] from = floats(codebook);
            int at = start(codebook) + k * size;
            float sum = 0;
            for (int e = 0; e < size; e++) {
                sum += from[at + e] * from[at + e];
            }
            floats(norms)[start(norms) + k] = sum;
        });
    }

    void leastDistances(Tensor codes, Tensor products, Tensor norms) {
        check(
                codes.count() == products.rows() && norms.count() == products.columns(),
                "leastDistances",
                codes,
                products,
                norms);
        int count = products.columns();
        rows(products.rows(), count, n -> {
            float[] product = floats(products);
            float[] norm = floats(norms);
            int at = start(products) + n * count;
            int first = start(norms);
            float least = Float.POSITIVE_INFINITY;
            int code = 0;
            for (int k = 0; k < count; k++) {
                float distance = norm[first + k] - 2 * product[at + k];
                if (distance < least) {
                    least = distance;
                    code = k;
                }
            }
            floats(codes)[start(codes) + n] = code;
        });
    }

    void lookUp(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor) {
        int width = z.columns();
        int size = codebook.columns();
        int slots = width / size;
        check(
                z.count() == x.count()
                        && rows.count() == z.rows()
                        && codes.count() == (long) z.rows() * slots
                        && slots * size == width,
                "lookUpCodes",
                z,
                rows,
                x,
                codes,
                codebook);
        rows(z.rows(), width, b -> {
            float[] to = floats(z);
            float[] from = floats(x);
            double sum = 0;
            for (int s = 0; s < slots; s++) {
                int code = (int) floats(codes)[start(codes) + b * slots + s];
                int at = b * width + s * size;
                System.arraycopy(floats(codebook), start(codebook) + code * size, to, start(z) + at, size);
                for (int e = at; e < at + size; e++) {
                    float away = from[start(x) + e] - to[start(z) + e];
                    sum += (double) away * away;
                }
            }
            floats(rows)[start(rows) + b] = (float) (factor * sum);
        });
    }

    void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight) {
        check(
                dx.count() == dz.count() && dx.count() == x.count() && dx.count() == z.count(),
                "straightThrough",
                dx,
                dz,
                x,
                z);
        int width = dx.columns();
        rows(dx.rows(), width, b -> {
            for (int i = b * width; i < (b + 1) * width; i++) {
                floats(dx)[start(dx) + i] =
                        floats(dz)[start(dz) + i] + weight * (floats(x)[start(x) + i] - floats(z)[start(z) + i]);
            }
        });
    }

    void track(
            Tensor codebook,
            Tensor counts,
            Tensor sums,
            Tensor revived,
            Tensor total,
            Tensor x,
            Tensor codes,
            Tensor scalars,
            float decay,
            float threshold,
            long key) {
        int count = codebook.rows();
        int size = codebook.columns();
        check(
                counts.count() == count
                        && sums.count() == codebook.count()
                        && revived.count() == 2
                        && total.count() == 1
                        && x.columns() == size
                        && codes.count() == x.rows(),
                "trackCodes",
                codebook,
                counts,
                sums,
                revived,
                total,
                x,
                codes);
        if (doubles(scalars)[start(scalars) + Scalars.HALTED_AT.ordinal()] != 0) {
            return;
        }
        move(counts, sums, x, codes, decay);
        double all = 0;
        for (int k = 0; k < count; k++) {
            all += floats(counts)[start(counts) + k];
        }
        float sum = (float) all;
        floats(total)[start(total)] = sum;
        long trained = (long) doubles(scalars)[start(scalars) + Scalars.ROWS_TRAINED.ordinal()];
        float[] places = new float[count];
        Philox.fillUniform(places, 0, count, key, 0, trained * count);
        int dead = 0;
        for (int k = 0; k < count; k++) {
            float own = floats(counts)[start(counts) + k];
            int at = start(codebook) + k * size;
            int from = start(sums) + k * size;
            if (own <= (double) threshold * sum / count) {
                dead++;
                int row = (int) Math.min(x.rows() - 1, (k + (double) places[k]) * x.rows() / count);
                float share = sum / count;
                floats(counts)[start(counts) + k] = share;
                for (int e = 0; e < size; e++) {
                    float value = floats(x)[start(x) + row * size + e];
                    floats(codebook)[at + e] = value;
                    floats(sums)[from + e] = share * value;
                }
                continue;
            }
            double smooth = (own + CodebookOps.SMOOTHING) / (sum + count * CodebookOps.SMOOTHING) * sum;
            for (int e = 0; e < size; e++) {
                floats(codebook)[at + e] = (float) (floats(sums)[from + e] / smooth);
            }
        }
        // Two floats that stay whole numbers: the counter of a layout.
        float counted = floats(revived)[start(revived)] + dead;
        boolean carry = counted >= COUNTER_BASE;
        floats(revived)[start(revived)] = carry ? counted - COUNTER_BASE : counted;
        floats(revived)[start(revived) + 1] += carry ? 1 : 0;
    }

    /** The moving averages of counts and sums; slots in their order, in double precision. */
    private static void move(Tensor counts, Tensor sums, Tensor x, Tensor codes, float decay) {
        int count = Math.toIntExact(counts.count());
        int size = x.columns();
        int[] numbers = new int[count];
        double[] added = new double[count * size];
        for (int n = 0; n < x.rows(); n++) {
            int code = (int) floats(codes)[start(codes) + n];
            numbers[code]++;
            for (int e = 0; e < size; e++) {
                added[code * size + e] += floats(x)[start(x) + n * size + e];
            }
        }
        double keep = decay;
        for (int k = 0; k < count; k++) {
            int at = start(counts) + k;
            floats(counts)[at] = (float) (keep * floats(counts)[at] + (1 - keep) * numbers[k]);
        }
        for (int i = 0; i < added.length; i++) {
            int at = start(sums) + i;
            floats(sums)[at] = (float) (keep * floats(sums)[at] + (1 - keep) * added[i]);
        }
    }
}
