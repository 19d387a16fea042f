package io.jcuvae.cuda;

import io.jcuvae.tensor.Precision;

/**
 * What a device is opened with.
 *
 * @param device which, from 0
 * @param precision how matrix products treat their factors
 * @param noise who draws the noise
 * @param debug wait for every launch and check it, so that a fault names its operation
 * @param branches let products that do not wait for each other, as those of the gradients, run side by side
 */
public record CudaOptions(int device, Precision precision, NoiseSource noise, boolean debug, boolean branches) {
    /** Refuses a negative number. */
    public CudaOptions {
        if (device < 0) {
            throw new IllegalArgumentException("there is no device " + device);
        }
    }

    /** The defaults: single precision, noise by cuRAND. */
    public static CudaOptions of(int device) {
        return new CudaOptions(device, Precision.FP32, NoiseSource.CURAND, false, false);
    }
}
