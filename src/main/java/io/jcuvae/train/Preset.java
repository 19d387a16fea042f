package io.jcuvae.train;

import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The presets: the one list behind {@code --preset}. What each sets is in the resource {@code presets/NAME.json}; all but the
 * first name only how they differ from it. {@code docs/models.md} says where their architectures come from, and
 * {@code docs/variants.md} what the others train on.
 */
public enum Preset {
    /** Dense layers, for anything. */
    MLP("dense layers by --hidden", null),
    /** Two strided convolutions. */
    CONV_28("two strided convolutions", Shape.of(28, 28)),
    /** Three strided convolutions and a learned variance. */
    CONV_32_RGB("three strided convolutions, learned variance", Shape.of(32, 32, 3)),
    /** Four strided convolutions. */
    CONV_64("four strided convolutions", Shape.of(64, 64)),
    /** Residual blocks with batch normalisation, and a learned variance. */
    RESNET_32("residual blocks with batch norm, learned variance", Shape.of(32, 32, 3)),
    /** The KL term counts four times (Higgins et al. 2017). */
    BETA_VAE("beta 4", null),
    /** The KL term comes in slowly (Bowman et al. 2016). */
    ANNEALED("beta grows from 0 to 1", null),
    /** The KL term is drawn to a capacity that grows (Burgess et al. 2018). */
    CAPACITY("KL drawn to a growing capacity", null),
    /** No noise and no KL term. */
    AE("a plain autoencoder", null),
    /** The importance-weighted bound of five draws (Burda et al. 2015). */
    IWAE("importance-weighted, 5 draws", null),
    /** The total correlation counts six times (Chen et al. 2018). */
    TC_VAE("total correlation weighed 6 times", null),
    /** The prior is the mean of the posteriors of 100 pseudo-inputs (Tomczak, Welling 2018). */
    VAMP("VampPrior, 100 pseudo-inputs", null),
    /** The prior is a mixture of ten normals. */
    GMM_PRIOR("a mixture of 10 normals as prior", null),
    /** Codes are drawn to the prior as a whole (Tolstikhin et al. 2018). */
    WAE("an autoencoder whose codes follow the prior", null),
    /** The first with labels for encoder and decoder. */
    CVAE("dense layers that are told the label", null),
    /** Eight slots of 256 codes (van den Oord et al. 2017). */
    VQ("8 slots of 256 codes", null),
    /** A second stochastic layer (Burda et al. 2016). */
    TWO_LAYERS("two stochastic layers, 20 and 10", null),
    /** One layer as in the experiments of Burda et al. 2016. */
    IWAE_PAPER_1("the IWAE paper's protocol, one layer", null),
    /** Two layers as there. */
    IWAE_PAPER_2("the same, two layers", null),
    /** The VAE that pythae reproduces on statically binarized digits. */
    VAE_STATIC_MNIST("a VAE's protocol on static digits", null),
    /** A small network that stops by itself, for rows of numbers in any units. */
    TABLE("rows of numbers, standardised", null);

    private final String summary;
    private final Shape example;

    Preset(String summary, Shape example) {
        this.summary = summary;
        this.example = example;
    }

    /** The preset of that name. */
    public static Optional<Preset> find(String name) {
        return Arrays.stream(values()).filter(p -> p.label().equals(name)).findFirst();
    }

    /**
     * Those that can be compared on the same data: the first, and what is trained on instead with its network, likelihood and
     * binarization.
     */
    public static List<Preset> variants() {
        TrainConfig first = TrainConfig.preset(MLP.label());
        return Arrays.stream(values())
                .filter(preset -> preset.example == null)
                .filter(preset -> {
                    TrainConfig config = TrainConfig.preset(preset.label());
                    return config.likelihood() == first.likelihood()
                            && config.binarization() == first.binarization()
                            && config.hidden().equals(first.hidden());
                })
                .toList();
    }

    /**
     * The preset that has the encoder and the decoder of a configuration, of several the one with the most settings in common;
     * nothing when one of the two is the user's own.
     */
    public static Optional<Preset> of(TrainConfig config) {
        Preset nearest = null;
        int most = -1;
        for (Preset preset : values()) {
            TrainConfig own = TrainConfig.preset(preset.label());
            int common = own.inCommon(config);
            if (own.encoder().equals(config.encoder()) && own.decoder().equals(config.decoder()) && common > most) {
                nearest = preset;
                most = common;
            }
        }
        return Optional.ofNullable(nearest);
    }

    /** The name in options: lower case with hyphens. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What its network is, in a few words. */
    public String summary() {
        return summary;
    }

    /** A sample it is made for; nothing where any will do. The channels are an example: any picture of that size will do. */
    public Optional<Shape> example() {
        return Optional.ofNullable(example);
    }

    /** Whether its network takes such samples. */
    public boolean fits(Shape sample) {
        return example == null
                || Picture.of(sample)
                        .filter(picture ->
                                picture.height() == example.extent(0) && picture.width() == example.extent(1))
                        .isPresent();
    }

    /** Height and width of the pictures it is for, as in {@code 28x28}. */
    private String size() {
        return example.extent(0) + "x" + example.extent(1);
    }

    /**
     * Why it does not take such samples, and what to do.
     *
     * @param sample one that it does not fit
     */
    String misfit(Shape sample) {
        List<String> others = Arrays.stream(values())
                .filter(preset -> preset.example != null && preset.fits(sample))
                .map(Preset::label)
                .toList();
        String other = others.isEmpty() ? MLP.label() : String.join(" or ", others);
        return "preset " + label() + " is for pictures of " + size() + "; the data are "
                + Arrays.stream(sample.extents()).mapToObj(String::valueOf).collect(Collectors.joining("x"))
                + ": use " + other + ", --size " + size()
                + " (of a folder or zip of pictures), other --data, or layers that fit"
                + " in --config";
    }
}
