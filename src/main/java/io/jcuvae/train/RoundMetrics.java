package io.jcuvae.train;

import com.google.gson.JsonObject;

/**
 * One line of rounds.jsonl.
 *
 * @param epoch from 1
 * @param step of the run that is done, those of one worker counted
 * @param rows that all workers trained on in the round
 * @param loss mean over these rows, each with the parameters of its moment, nats
 * @param heldOut loss of the averaged model on the first held-out rows, nats; not a number before it is known
 * @param seconds of the whole round but for the evaluation and the checkpoint
 * @param stepSeconds that the slowest worker's steps took; the rest went into moving states and their mean
 */
public record RoundMetrics(
        int epoch, long step, long rows, double loss, double heldOut, double seconds, double stepSeconds) {

    RoundMetrics with(double heldOutLoss) {
        return new RoundMetrics(epoch, step, rows, loss, heldOutLoss, seconds, stepSeconds);
    }

    /** The line. */
    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("epoch", epoch);
        json.addProperty("step", step);
        json.addProperty("rows", rows);
        json.addProperty("train_loss", loss);
        json.addProperty("held_out_loss", heldOut);
        json.addProperty("seconds", seconds);
        json.addProperty("step_seconds", stepSeconds);
        return json;
    }
}
