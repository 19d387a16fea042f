package io.jcuvae.train;

import com.google.gson.JsonObject;

/**
 * One line of metrics.jsonl. Losses are nats per sample: loss is reconstruction + beta KL. Train figures are averages over
 * the epoch's steps, each with the parameters of its moment; held-out figures use the parameters after the epoch.
 *
 * @param epoch from 1
 * @param train over the epoch
 * @param test over the held-out rows
 * @param learningRate Adam's step size
 * @param beta weight of the KL term
 * @param seconds training time of the epoch, evaluation left out
 * @param samplesPerSecond training rate
 */
public record EpochMetrics(
        int epoch,
        Losses train,
        Evaluator.Result test,
        double learningRate,
        double beta,
        double seconds,
        double samplesPerSecond) {

    /**
     * Averages per sample, nats.
     *
     * @param loss reconstruction + beta KL
     * @param reconstruction negative log-likelihood
     * @param kl divergence from the prior
     */
    public record Losses(double loss, double reconstruction, double kl) {}

    /** The line. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("epoch", epoch);
        json.addProperty("train_loss", train.loss());
        json.addProperty("train_reconstruction", train.reconstruction());
        json.addProperty("train_kl", train.kl());
        json.addProperty("test_loss", test.loss(beta));
        json.addProperty("test_reconstruction", test.reconstruction());
        json.addProperty("test_kl", test.kl());
        json.addProperty("active_units", test.activeUnits());
        json.addProperty("learning_rate", learningRate);
        json.addProperty("beta", beta);
        json.addProperty("seconds", seconds);
        json.addProperty("samples_per_second", samplesPerSecond);
        return json;
    }
}
