package io.jcuvae.cli;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Versions;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.cli.Option;

/** The program: finds the command, runs it, and turns what goes wrong into one line and an exit code. */
public final class Main {
    /** How the program is called in help texts and advice: from a checkout, unless the launcher says otherwise. */
    static final String PROGRAM = System.getProperty("jcuvae.program", "scripts/vae");

    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int WRONG_USE = 2;

    private Main() {}

    /**
     * Runs a command and exits: 0 done, 1 failed, 2 wrong use.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        // Pictures are drawn in memory; without this, AWT would look for a display.
        System.setProperty("java.awt.headless", "true");
        int code = run(args, Output.ofProcess());
        // A signal's exit has a code of its own, which a second exit may replace (in JDK 17 where it comes between the
        // end of
        // the hooks and that of the process).
        if (!exiting()) {
            System.exit(code);
        }
    }

    private static boolean exiting() {
        Thread hook = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            return !Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return true;
        }
    }

    /** Runs a command on streams that are no terminals, and returns the exit code. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, Output.of(out, err));
    }

    private static int run(String[] args, Output output) {
        return run(args, output, Command::run);
    }

    /** What is done with a command once its options are read. */
    @FunctionalInterface
    interface Doing {
        /** Runs it, and returns the exit code. */
        int run(Command command, Arguments arguments, Output output);
    }

    /** Runs a command in a way of the caller's, and returns the exit code. */
    static int run(String[] args, Output output, Doing doing) {
        boolean debug = Arrays.asList(args).contains("--debug");
        try {
            return dispatch(List.of(args), output, doing);
        } catch (UserError e) {
            return told(output, e, e.getMessage(), debug, WRONG_USE);
        } catch (Failure e) {
            return told(output, e, e.getMessage(), debug, FAILED);
        } catch (OutOfMemoryError e) {
            String text = "out of memory: the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB does not suffice; use a smaller --batch, --hidden or --limit, or a larger heap"
                    + " (JCUVAE_JAVA_OPTS=-Xmx...)";
            return told(output, e, text, debug, FAILED);
        } catch (RuntimeException | Error e) {
            String text = "unexpected: " + firstLine(e) + (debug ? "" : "; run again with --debug for the stack trace");
            return told(output, e, text, debug, FAILED);
        }
    }

    private static int told(Output output, Throwable thrown, String text, boolean debug, int code) {
        output.error(text);
        if (debug) {
            output.trace(thrown);
        }
        return code;
    }

    private static String firstLine(Throwable e) {
        return e.toString().lines().findFirst().orElse("");
    }

    private static int dispatch(List<String> args, Output output, Doing doing) {
        List<String> words = new ArrayList<>(args);
        // It may stand before the command, too.
        if (!words.isEmpty() && words.get(0).equals("--debug")) {
            words.add(words.remove(0));
        }
        String first = words.isEmpty() ? "--help" : words.remove(0);
        switch (first) {
            case "--help", "-h" -> output.line(Help.overview().stripTrailing());
            case "--version" ->
                output.line("jcuvae " + Versions.jcuvae() + ", Java " + System.getProperty("java.version"));
            case "help" -> help(words, output);
            default -> {
                if (first.startsWith("-")) {
                    throw new UserError(first + ": the command comes first, as in " + PROGRAM + " train --epochs 5 ("
                            + PROGRAM + " --help lists the commands)");
                }
                return command(first, words, output, doing);
            }
        }
        return DONE;
    }

    private static void help(List<String> words, Output output) {
        words.removeIf(word -> word.startsWith("-"));
        if (words.isEmpty()) {
            output.line(Help.overview().stripTrailing());
        } else {
            String name = words.get(0);
            output.line(Help.of(name, Commands.named(name)).stripTrailing());
        }
    }

    private static int command(String name, List<String> words, Output output, Doing doing) {
        Command command = Commands.named(name);
        if (words.contains("--help") || words.contains("-h")) {
            output.line(Help.of(name, command).stripTrailing());
            return DONE;
        }
        Arguments arguments = Arguments.parse(name, command, words);
        boolean json = arguments.knows("json") && arguments.has("json");
        boolean quiet = arguments.knows("quiet") && arguments.has("quiet");
        return doing.run(command, arguments, output.with(json, quiet));
    }

    /** The options of a command with those that every command has. */
    static List<Option> optionsOf(Command command) {
        List<Option> options = new ArrayList<>(command.options());
        options.addAll(SourceArguments.beside(options));
        options.add(CommonOptions.debug());
        options.add(CommonOptions.help());
        return options;
    }
}
