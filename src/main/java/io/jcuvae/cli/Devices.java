package io.jcuvae.cli;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;

/** Opens what computes. */
final class Devices {
    /** The one reason. */
    static final String WHY_NO_CUDA = "this version of jcuvae has no CUDA backend";

    private Devices() {}

    /** The device that {@code --device} and {@code --threads} ask for. */
    static Backend open(Arguments arguments) {
        String text = arguments.knows("device") ? arguments.text("device").orElse("auto") : "auto";
        String device = (String) Setting.DEVICE.parse(text, "--device");
        int threads = (Integer) Setting.THREADS.parse(arguments.text("threads").orElse("0"), "--threads");
        return open(device, threads);
    }

    /**
     * A device.
     *
     * @param device auto, cpu, cuda or cuda:i
     * @param threads processor threads, 0 for all
     * @throws UserError when it is not there
     */
    static Backend open(String device, int threads) {
        if (device.startsWith("cuda")) {
            throw new UserError("--device " + device + ": " + WHY_NO_CUDA + "; use --device cpu or auto");
        }
        return new CpuBackend(threads);
    }
}
