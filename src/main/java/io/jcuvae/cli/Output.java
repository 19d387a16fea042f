package io.jcuvae.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.PrintStream;

/**
 * Where a command writes: results on standard output, warnings and errors on standard error. With {@code --json} standard
 * output carries one JSON object and nothing else.
 */
final class Output {
    private final PrintStream out;
    private final PrintStream err;
    private final boolean outLive;
    private final boolean errLive;
    private final boolean json;
    private final boolean quiet;

    private Output(PrintStream out, PrintStream err, boolean outLive, boolean errLive, boolean json, boolean quiet) {
        this.out = out;
        this.err = err;
        this.outLive = outLive;
        this.errLive = errLive;
        this.json = json;
        this.quiet = quiet;
    }

    /** Two streams that nobody watches. */
    static Output of(PrintStream out, PrintStream err) {
        return new Output(out, err, false, false, false, false);
    }

    /** Two streams that are a terminal. */
    static Output ofTerminal(PrintStream out, PrintStream err) {
        return new Output(out, err, true, true, false, false);
    }

    /** The streams of this process. */
    static Output ofProcess() {
        return new Output(System.out, System.err, Terminal.isLive(1), Terminal.isLive(2), false, false);
    }

    /**
     * The same streams for a command.
     *
     * @param forProgram whether only a JSON object may go to standard output
     * @param silent whether progress is unwanted
     */
    Output with(boolean forProgram, boolean silent) {
        return new Output(out, err, outLive, errLive, forProgram, silent);
    }

    /** Whether a JSON object is wanted instead of text. */
    boolean json() {
        return json;
    }

    /** Whether progress is unwanted. */
    boolean quiet() {
        return quiet;
    }

    /** A result for people. */
    void line(String text) {
        if (!json) {
            out.println(text);
            out.flush();
        }
    }

    /** What people read on the way and can do without. */
    void note(String text) {
        if (!quiet) {
            line(text);
        }
    }

    /** A result for programs. */
    void json(JsonObject object) {
        if (json) {
            String text = new GsonBuilder().serializeNulls().create().toJson(object);
            StringBuilder ascii = new StringBuilder(text.length());
            // Whatever encoding the terminal or pipe is thought to have, escapes arrive.
            text.chars().forEach(c -> ascii.append(c < 127 ? String.valueOf((char) c) : String.format("\\u%04x", c)));
            out.println(ascii);
            out.flush();
        }
    }

    /** Something that is not right but does not stop the work. */
    void warn(String text) {
        err.println("warning: " + text);
        err.flush();
    }

    /** Why a command failed. */
    void error(String text) {
        err.println("error: " + text);
        err.flush();
    }

    /** The stack trace of an error. */
    void trace(Throwable thrown) {
        thrown.printStackTrace(err);
        err.flush();
    }

    /**
     * Where a live line can be shown, or null where nobody would see it: with the text, or beside a JSON object on standard
     * error.
     */
    PrintStream live() {
        if (quiet) {
            return null;
        }
        if (json) {
            return errLive ? err : null;
        }
        return outLive ? out : null;
    }
}
