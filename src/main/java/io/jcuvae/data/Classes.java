package io.jcuvae.data;

import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.UserError;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The classes that a model tells apart by their labels, in the order of the labels: class k is column k of a one-hot row. They
 * are known by name, so that data whose labels are numbered otherwise mean the same.
 *
 * @param names of the classes: a sub-folder's name for pictures, else the label as a number; empty without classes
 */
public record Classes(List<String> names) {
    /** No labels are looked at. */
    public static final Classes NONE = new Classes(List.of());

    /** What a label on the command line may also be. */
    public static final String ALL = "all";

    /** More classes than this are rather numbers of rows than labels, and one-hot rows would take the memory. */
    private static final int MOST = 4096;

    private static final int SHOWN = 20;

    /** Keeps the names. */
    public Classes {
        names = List.copyOf(names);
    }

    /**
     * The classes of labelled rows: all labels that occur.
     *
     * @throws UserError if the rows have no labels, or too many different ones
     */
    public static Classes of(Dataset data) {
        return of(data.labels(), data.labelNames(), data.name());
    }

    /** The classes of a source's training rows. */
    public static Classes of(DataSource source) {
        return of(source.labels(Split.TRAIN, 0), source.labelNames(), source.name());
    }

    /**
     * The classes of rows that lie in several places: those of all of them, numbers in their order and names in
     * theirs. Those of one place alone stay as they are.
     */
    public static Classes joined(List<Classes> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        TreeSet<String> names = new TreeSet<>();
        parts.forEach(part -> names.addAll(part.names()));
        boolean numbers = names.stream().allMatch(name -> name.matches("-?\\d{1,10}"));
        return new Classes(
                numbers
                        ? names.stream()
                                .sorted(Comparator.comparingLong(Long::parseLong))
                                .toList()
                        : List.copyOf(names));
    }

    private static Classes of(int[] labels, List<String> names, String source) {
        if (labels == null) {
            throw unlabelled(source);
        }
        TreeSet<Integer> found = new TreeSet<>();
        for (int label : labels) {
            if (found.add(label) && found.size() > MOST) {
                throw new UserError("--condition labels: " + source + " has more than " + MOST
                        + " different labels; use labels that many rows share");
            }
        }
        return new Classes(found.stream().map(label -> name(label, names)).toList());
    }

    private static UserError unlabelled(String source) {
        return new UserError(
                source + ": has no labels, which a model with --condition labels needs; labels are an IDX file"
                        + " beside the images, a member 'labels' of an .npz, a column 'label' of a .csv, or"
                        + " sub-folders of pictures");
    }

    private static String name(int label, List<String> names) {
        return names == null ? Integer.toString(label) : names.get(label);
    }

    /** K. */
    public int count() {
        return names.size();
    }

    /**
     * The class of a name.
     *
     * @param option to name in the error
     * @throws UserError if there is none
     */
    public int find(String name, String option) {
        int found = names.indexOf(name);
        if (found < 0) {
            throw new UserError(option + ": the model knows no class " + Faults.quoted(name)
                    + NearestWord.hint(name, names) + " (there are " + this + ")");
        }
        return found;
    }

    /**
     * The class of each row.
     *
     * @throws UserError naming the first row of a class that is not known
     */
    int[] numbers(int[] labels, List<String> labelNames, String source) {
        if (labels == null) {
            throw unlabelled(source);
        }
        Map<String, Integer> known = new HashMap<>();
        for (int k = 0; k < names.size(); k++) {
            known.put(names.get(k), k);
        }
        Map<Integer, Integer> ofLabel = new HashMap<>();
        int[] numbers = new int[labels.length];
        for (int r = 0; r < labels.length; r++) {
            Integer number = ofLabel.computeIfAbsent(labels[r], label -> known.get(name(label, labelNames)));
            if (number == null) {
                throw new UserError(source + ": row " + r + " has the label "
                        + Faults.quoted(name(labels[r], labelNames)) + ", which the model was not trained on (it knows "
                        + this + "); leave such rows out");
            }
            numbers[r] = number;
        }
        return numbers;
    }

    /** The names in a line, the first of many. */
    @Override
    public String toString() {
        return names.size() <= SHOWN
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, SHOWN)) + " and " + (names.size() - SHOWN) + " more";
    }
}
