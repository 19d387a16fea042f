package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * What samples are known to be made of: F factors, each with a few values.
 *
 * @param classes [F][N]: the value of each factor in each sample, as its place among the values in ascending order
 * @param sizes [F]: how many values each has
 */
record Factors(int[][] classes, int[] sizes) {
    private static final int MOST_VALUES = 1000;
    private static final int ROWS = 1024;
    private static final List<String> MEMBERS = List.of("latents_classes", "factors", "latents_values");

    /** F. */
    int count() {
        return sizes.length;
    }

    /** N. */
    int rows() {
        return classes[0].length;
    }

    /**
     * Reads factors.
     *
     * @param named where they are, or null for a member {@code latents_classes}, {@code factors} or {@code latents_values} of
     *     the .npz that the samples are in
     * @param data the samples' source as the user named it
     * @param split which rows
     * @param limit the first rows, 0 for all
     * @param rows how many samples there are
     * @throws UserError when there are none, as many as there are not samples, or some with too many values
     */
    static Factors read(String named, String data, Split split, int limit, long rows) {
        String place = named == null ? find(data) : named;
        List<float[]> read = new ArrayList<>();
        try (SampleReader reader = DataSource.parse(place).open(split, limit)) {
            int width = reader.shape().width();
            float[] block = new float[ROWS * width];
            int got;
            while ((got = reader.read(block, ROWS)) > 0) {
                for (int r = 0; r < got; r++) {
                    read.add(Arrays.copyOfRange(block, r * width, (r + 1) * width));
                }
            }
        }
        if (read.size() != rows) {
            throw new UserError("--factors: " + place + " has " + read.size() + " rows for the " + rows + " samples of "
                    + data + "; there must be one for each");
        }
        return of(read, place);
    }

    private static String find(String data) {
        int ending = data.indexOf(".npz");
        if (ending < 0) {
            throw new UserError(
                    "--factors SRC is missing: disentanglement is measured against the known factors of each"
                            + " sample, a row of whole numbers; name them as in --factors dsprites.npz:latents_classes");
        }
        String file = data.substring(0, ending + 4);
        UserError first = null;
        for (String member : MEMBERS) {
            try {
                DataSource.parse(file + ":" + member).open(Split.ALL, 1).close();
                return file + ":" + member;
            } catch (UserError e) {
                first = first == null ? e : first;
            }
        }
        throw new UserError("--factors SRC is missing, and there is no member " + String.join(" or ", MEMBERS) + ": "
                + first.getMessage());
    }

    /**
     * Factors from their values.
     *
     * @param rows [N][F]
     * @param place where they are from, for messages
     */
    static Factors of(List<float[]> rows, String place) {
        int count = rows.get(0).length;
        int[][] classes = new int[count][rows.size()];
        int[] sizes = new int[count];
        for (int f = 0; f < count; f++) {
            TreeSet<Float> values = new TreeSet<>();
            for (float[] row : rows) {
                values.add(row[f]);
            }
            if (values.size() > MOST_VALUES) {
                throw new UserError("--factors: factor " + f + " of " + place + " has " + values.size()
                        + " values; at most " + MOST_VALUES + " are accepted, as a factor is a number of classes");
            }
            List<Float> order = new ArrayList<>(values);
            for (int n = 0; n < rows.size(); n++) {
                classes[f][n] = java.util.Collections.binarySearch(order, rows.get(n)[f]);
            }
            sizes[f] = order.size();
        }
        if (Arrays.stream(sizes).allMatch(size -> size == 1)) {
            throw new UserError("--factors: no factor of " + place
                    + " varies over the rows used; use more rows, or others, by --split and --limit");
        }
        return new Factors(classes, sizes);
    }

    /** Entropy of a factor over the samples, nats. */
    double entropy(int factor) {
        long[] counts = new long[sizes[factor]];
        for (int value : classes[factor]) {
            counts[value]++;
        }
        return entropy(counts);
    }

    static double entropy(long[] counts) {
        double total = Arrays.stream(counts).sum();
        double sum = 0;
        for (long count : counts) {
            sum -= count == 0 ? 0 : count / total * Math.log(count / total);
        }
        return sum;
    }
}
