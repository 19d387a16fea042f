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
        super(oneLine(message));
    }

    /**
     * Makes an error that keeps its cause for {@code --debug}.
     *
     * @param message the line
     * @param cause what was thrown below
     */
    public UserError(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    /** Files and options are quoted in messages: what they hold breaks no line and tells a terminal nothing. */
    private static String oneLine(String message) {
        if (message == null || message.chars().noneMatch(UserError::isControl)) {
            return message;
        }
        StringBuilder line = new StringBuilder(message);
        for (int i = 0; i < line.length(); i++) {
            if (isControl(line.charAt(i))) {
                line.setCharAt(i, '?');
            }
        }
        return line.toString();
    }

    /** The line and paragraph separators, U+2028 and U+2029, among them. */
    private static boolean isControl(int character) {
        return Character.isISOControl(character) || character == 0x2028 || character == 0x2029;
    }
}
