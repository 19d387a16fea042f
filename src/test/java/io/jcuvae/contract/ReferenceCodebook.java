package io.jcuvae.contract;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.CodebookOps}, element by element. */
final class ReferenceCodebook {
    private ReferenceCodebook() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    static void norms(Tensor norms, Tensor codebook) {
        for (int k = 0; k < codebook.rows(); k++) {
            double sum = 0;
            for (int e = 0; e < codebook.columns(); e++) {
                sum += Math.pow(at(codebook, k * codebook.columns() + e), 2);
            }
            set(norms, k, sum);
        }
    }

    /** With the one rounding that the verb has. */
    static void leastDistances(Tensor codes, Tensor products, Tensor norms) {
        int count = products.columns();
        for (int n = 0; n < products.rows(); n++) {
            float least = Float.POSITIVE_INFINITY;
            int code = 0;
            for (int k = 0; k < count; k++) {
                float distance = (float) (at(norms, k) - 2 * at(products, n * count + k));
                if (distance < least) {
                    least = distance;
                    code = k;
                }
            }
            set(codes, n, code);
        }
    }

    static void lookUp(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor) {
        int size = codebook.columns();
        int slots = z.columns() / size;
        for (int b = 0; b < z.rows(); b++) {
            double sum = 0;
            for (int i = 0; i < z.columns(); i++) {
                int code = (int) at(codes, b * slots + i / size);
                double value = at(codebook, code * size + i % size);
                set(z, b * z.columns() + i, value);
                sum += Math.pow(at(x, b * z.columns() + i) - value, 2);
            }
            set(rows, b, factor * sum);
        }
    }

    static void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight) {
        for (int i = 0; i < dx.count(); i++) {
            set(dx, i, at(dz, i) + weight * (at(x, i) - at(z, i)));
        }
    }

    static void track(
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
        if (at(scalars, Scalars.HALTED_AT.ordinal()) != 0) {
            return;
        }
        int count = codebook.rows();
        int size = codebook.columns();
        double all = 0;
        for (int k = 0; k < count; k++) {
            set(counts, k, decay * at(counts, k));
            for (int e = 0; e < size; e++) {
                set(sums, k * size + e, decay * at(sums, k * size + e));
            }
            for (int n = 0; n < x.rows(); n++) {
                if (at(codes, n) == k) {
                    set(counts, k, at(counts, k) + (1 - (double) decay));
                    for (int e = 0; e < size; e++) {
                        double own = (1 - (double) decay) * at(x, n * size + e);
                        set(sums, k * size + e, at(sums, k * size + e) + own);
                    }
                }
            }
            all += at(counts, k);
        }
        set(total, 0, all);
        long first = ((long) at(scalars, Scalars.ROWS_TRAINED.ordinal())) * count;
        double dead = 0;
        for (int k = 0; k < count; k++) {
            double smooth = (at(counts, k) + 1e-5) / (all + count * 1e-5) * all;
            boolean isDead = at(counts, k) <= threshold * all / count;
            float[] place = new float[1];
            Philox.fillUniform(place, 0, 1, key, 0, first + k);
            int row = (int) Math.min(x.rows() - 1, (k + (double) place[0]) * x.rows() / count);
            for (int e = 0; e < size; e++) {
                int i = k * size + e;
                set(codebook, i, isDead ? at(x, row * size + e) : at(sums, i) / smooth);
                set(sums, i, isDead ? all / count * at(codebook, i) : at(sums, i));
            }
            if (isDead) {
                dead++;
                set(counts, k, all / count);
            }
        }
        double counted = at(revived, 0) + at(revived, 1) * (1 << 20) + dead;
        set(revived, 0, counted % (1 << 20));
        set(revived, 1, Math.floor(counted / (1 << 20)));
    }
}
