package io.jcuvae.device;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.cuda.CudaBackend;
import io.jcuvae.cuda.CudaOptions;
import io.jcuvae.cuda.CudaProbe;
import io.jcuvae.cuda.NoiseSource;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.TrainConfig;
import java.util.Locale;

/**
 * What computes, and why it is not what it could be.
 *
 * @param backend the device
 * @param precision how its matrix products treat their factors
 * @param whyNotCuda why it is the CPU where a CUDA device would have been taken, else null
 */
public record OpenDevice(Backend backend, Precision precision, String whyNotCuda) implements AutoCloseable {

    /** What is asked for. */
    private record Wish(String device, int threads, Precision precision, NoiseSource noise, boolean debug) {
        Wish(TrainConfig config, boolean debug) {
            this(
                    config.device(),
                    config.threads(),
                    config.precision(),
                    NoiseSource.valueOf(config.noise().toUpperCase(Locale.ROOT)),
                    debug);
        }

        int number() {
            int colon = device.indexOf(':');
            return colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1));
        }

        CudaBackend openCuda() {
            // Branches of the recorded step wait for a measurement that shows what they gain.
            return CudaBackend.open(new CudaOptions(number(), precision, noise, debug, false));
        }
    }

    /**
     * The device that a configuration asks for.
     *
     * @param config its device, threads, precision and noise
     * @param debug whether to wait for every launch and check it
     * @throws UserError when it is not there, or cannot do what is asked of it
     */
    public static OpenDevice open(TrainConfig config, boolean debug) {
        Wish wish = new Wish(config, debug);
        if (wish.device().equals("cpu")) {
            if (wish.precision() != Precision.FP32) {
                throw new UserError("--precision " + wish.precision().label()
                        + ": the CPU computes in fp32 only; leave the option out, or choose --device cuda");
            }
            return new OpenDevice(new CpuBackend(wish.threads()), Precision.FP32, null);
        }
        String why = CudaProbe.obstacle(wish.number()).orElse(null);
        if (why == null) {
            try {
                return new OpenDevice(wish.openCuda(), wish.precision(), null);
            } catch (UserError | Failure | LinkageError e) {
                why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            }
        }
        if (!wish.device().equals("auto")) {
            String otherwise = why.contains("--device cpu") ? "" : "; --device cpu computes without it";
            throw new UserError("--device " + wish.device() + ": " + why + otherwise);
        }
        if (wish.precision() != Precision.FP32) {
            throw new UserError("--precision " + wish.precision().label() + ": only CUDA devices have it, and there is"
                    + " none to use: " + why);
        }
        return new OpenDevice(new CpuBackend(wish.threads()), Precision.FP32, why);
    }

    @Override
    public void close() {
        backend.close();
    }
}
