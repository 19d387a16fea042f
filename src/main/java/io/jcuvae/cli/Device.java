package io.jcuvae.cli;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.cuda.CudaBackend;
import io.jcuvae.cuda.CudaOptions;
import io.jcuvae.cuda.CudaProbe;
import io.jcuvae.cuda.NoiseSource;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.util.Locale;

/**
 * What computes, and why it is not what it could be.
 *
 * @param backend the device
 * @param precision how its matrix products treat their factors
 * @param whyNotCuda why it is the CPU where a CUDA device would have been taken, else null
 */
record Device(Backend backend, Precision precision, String whyNotCuda) implements AutoCloseable {

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

    /** The device that the options of a command ask for: those of {@code --device} and its like that it has. */
    static Device open(Arguments arguments) {
        TrainConfig config = TrainConfig.defaults();
        for (Setting setting : new Setting[] {Setting.DEVICE, Setting.THREADS, Setting.PRECISION, Setting.NOISE}) {
            if (arguments.knows(setting.key()) && arguments.has(setting.key())) {
                config = config.with(setting, arguments.required(setting.key()));
            }
        }
        return open(arguments, config);
    }

    /**
     * The device that a configuration asks for.
     *
     * @throws UserError when it is not there, or cannot do what is asked of it
     */
    static Device open(Arguments arguments, TrainConfig config) {
        return open(config, arguments.has("debug"));
    }

    /**
     * The same without options.
     *
     * @param debug whether a CUDA device checks every launch
     */
    static Device open(TrainConfig config, boolean debug) {
        Wish wish = new Wish(config, debug);
        if (wish.device().equals("cpu")) {
            if (wish.precision() != Precision.FP32) {
                throw new UserError("--precision " + wish.precision().label()
                        + ": the CPU computes in fp32 only; leave the option out, or choose --device cuda");
            }
            return new Device(new CpuBackend(wish.threads()), Precision.FP32, null);
        }
        String why = CudaProbe.obstacle(wish.number()).orElse(null);
        if (why == null) {
            try {
                return new Device(wish.openCuda(), wish.precision(), null);
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
        return new Device(new CpuBackend(wish.threads()), Precision.FP32, why);
    }

    /** Says in a line why a device that could have been is not used. */
    void tell(Output output) {
        if (whyNotCuda != null) {
            output.note("computed on the CPU, because " + whyNotCuda);
        }
    }

    /** The same for a command of one line, which stays that where it is not a person who reads it. */
    void tellPerson(Output output) {
        if (output.live() != null) {
            tell(output);
        }
    }

    @Override
    public void close() {
        backend.close();
    }
}
