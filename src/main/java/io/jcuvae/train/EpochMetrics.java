package io.jcuvae.train;

import com.google.gson.JsonObject;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.vae.Codebook;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.VaeSpec;

/**
 * One line of metrics.jsonl. Losses are nats per sample. Train figures are averages over the epoch's steps, each with the
 * parameters, beta and capacity of its moment; held-out figures use the parameters after the epoch, or their average, and their
 * loss the final beta and capacity, see {@link HeldOutLoss}.
 *
 * @param epoch from 1
 * @param train over the epoch
 * @param test over the held-out rows
 * @param validation over the training rows that are held out, or null where there are none
 * @param heldOut the loss of both
 * @param values learning rate, beta and capacity in the epoch's last step
 * @param norms of the gradients, or null where they are not clipped
 * @param term of the objective beside reconstruction and KL, in training, or null without one
 * @param seconds training time of the epoch, evaluation left out
 * @param samplesPerSecond training rate
 * @param codes what training made of a codebook, or null where there is none
 */
public record EpochMetrics(
        int epoch,
        Losses train,
        Evaluator.Result test,
        Evaluator.Result validation,
        HeldOutLoss heldOut,
        Schedule.Values values,
        Norms norms,
        Term term,
        double seconds,
        double samplesPerSecond,
        Codes codes) {

    /** Of a model without a codebook. */
    public EpochMetrics(
            int epoch,
            Losses train,
            Evaluator.Result test,
            Evaluator.Result validation,
            HeldOutLoss heldOut,
            Schedule.Values values,
            Norms norms,
            Term term,
            double seconds,
            double samplesPerSecond) {
        this(epoch, train, test, validation, heldOut, values, norms, term, seconds, samplesPerSecond, null);
    }

    /**
     * What training made of a codebook.
     *
     * @param revived codes that were put onto an encoder output since the run began, those of the first step among them
     */
    public record Codes(long revived) {
        /** What the buffers say; null without a codebook. */
        static Codes of(VaeSpec spec, Parameters buffers, Backend backend) {
            return spec.posterior() == Posterior.VQ ? new Codes(Codebook.revived(buffers, backend)) : null;
        }
    }

    /**
     * Averages per sample, nats.
     *
     * @param loss what is trained on: reconstruction + beta KL, or what free bits or a capacity make of it
     * @param reconstruction negative log-likelihood
     * @param kl divergence from the prior
     */
    public record Losses(double loss, double reconstruction, double kl) {}

    /**
     * Norms of the gradients of all parameters, before clipping.
     *
     * @param mean over the epoch's steps
     * @param most the largest
     */
    public record Norms(double mean, double most) {}

    /**
     * A further term of the objective, without its weight.
     *
     * @param name {@code tc} or {@code mmd}
     * @param value mean over the epoch
     */
    public record Term(String name, double value) {
        /** Its mean over the samples since the sums began; of codes the commitment with its weight. */
        static Term of(TrainConfig config, double[] scalars) {
            String name = config.posterior() == Posterior.VQ
                    ? "commitment"
                    : config.objective().term();
            return name == null
                    ? null
                    : new Term(name, scalars[Scalars.TERM_SUM.ordinal()] / scalars[Scalars.SAMPLES.ordinal()]);
        }
    }

    /** The loss of the held-out rows. */
    public double testLoss() {
        return heldOut.of(test);
    }

    /** The line. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("epoch", epoch);
        json.addProperty("train_loss", train.loss());
        json.addProperty("train_reconstruction", train.reconstruction());
        json.addProperty("train_kl", train.kl());
        add(json, "test", test);
        json.addProperty("active_units", test.activeUnits());
        if (validation != null) {
            add(json, "validation", validation);
        }
        json.addProperty("learning_rate", values.rate());
        json.addProperty("beta", values.beta());
        if (values.beta() != heldOut.beta()) {
            json.addProperty("final_beta", heldOut.beta());
        }
        if (heldOut.capacity() > 0) {
            json.addProperty("capacity", values.capacity());
        }
        if (norms != null) {
            json.addProperty("gradient_norm", norms.mean());
            json.addProperty("gradient_norm_max", norms.most());
        }
        if (term != null) {
            json.addProperty("train_" + term.name(), term.value());
        }
        if (codes != null) {
            json.addProperty("test_commitment", test.codes().commitment());
            json.addProperty("test_perplexity", test.codes().perplexity());
            json.addProperty("test_codes_used", test.codes().used());
            json.addProperty("codes_revived", codes.revived());
        }
        json.addProperty("seconds", seconds);
        json.addProperty("samples_per_second", samplesPerSecond);
        return json;
    }

    private void add(JsonObject json, String rows, Evaluator.Result result) {
        json.addProperty(rows + "_loss", heldOut.of(result));
        json.addProperty(rows + "_reconstruction", result.reconstruction());
        json.addProperty(rows + "_kl", result.kl());
    }
}
