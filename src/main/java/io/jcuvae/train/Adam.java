package io.jcuvae.train;

/**
 * The optimizer's constants (Kingma, Ba 2014); its step size varies and is a scalar on the device.
 *
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 */
public record Adam(float beta1, float beta2, float epsilon) {
    /** The constants of the paper. */
    public static final Adam STANDARD = new Adam(0.9f, 0.999f, 1e-8f);
}
