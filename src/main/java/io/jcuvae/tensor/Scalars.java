package io.jcuvae.tensor;

/**
 * The small device tensor of everything that varies from step to step: {@code double[Scalars.COUNT]}. A recorded step reads
 * and advances it, so a replay needs no new launch arguments. Doubles hold every count below 2^53 exactly.
 */
public enum Scalars {
    /** Optimizer steps done, t in Adam's formulas. */
    STEP,
    /** The epoch, from 1; selects the draws of dynamic binarization. */
    EPOCH,
    /** Index of the next value of the noise sequence. */
    NOISE_POSITION,
    /** The next row of the epoch's order. */
    ORDER_POSITION,
    /** Rows trained on since the run began; places the draws of layers, as dropout's masks. */
    ROWS_TRAINED,
    /** Steps that were done before the one whose values are in the first row of the schedule's table. */
    SCHEDULE_START,
    /** Adam's step size. */
    LEARNING_RATE,
    /** Weight of the KL term. */
    BETA,
    /** What the KL term is drawn to where it has a capacity, nats. */
    CAPACITY,
    /** 1 - beta1^t of the current step. */
    ADAM_CORRECTION_1,
    /** 1 - beta2^t of the current step. */
    ADAM_CORRECTION_2,
    /** What clipping leaves of the gradients of this step, at most 1. */
    GRADIENT_SCALE,
    /** Sum of the norms of the gradients, before clipping, over the steps since the last reset. */
    GRADIENT_NORM_SUM,
    /** The largest of these norms. */
    GRADIENT_NORM_MAX,
    /** Sum of the loss over the samples since the last reset, nats. */
    LOSS_SUM,
    /** Sum of the reconstruction term since the last reset, nats. */
    RECONSTRUCTION_SUM,
    /** Sum of the KL term since the last reset, nats. */
    KL_SUM,
    /** Sum of the objective's further term since the last reset, where it has one. */
    TERM_SUM,
    /** Samples in the sums. */
    SAMPLES,
    /** 0, or the step whose loss was not finite: from then on nothing advances and no parameter moves. */
    HALTED_AT;

    /** Number of slots. */
    public static final int COUNT = values().length;

    /** The slots' tensor. */
    public static Tensor allocate(Backend backend) {
        return Tensor.of(backend.allocate(ElementType.F64, COUNT), Shape.of(COUNT));
    }
}
