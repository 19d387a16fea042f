package io.jcuvae.tensor;

/**
 * What the options of training ask of a device: schedules, the KL term's variants, clipping, weight decay, averages. A step uses
 * those that are switched on and no others. Everything that varies from step to step is in the scalars, and a halted step moves
 * nothing.
 */
public interface TrainingOps {
    /** Columns of a schedule's table: learning rate, beta, capacity. */
    int SCHEDULE_COLUMNS = 3;

    /**
     * LEARNING_RATE, BETA and CAPACITY become row STEP - 1 - SCHEDULE_START of the table, unless halted. To be called after
     * {@link Ops#beginStep}.
     *
     * @param table [N, 3], F64: the values of N steps in a row
     */
    void schedule(Tensor scalars, Tensor table);

    /**
     * The KL term with a floor under each latent (Kingma et al. 2016, free bits): with k[r, j] the divergence of latent j in row
     * r, active[j] = 1 where the mean of k[r, j] over the rows is at least the floor, else 0, and kl[r] = sum over j of k[r, j]
     * where active and of the floor elsewhere. So the mean of kl is sum over j of max(floor, mean k[., j]).
     *
     * @param kl [B], nats
     * @param active [Z]
     * @param head [B, 2Z]
     * @param floor nats per latent
     */
    void freeBits(Tensor kl, Tensor active, Tensor head, float floor);

    /**
     * {@link Ops#sampleGaussianBackward} where the weight of the divergence is weights[r] latentWeights[j].
     *
     * @param dhead [B, 2Z]
     * @param dz [B, Z]
     * @param head [B, 2Z]
     * @param noise [B, Z]
     * @param weights [B]
     * @param latentWeights [Z]
     */
    void sampleGaussianBackwardWeighted(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights);

    /**
     * {@link Ops#elbo} for a KL term that is drawn to a capacity C (Burgess et al. 2018): with s the sign of mean(kl) - C, 0
     * where they are equal, loss[r] = reconstruction[r] + beta s (kl[r] - C) and klWeights[r] = scale beta s. So the mean of the
     * loss is the mean of the reconstruction + beta |mean(kl) - C|.
     *
     * @param loss [B]
     * @param klWeights [B]
     * @param reconstruction [B]
     * @param kl [B]
     * @param scalars gives {@link Scalars#BETA} and {@link Scalars#CAPACITY}
     * @param scale how rows add up: 1 for a sum, 1 / B for a mean
     */
    void capacityElbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale);

    /**
     * total += x.
     *
     * @param total any shape
     * @param x as many
     */
    void add(Tensor total, Tensor x);

    /**
     * The Euclidean norm n of scale g over the whole block, summed in a fixed order, and what clipping leaves of the gradients:
     * GRADIENT_SCALE = min(1, limit / (n + 1e-6)), as torch.nn.utils.clip_grad_norm_ has it; GRADIENT_NORM_SUM += n and
     * GRADIENT_NORM_MAX = max(itself, n). Nothing is written once halted. Nothing is clipped where n is not a number.
     *
     * @param g gradients
     * @param scale of the gradients, before clipping
     * @param limit the largest norm to leave; infinity clips nothing
     */
    void gradientNorm(Tensor scalars, Tensor g, float scale, float limit);

    /**
     * One AdamW step (Loshchilov, Hutter 2019) over a whole block: p -= rate decay p, then {@link Ops#adam} with the gradients
     * scale GRADIENT_SCALE g. Nothing moves once halted.
     *
     * @param p parameters
     * @param m first moments
     * @param v second moments
     * @param g gradients
     * @param decay of each parameter, or null for none
     * @param scale of the gradients
     */
    void adamW(
            Tensor p,
            Tensor m,
            Tensor v,
            Tensor g,
            Tensor decay,
            Tensor scalars,
            float beta1,
            float beta2,
            float epsilon,
            float scale);

    /**
     * An exponential moving average whose weights add up to one from the first step on: average += (p - average) (1 - decay) /
     * (1 - decay^STEP), unless halted. After t steps it is the sum over i of (1 - decay) decay^(t - i) p_i, divided by 1 -
     * decay^t: Adam's bias correction (Kingma, Ba 2014) for parameters.
     *
     * @param average as many as p
     * @param p parameters after the step
     * @param decay above 0 and below 1
     */
    void average(Tensor average, Tensor p, Tensor scalars, double decay);
}
