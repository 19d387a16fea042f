package io.jcuvae.nn;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import java.util.Arrays;
import java.util.Locale;

/**
 * How parameters start. The values are made on the host, one position of the sequence per parameter, so they are the same on
 * every device.
 */
public enum Initialisation {
    /** Weights and biases uniform in +-1 / sqrt(fan in): PyTorch's default for linear layers. */
    TORCH,
    /** Weights normal with variance 2 / fan in, biases zero (He et al. 2015). */
    HE,
    /** Weights uniform in +-sqrt(6 / (fan in + fan out)), biases zero (Glorot, Bengio 2010). */
    GLOROT;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The starting values of a whole block.
     *
     * @param seed the run's seed
     */
    public float[] values(ParameterLayout layout, long seed) {
        float[] values = new float[Math.toIntExact(layout.count())];
        for (ParameterLayout.Entry entry : layout.entries()) {
            fill(values, entry, Stream.INITIALISATION.key(seed));
        }
        return values;
    }

    private void fill(float[] values, ParameterLayout.Entry entry, long key) {
        Shape shape = entry.shape();
        int start = (int) entry.offset();
        int count = (int) shape.count();
        if (entry.fanIn() == 0) {
            Arrays.fill(values, start, start + count, entry.start());
            return;
        }
        if (this != TORCH && entry.bias()) {
            return;
        }
        if (this == HE) {
            Philox.fillNormal(values, start, count, key, start);
        } else {
            Philox.fillUniform(values, start, count, key, 0, start);
        }
        double scale =
                switch (this) {
                    case TORCH -> 1 / Math.sqrt(entry.fanIn());
                    case HE -> Math.sqrt(2.0 / entry.fanIn());
                    case GLOROT -> Math.sqrt(6.0 / (entry.fanIn() + entry.fanOut()));
                };
        for (int i = start; i < start + count; i++) {
            values[i] = (float) (scale * (this == HE ? values[i] : 2 * values[i] - 1));
        }
    }
}
