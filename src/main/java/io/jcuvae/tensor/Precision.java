package io.jcuvae.tensor;

import java.util.Locale;

/** How matrix products treat their factors. Everything else is single precision, and products are summed in it, always. */
public enum Precision {
    /** Single precision throughout: the default, and all that the CPU has. */
    FP32,
    /** Factors are rounded to ten bits of mantissa inside the product, as NVIDIA's tensor cores do. */
    TF32,
    /** Factors are rounded to bfloat16, seven bits of mantissa; parameters and their moments stay single precision. */
    BF16;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
