package io.jcuvae.cli;

import io.jcuvae.device.OpenDevice;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;

/**
 * What computes for a command.
 *
 * @param opened the device, and why it is not what it could be
 */
record Device(OpenDevice opened) implements AutoCloseable {

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
        return new Device(OpenDevice.open(config, arguments.has("debug")));
    }

    Backend backend() {
        return opened.backend();
    }

    /** How its matrix products treat their factors. */
    Precision precision() {
        return opened.precision();
    }

    /** Says in a line why a device that could have been is not used. */
    void tell(Output output) {
        if (opened.whyNotCuda() != null) {
            output.note("computed on the CPU, because " + opened.whyNotCuda());
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
        opened.close();
    }
}
