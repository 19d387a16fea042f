package io.jcuvae.cli;

import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** The options that several commands have, so that they read and mean the same everywhere. */
final class CommonOptions {
    /** The option of {@link #skipBad}. */
    static final String SKIP_BAD = "skip-bad";

    private CommonOptions() {}

    /** An option with a value. */
    static Option value(String name, String argument, String help) {
        return Option.builder()
                .longOpt(name)
                .hasArg()
                .argName(argument)
                .desc(help)
                .get();
    }

    /** An option with a value that may be given several times. */
    static Option values(String name, String argument, String help) {
        return Option.builder()
                .longOpt(name)
                .hasArgs()
                .argName(argument)
                .desc(help)
                .get();
    }

    /** An option that is there or not. */
    static Option flag(String name, String help) {
        return Option.builder().longOpt(name).desc(help).get();
    }

    /** An option that is there, with or without a value, or not. */
    static Option valueOrFlag(String name, String argument, String help) {
        return Option.builder()
                .longOpt(name)
                .optionalArg(true)
                .argName(argument)
                .desc(help)
                .get();
    }

    /** The names of constants as users write them. */
    static List<String> names(Enum<?>... constants) {
        return Arrays.stream(constants)
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
    }

    /** The trained model to use. */
    static Option model() {
        return value("model", "DIR", "the folder of a run, or a model file");
    }

    /** The data to work on. */
    static Option data() {
        return value(
                "data",
                "SRC",
                "mnist-sample, mnist, fashion-mnist, moons[:N], a folder or zip of pictures (taken in the model's size and"
                        + " colours), a folder of IDX files, or a file (default what the model was trained on)");
    }

    /** Whether unreadable pictures may be missing. */
    static Option skipBad() {
        return flag(SKIP_BAD, Setting.SKIP_BAD.help());
    }

    /** Which rows. */
    static Option split() {
        return value(
                "split",
                "NAME",
                "train, validation where the data set has it, test or all (default test where the data set has test"
                        + " rows of its own, else all)");
    }

    /** The split that is asked for; null where it is left to the data. */
    static Split split(Arguments arguments) {
        try {
            return arguments.text("split").map(Split::parse).orElse(null);
        } catch (UserError e) {
            throw new UserError("--split: " + e.getMessage(), e);
        }
    }

    /** How many rows. */
    static Option limit() {
        return value("limit", "N", "use the first N rows, 0 for all (default 0)");
    }

    /** The number of rows that is asked for, 0 for all. */
    static int limit(Arguments arguments) {
        return arguments.integer("limit", 0, Integer.MAX_VALUE, 0);
    }

    /**
     * Which class.
     *
     * @param more what to say beside
     */
    static Option label(String more) {
        return value("label", "NAME", "for a model that was trained with labels: the class" + more);
    }

    /** Where samples go. */
    static Option samples() {
        return value(
                "out",
                "FILE",
                "where to write: .npy, .npz, .csv, .parquet, .png (a grid), -ubyte or -ubyte.gz (IDX); FOLDER/ for a .png of"
                        + " each");
    }

    /** What computes. */
    static Option device() {
        return value("device", Setting.DEVICE.argument(), Setting.DEVICE.help() + " (default auto)");
    }

    /** How matrix products round. */
    static Option precision() {
        return value("precision", Setting.PRECISION.argument(), Setting.PRECISION.help() + " (default fp32)");
    }

    /** Processor threads. */
    static Option threads() {
        return value("threads", Setting.THREADS.argument(), Setting.THREADS.help() + " (default 0)");
    }

    /** No progress. */
    static Option quiet() {
        return flag("quiet", "show no progress");
    }

    /** For programs. */
    static Option json() {
        return flag("json", "print one JSON object and nothing else");
    }

    /** For bug reports. */
    static Option debug() {
        return flag("debug", "show the stack trace of an error");
    }

    /** This text. */
    static Option help() {
        return Option.builder("h").longOpt("help").desc("show this help").get();
    }
}
