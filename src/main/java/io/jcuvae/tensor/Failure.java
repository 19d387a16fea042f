package io.jcuvae.tensor;

/**
 * Something failed that is not the user's mistake: a diverged run, a full disk, a device that vanished. Its message is one
 * line that says what happened and what to do; the command line prints it without a stack trace and exits with 1.
 */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes a failure of one line.
     *
     * @param message the line
     */
    public Failure(String message) {
        super(message);
    }

    /**
     * Makes a failure that keeps its cause for {@code --debug}.
     *
     * @param message the line
     * @param cause what was thrown below
     */
    public Failure(String message, Throwable cause) {
        super(message, cause);
    }
}
