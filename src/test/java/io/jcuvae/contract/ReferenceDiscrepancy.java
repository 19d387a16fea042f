package io.jcuvae.contract;

import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.DiscrepancyOps} in double precision, from their formulas alone. */
final class ReferenceDiscrepancy {
    private static final double[] SCALES = {0.1, 0.2, 0.5, 1, 2, 5, 10};

    private ReferenceDiscrepancy() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    private static double distance(Tensor a, int i, Tensor b, int j) {
        double sum = 0;
        for (int d = 0; d < a.columns(); d++) {
            sum += Math.pow(at(a, i * a.columns() + d) - at(b, j * a.columns() + d), 2);
        }
        return sum;
    }

    /** Sum over the scales of C / (C + distance)^power. */
    static double kernel(double distance, int latents, int power) {
        double sum = 0;
        for (double scale : SCALES) {
            double c = 2 * latents * scale;
            sum += c / Math.pow(c + distance, power);
        }
        return sum;
    }

    private static double kernel(Tensor a, int i, Tensor b, int j, int power) {
        return kernel(distance(a, i, b, j), a.columns(), power);
    }

    static void forward(Tensor values, Tensor slopes, Tensor z, Tensor prior) {
        int rows = z.rows();
        for (int i = 0; i < rows; i++) {
            double value = 0;
            for (int j = 0; j < rows; j++) {
                set(slopes, i * rows + j, kernel(z, i, z, j, 2));
                set(slopes, (rows + i) * rows + j, kernel(prior, i, z, j, 2));
                if (i != j) {
                    value += (kernel(z, i, z, j, 1) + kernel(prior, i, prior, j, 1)) / (rows - 1);
                }
                value -= 2 * kernel(prior, i, z, j, 1) / rows;
            }
            set(values, i, rows == 1 ? 0 : value);
        }
    }

    static void backward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight) {
        int rows = z.rows();
        int latents = z.columns();
        for (int j = 0; j < rows && rows > 1; j++) {
            for (int d = 0; d < latents; d++) {
                double sum = 0;
                double own = at(z, j * latents + d);
                for (int i = 0; i < rows; i++) {
                    sum += at(slopes, (rows + i) * rows + j) * (own - at(prior, i * latents + d)) / rows;
                    sum -= at(slopes, i * rows + j) * (own - at(z, i * latents + d)) / (rows - 1);
                }
                set(dz, j * latents + d, at(dz, j * latents + d) + 4 * weight * sum);
            }
        }
    }
}
