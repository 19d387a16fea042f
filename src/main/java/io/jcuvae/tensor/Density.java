package io.jcuvae.tensor;

/** Likelihoods whose parameters are all given by the decoder, each value of a sample with P of its own. */
public enum Density {
    /**
     * Values in [0, 1] with density exp(l x - A(l)), A(l) = log((exp(l) - 1) / l); l is the logit (Loaiza-Ganem, Cunningham 2019,
     * whose log C is max(l, 0) + log(1 + exp(-|l|)) - A).
     */
    CONTINUOUS_BERNOULLI(1),
    /**
     * Normal with mean m and log variance v = F + softplus(u - F), F = {@value #LEAST_LOGVAR} (m and u are the parameters):
     * a floor that still passes gradients, at a standard deviation of 0.6 grey levels (Rybkin et al. 2021, who have it on
     * log sigma).
     */
    GAUSSIAN(2),
    /**
     * 256 levels k / 255 of values in [0, 1], each with the mass that a logistic distribution of mean m and log scale s has
     * between the middles to its neighbours, the outermost with all that is beyond (Kingma et al. 2016, appendix; Salimans
     * et al. 2017); s = F + softplus(u - F) with F = {@value #LEAST_LOG_SCALE}.
     */
    DISCRETIZED_LOGISTIC(2),
    /** L levels k / (L - 1) of values in [0, 1] with probabilities softmax(l); P = L. */
    CATEGORICAL(0);

    /** The floor of a log variance. */
    public static final float LEAST_LOGVAR = -12;
    /** The floor of the discretized logistic's log scale, a twelfth of a level. */
    public static final float LEAST_LOG_SCALE = -8;
    /** Levels of the discretized logistic. */
    public static final int LEVELS = 256;

    private final int parameters;

    Density(int parameters) {
        this.parameters = parameters;
    }

    /** Whether a value can have so many parameters. */
    public boolean takes(int count) {
        return parameters > 0 ? count == parameters : count >= 2;
    }

    /** Of the values that a likelihood of levels knows, the number of the nearest: floor(x (levels - 1) + 1/2), clipped. */
    public static int level(float x, int levels) {
        return (int) Math.max(0, Math.min(levels - 1, Math.floor(Math.fma(x, levels - 1f, 0.5f))));
    }
}
