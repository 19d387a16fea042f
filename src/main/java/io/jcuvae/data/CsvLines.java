package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The lines of a text file, split into fields that may stand in double quotes, at comma, semicolon or tab: whichever the first
 * line has most of. Line feeds end lines, a carriage return before one is dropped, as is a byte order mark; blank lines are
 * allowed at the end only.
 */
final class CsvLines implements TableLines {
    private static final byte[] SEPARATORS = {',', ';', '\t'};

    /** Longer lines are no table; it bounds what a file without line ends can make us hold. */
    private static final int LONGEST = 1 << 26;

    private static final int BLOCK = 1 << 16;

    private final ByteSource source;
    private final byte[] block = new byte[BLOCK];
    private int blockAt;
    private int blockEnd;
    private byte[] line = new byte[256];
    private int length;
    private long number;
    private byte separator;
    private int[] starts = new int[16];
    private int[] ends = new int[16];
    private int fields;

    /** Reads the lines of a source, which is closed with the result. */
    CsvLines(ByteSource source) {
        this.source = source;
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public String place() {
        return "line " + number;
    }

    @Override
    public List<String> names() {
        return null;
    }

    @Override
    public int fields() {
        return fields;
    }

    /** A field's text, without quotes and surrounding blanks. */
    @Override
    public String text(int field) {
        return new String(line, starts[field], ends[field] - starts[field], StandardCharsets.UTF_8);
    }

    @Override
    public double value(int field) {
        return CsvNumber.parse(line, starts[field], ends[field]);
    }

    /**
     * Moves to the next line that is not blank.
     *
     * @return whether there is one
     * @throws UserError if a blank line stands before it, other than at the start of the file
     */
    @Override
    public boolean next() {
        boolean started = number > 0;
        long blank = 0;
        while (readLine()) {
            if (!isBlank()) {
                if (blank > 0 && started) {
                    throw new UserError(source.name() + ": line " + blank
                            + " is empty; every line needs the same fields:" + " remove it");
                }
                if (separator == 0) {
                    separator = likeliest();
                }
                split();
                return true;
            }
            blank = number;
        }
        return false;
    }

    private boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (line[i] != ' ' && line[i] != '\t') {
                return false;
            }
        }
        return true;
    }

    private boolean readLine() {
        length = 0;
        boolean any = false;
        while (true) {
            if (blockAt == blockEnd) {
                blockEnd = Math.max(0, source.read(block, 0, BLOCK));
                blockAt = 0;
                if (blockEnd == 0) {
                    break;
                }
            }
            any = true;
            int end = blockAt;
            while (end < blockEnd && block[end] != '\n') {
                end++;
            }
            append(end - blockAt);
            blockAt = end;
            if (end < blockEnd) {
                blockAt++;
                break;
            }
        }
        if (any) {
            number++;
            trimLine();
        }
        return any;
    }

    private void append(int count) {
        if (length + count > LONGEST) {
            throw new UserError(source.name() + ": line " + (number + 1) + " is longer than " + LONGEST
                    + " bytes; is this a text file with line ends?");
        }
        if (length + count > line.length) {
            line = Arrays.copyOf(line, Math.max(2 * line.length, length + count));
        }
        System.arraycopy(block, blockAt, line, length, count);
        length += count;
    }

    private void trimLine() {
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        if (number > 1) {
            return;
        }
        if (length >= 3 && (line[0] & 0xFF) == 0xEF && (line[1] & 0xFF) == 0xBB && (line[2] & 0xFF) == 0xBF) {
            System.arraycopy(line, 3, line, 0, length - 3);
            length -= 3;
        } else if (length >= 2 && (line[0] & 0xFE) == 0xFE && (line[0] & 0xFF) + (line[1] & 0xFF) == 0x1FD) {
            throw new UserError(source.name() + ": is UTF-16 text; save it as UTF-8");
        }
    }

    /** What the fields of the current line are parted by. */
    private byte likeliest() {
        int[] counts = new int[SEPARATORS.length];
        boolean quoted = false;
        for (int i = 0; i < length; i++) {
            quoted ^= line[i] == '"';
            for (int s = 0; s < SEPARATORS.length; s++) {
                counts[s] += !quoted && line[i] == SEPARATORS[s] ? 1 : 0;
            }
        }
        int most = 0;
        for (int s = 1; s < counts.length; s++) {
            most = counts[s] > counts[most] ? s : most;
        }
        return SEPARATORS[most];
    }

    private void split() {
        fields = 0;
        int at = 0;
        while (true) {
            int start = skipBlanks(at);
            int end;
            if (start < length && line[start] == '"') {
                start++;
                end = start;
                while (end < length && line[end] != '"') {
                    end++;
                }
                at = skipBlanks(end + 1);
                if (end == length || at < length && line[at] != separator) {
                    throw new UserError(source.name() + ": line " + number + ", column " + (fields + 1)
                            + " has an unmatched quote; write numbers plainly or in a pair of quotes");
                }
            } else {
                at = start;
                while (at < length && line[at] != separator) {
                    at++;
                }
                end = at;
            }
            while (end > start && (line[end - 1] == ' ' || line[end - 1] == '\t')) {
                end--;
            }
            add(start, end);
            if (at >= length) {
                return;
            }
            at++;
        }
    }

    private int skipBlanks(int from) {
        int at = from;
        while (at < length && line[at] != separator && (line[at] == ' ' || line[at] == '\t')) {
            at++;
        }
        return at;
    }

    private void add(int start, int end) {
        if (fields == starts.length) {
            starts = Arrays.copyOf(starts, 2 * fields);
            ends = Arrays.copyOf(ends, 2 * fields);
        }
        starts[fields] = start;
        ends[fields++] = end;
    }

    @Override
    public void close() {
        source.close();
    }
}
