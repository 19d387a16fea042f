package io.jcuvae.jobs;

import java.util.stream.IntStream;

/**
 * Which columns make a row unusual: by how much the reconstruction term of each, at the posterior's mean, exceeds what it
 * usually is, as a share of all that exceeds. A column that can never be foreseen is not blamed for that.
 */
final class Blame {
    private final String[] names;
    private final float[] usual;
    private final int most;

    /**
     * Prepares.
     *
     * @param usual terms of the columns, see {@link UsualTerms}
     * @param most columns to name of each row
     */
    Blame(String[] names, float[] usual, int most) {
        this.names = names.clone();
        this.usual = usual.clone();
        this.most = Math.min(most, names.length);
    }

    /** The columns that exceed most, the first first, at most as many as asked for; none where none does. */
    int[] columns(float[] terms, int row) {
        float[] over = new float[usual.length];
        for (int i = 0; i < over.length; i++) {
            over[i] = terms[row * over.length + i] - usual[i];
        }
        return IntStream.range(0, over.length)
                .filter(i -> over[i] > 0)
                .boxed()
                .sorted((a, b) -> over[a] == over[b] ? Integer.compare(a, b) : Float.compare(over[b], over[a]))
                .limit(most)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    String[] names(int[] columns) {
        return IntStream.of(columns).mapToObj(i -> names[i]).toArray(String[]::new);
    }

    float[] shares(int[] columns, float[] terms, int row) {
        double all = 0;
        for (int i = 0; i < usual.length; i++) {
            all += Math.max(0, (double) terms[row * usual.length + i] - usual[i]);
        }
        float[] shares = new float[columns.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = (float) (((double) terms[row * usual.length + columns[i]] - usual[columns[i]]) / all);
        }
        return shares;
    }
}
