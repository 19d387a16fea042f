package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;

/** What the specs of both convolutions share. */
final class Convolutions {
    private Convolutions() {}

    static void check(String layer, int channels, int kernel, int stride, int padding) {
        require(channels >= 1, layer + ": channels must be at least 1, got " + channels);
        require(kernel >= 1, layer + ": kernel must be at least 1, got " + kernel);
        require(stride >= 1, layer + ": stride must be at least 1, got " + stride);
        require(
                padding >= 0 && padding < kernel,
                layer + ": padding must be from 0 to kernel - 1 = " + (kernel - 1) + ", got " + padding);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** Channels times the window's pixels. */
    static int fan(LayerSpec layer, int channels, int kernel) {
        long fan = (long) channels * kernel * kernel;
        require(fan <= Integer.MAX_VALUE, layer.describe() + ": its weight is too large");
        return (int) fan;
    }

    /** As in {@code Conv2d(64, 4x4, stride 2, padding 1, relu)}; what is as by default is left out. */
    static String describe(
            String layer, int channels, int kernel, int stride, int padding, int outputPadding, Activation activation) {
        return layer + "(" + channels + ", " + kernel + "x" + kernel
                + (stride == 1 ? "" : ", stride " + stride)
                + (padding == 0 ? "" : ", padding " + padding)
                + (outputPadding == 0 ? "" : ", output padding " + outputPadding)
                + (activation == Activation.IDENTITY ? "" : ", " + activation.label())
                + ")";
    }
}
