/**
 * The CPU backend: heap arrays, plain loops that the JIT vectorizes, and a BLAS for matrix products. It is the
 * parity reference and the fallback where there is no GPU.
 */
package io.jcuvae.cpu;
