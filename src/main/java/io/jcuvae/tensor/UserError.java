package io.jcuvae.tensor;

/**
 * A mistake of the user's: its message is one line that names the file, option or shape at fault, what was found, what is
 * accepted, and what to do. The command line prints it without a stack trace and exits with 2.
 */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an error of one line.
     *
     * @param message the line
     */
    public UserError(String message) {
        super(message);
    }

    /**
     * Makes an error that keeps its cause for {@code --debug}.
     *
     * @param message the line
     * @param cause what was thrown below
     */
    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
