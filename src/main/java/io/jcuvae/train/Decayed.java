package io.jcuvae.train;

import io.jcuvae.nn.ParameterLayout;
import java.util.Arrays;
import java.util.Locale;

/** What weight decay acts on. */
public enum Decayed {
    /** Weights of layers that multiply: no biases, no scales of norms, no learned variance. */
    WEIGHTS,
    /** Every parameter, as torch.optim.AdamW does unless told otherwise. */
    ALL;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it acts on a parameter. */
    boolean includes(ParameterLayout.Entry entry) {
        return this == ALL || (!entry.bias() && entry.shape().rank() > 1);
    }

    /** The decay of each parameter of a block. */
    float[] of(ParameterLayout layout, double decay) {
        float[] block = new float[Math.toIntExact(layout.count())];
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (includes(entry)) {
                int from = (int) entry.offset();
                Arrays.fill(block, from, from + (int) entry.shape().count(), (float) decay);
            }
        }
        return block;
    }
}
