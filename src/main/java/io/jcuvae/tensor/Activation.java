package io.jcuvae.tensor;

import java.util.Locale;

/** Elementwise nonlinearities. */
public enum Activation {
    /** f(x) = x. */
    IDENTITY(true),
    /** f(x) = max(x, 0), with f'(0) = 0. */
    RELU(true),
    /** f(x) = tanh x. */
    TANH(true),
    /** f(x) = x for x &gt; 0, else {@value #LEAKY_SLOPE} x. */
    LEAKY_RELU(true),
    /** f(x) = 1 / (1 + exp(-x)). */
    SIGMOID(true),
    /** f(x) = log(1 + exp x). */
    SOFTPLUS(true),
    /** f(x) = x for x &gt; 0, else exp(x) - 1. */
    ELU(true),
    /** f(x) = x Phi(x), Phi the normal distribution function (Hendrycks, Gimpel 2016; the exact form). */
    GELU(false),
    /** f(x) = x / (1 + exp(-x)). */
    SILU(false);

    /** Slope of {@link #LEAKY_RELU} below zero, PyTorch's default. */
    public static final float LEAKY_SLOPE = 0.01f;

    private final boolean derivativeFromOutput;

    Activation(boolean derivativeFromOutput) {
        this.derivativeFromOutput = derivativeFromOutput;
    }

    /** Whether f'(x) can be told from f(x), so that the input need not be kept for the backward pass. */
    public boolean derivativeFromOutput() {
        return derivativeFromOutput;
    }

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
