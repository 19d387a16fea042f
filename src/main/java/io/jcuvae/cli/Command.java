package io.jcuvae.cli;

import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;

/** One command of the command line. Making one loads nothing heavy: it may only be asked for its help. */
interface Command {
    /** One line that says what it does, without a full stop. */
    String summary();

    /** Its options, in the order of the help text; {@code --help} and {@code --debug} are added to them. */
    List<Option> options();

    /** What follows the command's name before the options, as in {@code RUN [RUN ...]}; empty where there are only options. */
    default String operands() {
        return "";
    }

    /**
     * Values to offer where there are few of them, by the option's name, those of operands under {@code ""}. Settings, presets,
     * devices and splits are known without.
     */
    default Map<String, List<String>> words() {
        return Map.of();
    }

    /** A typical use: what follows the program's name. */
    String example();

    /**
     * Does it.
     *
     * @return the exit code
     * @throws io.jcuvae.tensor.UserError for a mistake of the user's
     * @throws io.jcuvae.tensor.Failure when something else fails that needs no stack trace
     */
    int run(Arguments arguments, Output output);
}
