package io.jcuvae.train;

import io.jcuvae.data.Classes;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Which training rows are a worker's. Of a source that all of them see they are dealt out in turn: row r belongs to
 * worker r mod W, so that sorted files give workers like parts. A source with <code>{worker}</code> in its name,
 * which stands for the worker's number from 0, names a file for each, and all its training rows are that worker's.
 *
 * @param worker from 0
 * @param workers W
 */
public record Shard(int worker, int workers) {
    /** What stands for the worker's number in a source's name. */
    public static final String PLACE = "{worker}";

    /** Checks the numbers. */
    public Shard {
        if (worker < 0 || worker >= workers) {
            throw new IllegalArgumentException("worker " + worker + " of " + workers);
        }
    }

    /**
     * What is known of a worker's rows on other machines.
     *
     * @param count of rows
     * @param fingerprint of values and labels
     * @param shape of a row, as text
     * @param classes that occur, in their order; none where the model is not told them
     */
    public record Facts(int count, String fingerprint, String shape, List<String> classes) implements Serializable {
        /** Of rows. */
        public static Facts of(Dataset rows, TrainConfig config) {
            Classes classes = config.conditioned() ? Classes.of(rows) : Classes.NONE;
            return new Facts(rows.count(), Shard.fingerprint(rows), rows.shape().toString(), classes.names());
        }
    }

    /** The name of the source that this worker opens. */
    public String source(String data) {
        return data.replace(PLACE, Integer.toString(worker));
    }

    /** Whether a source's name differs from worker to worker. */
    public static boolean named(String data) {
        return data.contains(PLACE);
    }

    /**
     * The worker's training rows of a source.
     *
     * @param source that {@link #source(String)} names
     * @param config whose {@code --limit} is of each named source, or of the one that all see
     */
    public Dataset training(DataSource source, TrainConfig config) {
        return named(config.data())
                ? source.load(Split.TRAIN, config.limit())
                : source.load(Split.TRAIN, config.limit(), worker, workers);
    }

    private static String fingerprint(Dataset rows) {
        if (rows.labels() == null) {
            return rows.fingerprint();
        }
        StringBuilder labels = new StringBuilder();
        for (int label : rows.labels()) {
            labels.append(label).append(' ');
        }
        return digest(rows.fingerprint() + " " + labels);
    }

    /** A fingerprint of a text. */
    static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
