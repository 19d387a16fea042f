package io.jcuvae.cuda;

import java.util.List;

/**
 * A kernel as its launcher declares it; a test compares this with what the compiled kernel says.
 *
 * @param name its entry point, {@code <subject>_<what>}
 * @param parameters their types in order
 */
record KernelSignature(String name, List<Parameter> parameters) {
    /** The types that kernels take. */
    enum Parameter {
        /** An address on the device, or null. */
        POINTER("u64"),
        /** {@code int}. */
        INT("u32"),
        /** {@code long long}. */
        LONG("u64"),
        /** {@code float}. */
        FLOAT("f32"),
        /** {@code double}. */
        DOUBLE("f64");

        private final String ptx;

        Parameter(String ptx) {
            this.ptx = ptx;
        }

        /** What PTX calls it. */
        String ptx() {
            return ptx;
        }
    }

    /** A signature of the given name and parameters. */
    static KernelSignature of(String name, Parameter... parameters) {
        return new KernelSignature(name, List.of(parameters));
    }
}
