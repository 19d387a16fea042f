package io.jcuvae.cli;

import io.jcuvae.jobs.JobRunner;
import io.jcuvae.tensor.UserError;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** The options of one call, checked as they are read: every error names the option, what was found, what is accepted. */
final class Arguments {
    private final CommandLine line;
    private final List<Option> known;

    private final Map<String, String> instead;
    private final JobRunner runner;

    private Arguments(CommandLine line, List<Option> known, Map<String, String> instead, JobRunner runner) {
        this.line = line;
        this.known = known;
        this.instead = instead;
        this.runner = runner;
    }

    /**
     * The same call with other values, and other hands.
     *
     * @param values by the names of options; those that the command has not are passed over
     * @param hands who does a job of rows
     */
    Arguments with(Map<String, String> values, JobRunner hands) {
        Map<String, String> fitting = new HashMap<>(values);
        fitting.keySet().removeIf(name -> !knows(name));
        return new Arguments(line, known, fitting, hands);
    }

    /** Who does a job of rows. */
    JobRunner runner() {
        return runner;
    }

    /**
     * Reads the words after a command's name.
     *
     * @param name its name, for errors
     * @throws UserError for an unknown option, a missing value, an option given twice, or a stray word
     */
    static Arguments parse(String name, Command command, List<String> words) {
        return parse(name, Main.optionsOf(command), !command.operands().isEmpty(), words);
    }

    private static Arguments parse(String command, List<Option> known, boolean operands, List<String> words) {
        Options options = new Options();
        known.forEach(options::addOption);
        String help = " (" + Main.PROGRAM + " " + command + " --help lists the options)";
        try {
            CommandLine line = DefaultParser.builder()
                    .setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false)
                    .get()
                    .parse(options, words.toArray(String[]::new));
            for (String stray : line.getArgList()) {
                if (stray.startsWith("-") && stray.length() > 1) {
                    throw unknown(stray, known, help);
                }
            }
            if (!operands && !line.getArgList().isEmpty()) {
                String stray = line.getArgList().get(0);
                throw new UserError(
                        "unexpected '" + stray + "': values follow an option, as in --data mnist-sample" + help);
            }
            Set<String> seen = new HashSet<>();
            for (Option option : line.getOptions()) {
                if (!seen.add(option.getLongOpt()) && option.getArgs() != Option.UNLIMITED_VALUES) {
                    throw new UserError("--" + option.getLongOpt() + " is given twice; leave one out");
                }
            }
            return new Arguments(line, known, Map.of(), JobRunner.HERE);
        } catch (UnrecognizedOptionException e) {
            throw unknown(e.getOption(), known, help);
        } catch (MissingArgumentException e) {
            Option option = e.getOption();
            throw new UserError("--" + option.getLongOpt() + ": its value " + option.getArgName() + " is missing: "
                    + option.getDescription());
        } catch (ParseException e) {
            throw new UserError(e.getMessage() + help, e);
        }
    }

    private static UserError unknown(String word, List<Option> known, String help) {
        String name = word.split("=", 2)[0];
        Optional<String> near = NearestMatch.of(
                name.replaceFirst("^-+", ""),
                known.stream().map(Option::getLongOpt).toList());
        return new UserError("unknown option " + name
                + near.map(found -> "; did you mean --" + found + "?").orElse("") + help);
    }

    /** The words that belong to no option, in their order. */
    List<String> operands() {
        return List.copyOf(line.getArgList());
    }

    /** Whether the command has such an option at all. */
    boolean knows(String name) {
        return known.stream().anyMatch(option -> option.getLongOpt().equals(name));
    }

    /** Whether an option is given. */
    boolean has(String name) {
        return instead.containsKey(name) || line.hasOption(option(name));
    }

    /** The value of an option, if it is given. */
    Optional<String> text(String name) {
        String value = instead.get(name);
        return Optional.ofNullable(value != null ? value : line.getOptionValue(option(name)));
    }

    /** The values of an option that may be given several times. */
    List<String> texts(String name) {
        String[] values = line.getOptionValues(option(name));
        return values == null ? List.of() : List.of(values);
    }

    /** The value of an option that must be given. */
    String required(String name) {
        return text(name).orElseThrow(() -> {
            Option option = option(name);
            return new UserError("--" + name + " " + option.getArgName() + " is missing: " + option.getDescription());
        });
    }

    /** The path of an option that must be given. */
    Path requiredPath(String name) {
        return path(name, required(name));
    }

    /** The path of an option, if it is given. */
    Optional<Path> path(String name) {
        return text(name).map(text -> path(name, text));
    }

    private static Path path(String name, String text) {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            // Told below.
        }
        throw new UserError("--" + name + ": '" + text + "' is no file name");
    }

    /** A whole number within bounds, or the default where the option is not given. */
    int integer(String name, int least, int most, int otherwise) {
        return (int) wholeNumber(name, least, most, otherwise);
    }

    /** A whole number within bounds, or the default where the option is not given. */
    long wholeNumber(String name, long least, long most, long otherwise) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            long value = Long.parseLong(text.get().strip());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        String range = least == Long.MIN_VALUE ? "" : " from " + least;
        range += most >= Integer.MAX_VALUE ? "" : " to " + most;
        throw new UserError("--" + name + ": must be a whole number" + range + ", got '" + text.get() + "'");
    }

    /** A finite number that is not negative, or the default where the option is not given. */
    double number(String name, double otherwise) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            double value = Double.parseDouble(text.get().strip());
            if (value >= 0 && value <= Float.MAX_VALUE) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new UserError("--" + name + ": must be a number from 0, got '" + text.get() + "'");
    }

    /** The names of the options that are given. */
    List<String> given() {
        return Arrays.stream(line.getOptions()).map(Option::getLongOpt).toList();
    }

    private Option option(String name) {
        return known.stream()
                .filter(option -> option.getLongOpt().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("this command has no option --" + name));
    }
}
