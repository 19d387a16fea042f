package io.jcuvae.train;

/**
 * The loss that is reported of held-out rows, the same in all epochs, so that they can be compared: beta and capacity are those
 * that annealing ends with, whatever they are at the moment. Free bits do not count: KL is what it is.
 *
 * @param beta final weight of the KL term
 * @param capacity final capacity, nats; 0 for none
 */
public record HeldOutLoss(double beta, double capacity) {
    /** reconstruction + beta KL, or reconstruction + beta |KL - C| with a capacity; nats per sample. */
    public double of(Evaluator.Result result) {
        return capacity == 0 ? result.loss(beta) : result.reconstruction() + beta * Math.abs(result.kl() - capacity);
    }
}
