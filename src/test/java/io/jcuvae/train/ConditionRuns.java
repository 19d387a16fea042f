package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Small labelled data and runs for tests. */
public final class ConditionRuns {
    private ConditionRuns() {}

    /** Blobs, labelled by the quarter of the picture that has the most light. */
    public static Dataset blobs(int count, long seed) {
        Dataset blobs = SmallRuns.blobs(count, seed);
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            int[] light = new int[4];
            for (int p = 0; p < blobs.width(); p++) {
                boolean below = p / SmallRuns.SIDE >= SmallRuns.SIDE / 2;
                boolean right = p % SmallRuns.SIDE >= SmallRuns.SIDE / 2;
                light[(below ? 2 : 0) + (right ? 1 : 0)] += blobs.bytes()[i * blobs.width() + p] & 0xFF;
            }
            for (int quarter = 1; quarter < 4; quarter++) {
                labels[i] = light[quarter] > light[labels[i]] ? quarter : labels[i];
            }
        }
        return Dataset.ofBytes("blobs", blobs.shape(), blobs.bytes(), labels);
    }

    /** The same rows with other labels. */
    public static Dataset relabelled(Dataset data, IntUnaryOperator label) {
        return Dataset.ofBytes(
                data.name(),
                data.shape(),
                data.bytes(),
                Arrays.stream(data.labels()).map(label).toArray());
    }

    /** {@link SmallRuns#config} that is told labels. */
    public static TrainConfig config(int epochs) {
        return SmallRuns.config(epochs).with(Setting.CONDITION, "labels");
    }
}
