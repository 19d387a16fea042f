package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.util.Arrays;

/**
 * The Python dict in a .npy header. Only what NumPy writes there is understood: strings, True, False, tuples of whole
 * numbers; a list as descr means a structured type and is kept as its text.
 *
 * @param descr the type, such as {@code <f4}
 * @param fortran whether the first index runs fastest
 * @param shape all sizes
 */
record NpyDict(String descr, boolean fortran, long[] shape) {
    private static final int MOST_DIMS = 32;

    /** Reads the dict, or refuses it as damaged. */
    static NpyDict parse(String file, String text) {
        return new Scanner(file, text).dict();
    }

    private static final class Scanner {
        private final String file;
        private final String text;
        private int at;

        Scanner(String file, String text) {
            this.file = file;
            this.text = text;
        }

        NpyDict dict() {
            String descr = null;
            Boolean fortran = null;
            long[] shape = null;
            expect('{');
            while (!accept('}')) {
                String key = string();
                expect(':');
                switch (key) {
                    case "descr" -> descr = peek() == '[' ? list() : string();
                    case "fortran_order" -> fortran = truth();
                    case "shape" -> shape = tuple();
                    default -> throw fault("the unknown key " + Faults.quoted(key));
                }
                if (!accept(',') && peek() != '}') {
                    throw fault("no comma");
                }
            }
            if (peek() != 0 || at < text.length() || descr == null || fortran == null || shape == null) {
                throw fault("not exactly descr, fortran_order and shape");
            }
            return new NpyDict(descr, fortran, shape);
        }

        private String string() {
            char quote = peek();
            if (quote != '\'' && quote != '"') {
                throw fault("no quoted text");
            }
            int end = text.indexOf(quote, at + 1);
            if (end < 0) {
                throw fault("an unclosed quote");
            }
            String string = text.substring(at + 1, end);
            at = end + 1;
            return string;
        }

        private String list() {
            int end = text.indexOf(']', at);
            if (end < 0) {
                throw fault("an unclosed list");
            }
            // Nested lists end at their last bracket; the text is for a message only.
            int last = text.lastIndexOf(']');
            String list = text.substring(at, last + 1);
            at = last + 1;
            return list;
        }

        private boolean truth() {
            peek();
            boolean truth = text.startsWith("True", at);
            if (!truth && !text.startsWith("False", at)) {
                throw fault("neither True nor False");
            }
            at += truth ? 4 : 5;
            return truth;
        }

        private long[] tuple() {
            long[] numbers = new long[MOST_DIMS];
            int count = 0;
            expect('(');
            while (!accept(')')) {
                if (count == MOST_DIMS) {
                    throw fault("more than " + MOST_DIMS + " sizes");
                }
                numbers[count++] = number();
                if (!accept(',') && peek() != ')') {
                    throw fault("no comma");
                }
            }
            return Arrays.copyOf(numbers, count);
        }

        private long number() {
            peek();
            int start = at;
            while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            try {
                long number = Long.parseLong(text.substring(start, at));
                // Python 2 wrote long integers with an L.
                accept('L');
                return number;
            } catch (NumberFormatException e) {
                throw fault("no size of 64 bits");
            }
        }

        private boolean accept(char c) {
            if (peek() != c) {
                return false;
            }
            at++;
            return true;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw fault("no '" + c + "'");
            }
        }

        /** The next character that is no white space, or 0 at the end. */
        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private UserError fault(String found) {
            return Faults.damaged(file, "the .npy header has " + found + " at character " + at);
        }
    }
}
