package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which rows are anomalies, by their labels.
 *
 * @param names of labels: numbers, or sub-folders of pictures
 * @param normal whether these are the normal ones and all others anomalies
 */
public record AnomalyLabels(List<String> names, boolean normal) {
    /** 1 is an anomaly, as in most sets for the purpose. */
    public static final AnomalyLabels ONE = new AnomalyLabels(List.of("1"), false);

    /**
     * The labels of rows and what they make them.
     *
     * @param names of the labels, one for each row
     * @param anomaly the rows that are anomalies
     */
    record Marked(String[] names, BitSet anomaly) {}

    /**
     * Marks the rows of a source.
     *
     * @throws UserError when it has no labels, or all rows are of one kind
     */
    Marked mark(DataSource source, Split split, int limit) {
        int[] labels = source.labels(split, limit);
        if (labels == null) {
            throw new UserError(
                    source.name() + ": has no labels, which --labels needs; labels are an IDX file beside the"
                            + " images, a member 'y' or 'labels' of an .npz, a column 'label' of a"
                            + " .csv, or sub-folders of pictures");
        }
        List<String> known = source.labelNames();
        String[] ofRows = new String[labels.length];
        BitSet anomaly = new BitSet(labels.length);
        TreeSet<Integer> found = new TreeSet<>();
        for (int r = 0; r < labels.length; r++) {
            found.add(labels[r]);
            ofRows[r] = known == null ? Integer.toString(labels[r]).intern() : known.get(labels[r]);
            anomaly.set(r, names.contains(ofRows[r]) != normal);
        }
        int count = anomaly.cardinality();
        if (count == 0 || count == labels.length) {
            String there = found.stream()
                    .limit(20)
                    .map(label -> known == null ? Integer.toString(label) : known.get(label))
                    .collect(Collectors.joining(", "));
            throw new UserError((normal ? "--normal-label " : "--anomaly-label ") + String.join(",", names) + ": makes "
                    + (count == 0 ? "none" : "all") + " of the " + labels.length + " rows of " + source.name()
                    + " anomalies (their labels: " + there + "); both kinds are needed, so name other labels or rows");
        }
        return new Marked(ofRows, anomaly);
    }
}
