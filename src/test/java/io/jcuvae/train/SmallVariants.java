package io.jcuvae.train;

import io.jcuvae.vae.Posterior;
import java.util.stream.Stream;

/** The presets that are variants of the training, on networks and data as small as {@link SmallRuns} has them. */
public final class SmallVariants {
    private SmallVariants() {}

    /** The presets for any samples, but for the first, which is everywhere else, and those that need labels. */
    public static Stream<String> names() {
        return Stream.of(Preset.values())
                .filter(preset -> preset != Preset.MLP && preset.example().isEmpty())
                .map(Preset::label)
                .filter(name -> !TrainConfig.preset(name).conditioned());
    }

    /** Batches of 32, as {@link SmallRuns#config} has them. */
    public static TrainConfig config(String preset, int epochs) {
        TrainConfig config = TrainConfig.preset(preset);
        TrainConfig small = SmallRuns.with(
                config.draws() > 5 ? config.with(Setting.DRAWS, "5") : config,
                "--data blobs --epochs " + epochs
                        + " --batch 32 --hidden 32,16 --latent 3 --upper-hidden 8 --validation 0 --threads 1");
        return small.posterior() == Posterior.VQ
                ? SmallRuns.with(small, "--latent 6 --code-size 2 --codes 7 --code-decay 0.7")
                : small;
    }
}
