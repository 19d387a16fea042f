package io.jcuvae.train;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import java.io.Serializable;
import java.util.List;

/**
 * What workers share between rounds, off their devices: everything that training moves but the scalars. The arrays are handed on
 * as they are and never written to.
 *
 * @param values parameters, P values
 * @param buffers what layers keep beside them, as running statistics
 * @param firstMoments Adam's m, P values
 * @param secondMoments Adam's v, P values
 * @param average moving average of the parameters, P values, or null without one
 */
public record RoundState(float[] values, float[] buffers, float[] firstMoments, float[] secondMoments, float[] average)
        implements Serializable {

    /** Copies a state from its device. */
    static RoundState of(TrainState state, Backend backend) {
        return new RoundState(
                state.values().download(backend),
                state.buffers().download(backend),
                state.firstMoments().download(backend),
                state.secondMoments().download(backend),
                state.average() == null ? null : state.average().download(backend));
    }

    /** Copies it into the state of a device. */
    void into(TrainState state, Backend backend) {
        state.values().upload(backend, values);
        state.buffers().upload(backend, buffers);
        state.firstMoments().upload(backend, firstMoments);
        state.secondMoments().upload(backend, secondMoments);
        if (average != null) {
            state.average().upload(backend, average);
        }
    }

    /** Bytes of its values. */
    public long bytes() {
        long average = this.average == null ? 0 : this.average.length;
        return Float.BYTES * (3L * values.length + buffers.length + average);
    }

    /**
     * The mean of what workers made of one state, each weighted by its rows. Sums are made in double precision in the
     * order of the workers, so that the mean does not depend on who was ready first; the mean of one is that one, bit
     * for bit. Whole numbers among the buffers count events, and events of all workers happened.
     *
     * @param before the state that all began with
     * @param parts of the workers in their order
     * @param rows that each trained on; a part without rows is not looked at and may be null
     * @param buffers their layout
     */
    static RoundState mean(RoundState before, List<RoundState> parts, long[] rows, ParameterLayout buffers) {
        double all = 0;
        for (long count : rows) {
            all += count;
        }
        double[] weights = new double[rows.length];
        for (int w = 0; w < rows.length; w++) {
            weights[w] = rows[w] / all;
        }
        float[] meanBuffers = mean(
                parts.stream().map(part -> part == null ? null : part.buffers).toList(), weights);
        for (ParameterLayout.Entry entry : buffers.entries()) {
            if (entry.counter()) {
                count(meanBuffers, (int) entry.offset(), before, parts, rows);
            }
        }
        return new RoundState(
                mean(
                        parts.stream()
                                .map(part -> part == null ? null : part.values)
                                .toList(),
                        weights),
                meanBuffers,
                mean(
                        parts.stream()
                                .map(part -> part == null ? null : part.firstMoments)
                                .toList(),
                        weights),
                mean(
                        parts.stream()
                                .map(part -> part == null ? null : part.secondMoments)
                                .toList(),
                        weights),
                before.average == null
                        ? null
                        : mean(
                                parts.stream()
                                        .map(part -> part == null ? null : part.average)
                                        .toList(),
                                weights));
    }

    private static float[] mean(List<float[]> parts, double[] weights) {
        double[] sums = null;
        for (int w = 0; w < weights.length; w++) {
            if (weights[w] == 0) {
                continue;
            }
            float[] part = parts.get(w);
            if (weights[w] == 1) {
                return part.clone();
            }
            if (sums == null) {
                sums = new double[part.length];
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] += weights[w] * part[i];
            }
        }
        float[] mean = new float[sums.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) sums[i];
        }
        return mean;
    }

    private static void count(float[] buffers, int at, RoundState before, List<RoundState> parts, long[] rows) {
        long began = counted(before.buffers, at);
        long count = began;
        for (int w = 0; w < rows.length; w++) {
            count += rows[w] == 0 ? 0 : counted(parts.get(w).buffers, at) - began;
        }
        buffers[at] = count % ParameterLayout.COUNTER_BASE;
        buffers[at + 1] = count / ParameterLayout.COUNTER_BASE;
    }

    private static long counted(float[] buffers, int at) {
        return (long) buffers[at] + ParameterLayout.COUNTER_BASE * (long) buffers[at + 1];
    }
}
