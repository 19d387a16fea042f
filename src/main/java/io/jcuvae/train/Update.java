package io.jcuvae.train;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * How a step begins and what it does with the gradients. What is not switched on is not asked of the device: by default these are
 * one verb each.
 */
public final class Update {
    private final Ops ops;
    private final TrainState state;
    private final Adam adam;
    private final Tensor table;
    private final Tensor decay;
    private final double clip;
    private final double averaging;

    private Update(
            Backend backend, TrainState state, Tensor table, Adam adam, Tensor decay, double clip, double averaging) {
        this.ops = backend.ops();
        this.state = state;
        this.adam = adam;
        this.table = table;
        this.decay = decay;
        this.clip = clip;
        this.averaging = averaging;
    }

    /** Adam at a constant rate and nothing else. */
    public static Update plain(Backend backend, TrainState state) {
        return new Update(backend, state, null, Adam.STANDARD, null, 0, 0);
    }

    /**
     * What a configuration asks for.
     *
     * @param table [N, 3]: the schedule's values in the steps of the epoch, or null where they are in the scalars
     */
    static Update of(TrainConfig config, Backend backend, TrainState state, Tensor table) {
        Tensor decay = null;
        if (config.weightDecay() > 0) {
            Shape shape = state.values().block().shape();
            decay = Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
            backend.upload(decay, config.decayed().of(state.values().layout(), config.weightDecay()), 0);
        }
        return new Update(backend, state, table, config.adam(), decay, config.clip(), config.averaging());
    }

    /** Counts the step and takes its values from the schedule. */
    void begin() {
        ops.beginStep(state.scalars(), adam.beta1(), adam.beta2());
        if (table != null) {
            ops.schedule(state.scalars(), table);
        }
    }

    /**
     * Moves the parameters.
     *
     * @param gradients a block of them
     * @param scale of the gradients, before clipping
     */
    void apply(Tensor gradients, float scale) {
        Tensor values = state.values().block();
        Tensor first = state.firstMoments().block();
        Tensor second = state.secondMoments().block();
        Tensor scalars = state.scalars();
        if (clip > 0) {
            ops.gradientNorm(scalars, gradients, scale, (float) clip);
        }
        if (clip > 0 || decay != null || scale != 1) {
            ops.adamW(
                    values,
                    first,
                    second,
                    gradients,
                    decay,
                    scalars,
                    adam.beta1(),
                    adam.beta2(),
                    adam.epsilon(),
                    scale);
        } else {
            ops.adam(values, first, second, gradients, scalars, adam.beta1(), adam.beta2(), adam.epsilon());
        }
        if (averaging > 0) {
            ops.average(state.average().block(), values, scalars, averaging);
        }
    }
}
