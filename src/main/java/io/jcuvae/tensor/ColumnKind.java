package io.jcuvae.tensor;

import java.util.Locale;

/** What the values of a table's column are, and so what says how likely they are. The order is that of kernels/table.cu. */
public enum ColumnKind {
    /** Any numbers: normal with a mean from the decoder and a log variance of the column. */
    NUMERIC,
    /** 0 or 1: Bernoulli with a logit from the decoder. */
    BINARY,
    /** One of L levels, by its number: probabilities softmax(l) with L logits from the decoder. */
    CATEGORICAL,
    /** Whole numbers from 0: Poisson with a log rate from the decoder. */
    COUNT;

    /** The name in files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
