package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.jobs.JobRunner;
import io.jcuvae.tensor.UserError;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The commands that write rows, with other hands at work than those of one process: options, messages and exit codes are
 * the command line's own. Values may be given in place of those of the words, by the names of options.
 */
public final class JobCalls {
    private JobCalls() {}

    /**
     * Runs a command as {@link Main} does, on the streams of this process, always with a manifest.
     *
     * @param program how this was started, for messages
     * @param words the command and its options
     * @return the exit code
     */
    public static int run(String program, List<String> words, Map<String, String> instead, JobRunner hands) {
        return Main.run(words.toArray(String[]::new), Output.ofProcess(), (command, arguments, output) -> {
            requireJob(program, words.get(0), command, arguments);
            return command.run(arguments.with(instead, hands), output);
        });
    }

    private static void requireJob(String program, String name, Command command, Arguments arguments) {
        if (!JobOptions.has(command)) {
            String jobs = String.join(
                    ", ",
                    Commands.names().stream()
                            .filter(other -> JobOptions.has(Commands.named(other)))
                            .toList());
            throw new UserError(name + ": is no job of rows; " + program + " runs " + jobs);
        }
        if (arguments.knows("calibrate") && arguments.has("calibrate")) {
            throw new UserError("--calibrate: finds a threshold on one machine; do so first with " + Main.PROGRAM
                    + " score, and the job finds it beside the model");
        }
    }

    /**
     * The same silently, where others have asked for it.
     *
     * @param words that {@link #run} took
     * @throws UserError for a mistake of the user's
     * @throws io.jcuvae.tensor.Failure when something else fails
     */
    public static void repeat(List<String> words, Map<String, String> instead, JobRunner hands) {
        String name = words.get(0);
        Command command = Commands.named(name);
        Arguments arguments = Arguments.parse(name, command, words.subList(1, words.size()));
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        command.run(
                arguments.with(instead, hands), Output.of(nowhere, System.err).with(false, true));
    }

    /** The value of an option in such words, or the other where they have none, or the command no such option. */
    public static String value(List<String> words, String option, String otherwise) {
        Arguments arguments = parsed(words);
        return arguments.knows(option) ? arguments.text(option).orElse(otherwise) : otherwise;
    }

    /** What the words name by paths from this process's folder, by paths from the root: for processes that are elsewhere. */
    public static Map<String, String> places(List<String> words) {
        Arguments arguments = parsed(words);
        Map<String, String> places = new HashMap<>();
        arguments
                .path("model")
                .ifPresent(path -> places.put("model", path.toAbsolutePath().toString()));
        arguments.text("out").ifPresent(text -> {
            // The slash behind a folder says that it is one.
            String end = text.endsWith("/") ? "/" : "";
            places.put("out", Path.of(text).toAbsolutePath() + end);
        });
        if (arguments.knows("data")) {
            arguments.text("data").ifPresent(text -> places.put("data", DataSource.fromRoot(text)));
        }
        return places;
    }

    private static Arguments parsed(List<String> words) {
        String name = words.get(0);
        return Arguments.parse(name, Commands.named(name), words.subList(1, words.size()));
    }
}
