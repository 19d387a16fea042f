package io.jcuvae.train;

import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.UserError;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the rows of all workers are together.
 *
 * @param parts of the workers in their order
 */
record Survey(List<Shard.Facts> parts) {
    /**
     * Asks the workers, and compares their answers.
     *
     * @param first the first worker's rows
     * @throws UserError where samples differ in shape, or the first worker has other rows than are known here
     */
    static Survey of(String run, TrainConfig config, Dataset first, Workers workers) {
        List<Shard.Facts> parts = workers.survey(run, config);
        Shard.Facts here = Shard.Facts.of(first, config);
        for (int w = 0; w < parts.size(); w++) {
            String source = new Shard(w, parts.size()).source(config.data());
            if (!parts.get(w).shape().equals(here.shape())) {
                throw new UserError(source + ": worker " + w + " has samples of "
                        + parts.get(w).shape() + ", the first has samples of " + here.shape()
                        + "; all must have one shape");
            }
        }
        if (!parts.get(0).fingerprint().equals(here.fingerprint())) {
            throw new UserError(
                    config.data() + ": worker 0 reads " + parts.get(0).count() + " rows with "
                            + parts.get(0).fingerprint() + ", and the driver reads " + here.count() + " with "
                            + here.fingerprint() + "; the same files must be seen at the same path everywhere");
        }
        return new Survey(parts);
    }

    /** The classes of all rows. */
    Classes classes() {
        return Classes.joined(
                parts.stream().map(part -> new Classes(part.classes())).toList());
    }

    /** What all rows are, where one worker's are known; of one worker nothing changes. */
    DataRecord record(DataRecord first) {
        if (parts.size() == 1) {
            return first;
        }
        String prints = parts.stream().map(Shard.Facts::fingerprint).collect(Collectors.joining(" "));
        long rows = parts.stream().mapToLong(Shard.Facts::count).sum();
        return first.spread(Shard.digest(prints), (int) Math.min(rows, Integer.MAX_VALUE));
    }

    /**
     * Rows of each worker that are trained on.
     *
     * @param first those of the first, of which some may be held out
     */
    int[] trainedOn(int first) {
        int[] counts = parts.stream().mapToInt(Shard.Facts::count).toArray();
        counts[0] = first;
        return counts;
    }
}
