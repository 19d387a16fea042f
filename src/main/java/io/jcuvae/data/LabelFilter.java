package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which rows of a source count by their labels, as a text says it: {@code SRC@label=0}, {@code SRC@label=cat,dog}, or all
 * but some, {@code SRC@label!=1}. Rows stay in the split that they have in the whole source.
 *
 * @param source the text before it
 * @param names of the labels, a sub-folder's for pictures, else a number
 * @param without whether these are left out and not the others
 */
record LabelFilter(String source, List<String> names, boolean without) {
    private static final String MARK = "@label";

    /**
     * The filter at the end of a text.
     *
     * @return null where there is none, or the whole text names a file
     * @throws UserError when it names no label
     */
    static LabelFilter of(String text) {
        int at = text.lastIndexOf(MARK);
        if (at < 0 || exists(text)) {
            return null;
        }
        String rest = text.substring(at + MARK.length());
        boolean without = rest.startsWith("!=");
        String list = without ? rest.substring(2) : rest.startsWith("=") ? rest.substring(1) : "";
        List<String> names = Arrays.asList(list.split(",", -1));
        if (at == 0 || names.stream().anyMatch(String::isBlank)) {
            throw new UserError(Faults.quoted(text)
                    + ": is no choice of rows by their labels; write SRC@label=0, SRC@label=0,3 or SRC@label!=1");
        }
        return new LabelFilter(
                text.substring(0, at), names.stream().map(String::strip).toList(), without);
    }

    private static boolean exists(String text) {
        try {
            return Files.exists(Path.of(text));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /**
     * Marks the rows that count.
     *
     * @param labels of all rows, or null
     * @param labelNames null where labels are just numbers
     * @throws UserError when there are no labels, or one of the names is none of them
     */
    boolean[] marks(int[] labels, List<String> labelNames) {
        if (labels == null) {
            throw new UserError(source + ": has no labels to choose rows by (" + MARK
                    + "); labels are an IDX file beside the images, a member 'y' or 'labels' of an .npz, a column 'label' of a"
                    + " .csv, or sub-folders of pictures");
        }
        TreeSet<Integer> found = new TreeSet<>();
        for (int label : labels) {
            found.add(label);
        }
        List<String> known =
                found.stream().map(label -> name(label, labelNames)).toList();
        for (String name : names) {
            if (!known.contains(name) && (labelNames == null || !labelNames.contains(name))) {
                throw new UserError(source + ": has no label " + Faults.quoted(name) + " (there are "
                        + known.stream().limit(20).collect(Collectors.joining(", "))
                        + (known.size() > 20 ? " and " + (known.size() - 20) + " more" : "") + ")");
            }
        }
        boolean[] marks = new boolean[labels.length];
        for (int r = 0; r < labels.length; r++) {
            marks[r] = names.contains(name(labels[r], labelNames)) != without;
        }
        return marks;
    }

    private static String name(int label, List<String> labelNames) {
        return labelNames == null ? Integer.toString(label) : labelNames.get(label);
    }
}
