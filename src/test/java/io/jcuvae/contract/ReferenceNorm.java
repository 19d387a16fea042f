package io.jcuvae.contract;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Tensor;

/** The formulas of {@link io.jcuvae.tensor.NormOps} in double precision. */
final class ReferenceNorm {
    private ReferenceNorm() {}

    /** A tensor of the oracle as a matrix. */
    private record Matrix(double[] elements, int start, int rows, int columns) {
        static Matrix of(Tensor tensor) {
            return new Matrix(
                    ReferenceBackend.elements(tensor), (int) tensor.offset(), tensor.rows(), tensor.columns());
        }

        double at(int i) {
            return elements[start + i];
        }

        double at(int r, int c) {
            return elements[start + r * columns + c];
        }

        void set(int i, double value) {
            elements[start + i] = value;
        }

        void set(int r, int c, double value) {
            elements[start + r * columns + c] = value;
        }
    }

    static void moments(Tensor mean, Tensor variance, Tensor x) {
        Matrix xs = Matrix.of(x);
        for (int c = 0; c < xs.columns; c++) {
            double sum = 0;
            for (int r = 0; r < xs.rows; r++) {
                sum += xs.at(r, c);
            }
            double m = sum / xs.rows;
            double squares = 0;
            for (int r = 0; r < xs.rows; r++) {
                squares += (xs.at(r, c) - m) * (xs.at(r, c) - m);
            }
            Matrix.of(mean).set(c, m);
            Matrix.of(variance).set(c, squares / xs.rows);
        }
    }

    static void normalize(Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon) {
        Matrix xs = Matrix.of(x);
        Matrix ys = Matrix.of(y);
        for (int c = 0; c < xs.columns; c++) {
            double deviation = Math.sqrt(Matrix.of(variance).at(c) + epsilon);
            for (int r = 0; r < xs.rows; r++) {
                double n = (xs.at(r, c) - Matrix.of(mean).at(c)) / deviation;
                ys.set(r, c, Matrix.of(weight).at(c) * n + Matrix.of(bias).at(c));
            }
        }
    }

    /** By the chain rule, through the mean and through the variance, and not by the formula that comes of it. */
    static void backward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor variance,
            Tensor weight,
            float epsilon) {
        Matrix xs = Matrix.of(x);
        Matrix dys = Matrix.of(dy);
        int rows = xs.rows;
        for (int c = 0; c < xs.columns; c++) {
            double m = Matrix.of(mean).at(c);
            double w = Matrix.of(weight).at(c);
            double inverse = 1 / Math.sqrt(Matrix.of(variance).at(c) + epsilon);
            double sum = 0;
            double product = 0;
            double dvariance = 0;
            double dmean = 0;
            for (int r = 0; r < rows; r++) {
                double d = dys.at(r, c);
                sum += d;
                product += d * (xs.at(r, c) - m) * inverse;
                dvariance -= 0.5 * w * d * (xs.at(r, c) - m) * Math.pow(inverse, 3);
                dmean -= w * d * inverse;
            }
            Matrix.of(dbias).set(c, sum);
            Matrix.of(dweight).set(c, product);
            for (int r = 0; r < rows && dx != null; r++) {
                double own = w * dys.at(r, c) * inverse;
                Matrix.of(dx).set(r, c, own + dvariance * 2 * (xs.at(r, c) - m) / rows + dmean / rows);
            }
        }
    }

    static void track(
            Tensor runningMean,
            Tensor runningVariance,
            Tensor batches,
            Tensor mean,
            Tensor variance,
            int rows,
            float momentum) {
        Matrix means = Matrix.of(runningMean);
        Matrix variances = Matrix.of(runningVariance);
        for (int c = 0; c < mean.count(); c++) {
            double unbiased = Matrix.of(variance).at(c) * rows / (rows - 1);
            means.set(
                    c, (1 - momentum) * means.at(c) + momentum * Matrix.of(mean).at(c));
            variances.set(c, (1 - momentum) * variances.at(c) + momentum * unbiased);
        }
        Matrix counter = Matrix.of(batches);
        double base = ParameterLayout.COUNTER_BASE;
        double count = counter.at(0) + base * counter.at(1) + 1;
        counter.set(0, count % base);
        counter.set(1, Math.floor(count / base));
    }

    static void layerNorm(
            Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon) {
        Matrix xs = Matrix.of(x);
        for (int r = 0; r < xs.rows; r++) {
            double sum = 0;
            for (int c = 0; c < xs.columns; c++) {
                sum += xs.at(r, c);
            }
            double m = sum / xs.columns;
            double squares = 0;
            for (int c = 0; c < xs.columns; c++) {
                squares += (xs.at(r, c) - m) * (xs.at(r, c) - m);
            }
            double s = 1 / Math.sqrt(squares / xs.columns + epsilon);
            Matrix.of(mean).set(r, m);
            Matrix.of(deviation).set(r, s);
            for (int c = 0; c < xs.columns; c++) {
                double n = (xs.at(r, c) - m) * s;
                Matrix.of(y)
                        .set(r, c, Matrix.of(weight).at(c) * n + Matrix.of(bias).at(c));
            }
        }
    }

    static void layerNormBackward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor deviation,
            Tensor weight) {
        Matrix xs = Matrix.of(x);
        Matrix dys = Matrix.of(dy);
        int columns = xs.columns;
        for (int c = 0; c < columns; c++) {
            Matrix.of(dweight).set(c, 0);
            Matrix.of(dbias).set(c, 0);
        }
        for (int r = 0; r < xs.rows; r++) {
            double m = Matrix.of(mean).at(r);
            double s = Matrix.of(deviation).at(r);
            double first = 0;
            double second = 0;
            for (int c = 0; c < columns; c++) {
                double n = (xs.at(r, c) - m) * s;
                double d = dys.at(r, c);
                first += d * Matrix.of(weight).at(c);
                second += d * Matrix.of(weight).at(c) * n;
                Matrix.of(dweight).set(c, Matrix.of(dweight).at(c) + d * n);
                Matrix.of(dbias).set(c, Matrix.of(dbias).at(c) + d);
            }
            for (int c = 0; c < columns && dx != null; c++) {
                double n = (xs.at(r, c) - m) * s;
                double g = dys.at(r, c) * Matrix.of(weight).at(c);
                Matrix.of(dx).set(r, c, s * (g - first / columns - n * second / columns));
            }
        }
    }

    static void mask(Tensor mask, long rowsTrained, float rate, long key) {
        int count = (int) mask.count();
        float[] uniforms = new float[count];
        Philox.fillUniform(uniforms, 0, count, key, 0, rowsTrained * mask.columns());
        for (int i = 0; i < count; i++) {
            Matrix.of(mask).set(i, uniforms[i] < rate ? 0 : 1f / (1f - rate));
        }
    }
}
