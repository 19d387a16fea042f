package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipException;

/** How trouble with files is told: one line each, whatever a file or its name contains. */
final class Faults {
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_QUOTE = 40;

    private Faults() {}

    /** A file's name as messages print it. */
    static String name(Path file) {
        return printable(file.toString(), LONGEST_NAME);
    }

    /** Foreign text in quotes, shortened, without control characters. */
    static String quoted(String text) {
        return '"' + printable(text, LONGEST_QUOTE) + '"';
    }

    /** Foreign text without control characters, shortened where it is very long. */
    static String printable(String text) {
        return printable(text, LONGEST_NAME);
    }

    private static String printable(String text, int longest) {
        StringBuilder clean = new StringBuilder();
        text.codePoints().limit(longest).forEach(c -> {
            // Line and paragraph separators (U+2028, U+2029) would break the promise of one line too.
            boolean plain = !Character.isISOControl(c) && c != 0x2028 && c != 0x2029 && Character.isDefined(c);
            clean.appendCodePoint(plain ? c : '?');
        });
        return text.codePointCount(0, text.length()) > longest ? clean + "..." : clean.toString();
    }

    /** A shape or index list as {@code [60000, 28, 28]}. */
    static String list(long[] numbers) {
        return Arrays.toString(numbers);
    }

    /** The file breaks off, contradicts itself or fails its checksum. */
    static UserError damaged(String file, String found) {
        return new UserError(damagedLine(file, found));
    }

    private static String damagedLine(String file, String found) {
        return file + ": " + found + "; the file is damaged or incomplete, copy or download it again";
    }

    /** What a failed read means. */
    static UserError unreadable(String file, Exception cause) {
        String reason = reason(cause);
        if (cause instanceof EOFException) {
            return new UserError(damagedLine(file, "the compressed data breaks off"), cause);
        }
        if (cause instanceof ZipException || !(cause instanceof IOException)) {
            return new UserError(damagedLine(file, "the compressed data is faulty (" + reason + ")"), cause);
        }
        return new UserError(file + ": cannot be read (" + reason + "); check the file and its permissions", cause);
    }

    /** What a failed write means. */
    static UserError unwritable(Path file, IOException cause) {
        return new UserError(
                name(file) + ": cannot be written (" + reason(cause)
                        + "); check the folder, its permissions and the space",
                cause);
    }

    /** What a failure says, in a few words. */
    static String reason(Exception cause) {
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (cause instanceof NoSuchFileException) {
            return "no such file";
        }
        if (cause instanceof FileAlreadyExistsException) {
            return "a file stands where a folder is needed";
        }
        if (cause instanceof EOFException) {
            return "it ends too early";
        }
        String text = cause instanceof FileSystemException system ? system.getReason() : cause.getMessage();
        return printable(text == null ? cause.getClass().getSimpleName().replace("Exception", "") : text, LONGEST_NAME);
    }

    /** A value that no reader accepts. */
    static UserError notFinite(String file, long row, long column, double value) {
        String found = Double.isNaN(value) || Double.isInfinite(value) ? "" : ", beyond the range of a float";
        return new UserError(file + ": row " + row + ", column " + column + " (counted from 0) is " + value + found
                + "; every value must be a finite number: remove or replace such rows");
    }
}
