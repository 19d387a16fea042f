package io.jcuvae.cli;

/** The program in this process, for tests of other packages. */
public final class Commanded {
    private Commanded() {}

    /** Runs a command that must do its work without a word on standard error, and returns what it printed. */
    public static String done(Object... words) {
        return Call.done(words).out();
    }
}
