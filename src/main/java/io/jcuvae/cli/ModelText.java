package io.jcuvae.cli;

import io.jcuvae.nn.StackShapes;
import io.jcuvae.report.RunReport;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.Model;
import io.jcuvae.train.Preset;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.Upper;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A model in a few words. */
final class ModelText {
    private ModelText() {}

    /**
     * The shapes in order, the activation and the likelihood: {@code 784-400-200-(20, 20)-200-400-784, relu, bernoulli}, or
     * {@code conv-28: 1x28x28-32x14x14-64x7x7-3136-256-(20, 20)-...} where the layers are given one by one.
     */
    static String network(Model model) {
        return network(model.config(), model.spec());
    }

    /** The same of a network that is not trained yet. */
    static String network(TrainConfig config, VaeSpec spec) {
        Optional<Preset> preset = Preset.of(config);
        boolean dense = preset.isPresent() && preset.get() == Preset.MLP;
        StringBuilder text = new StringBuilder(
                dense ? "" : preset.map(known -> known.label() + ": ").orElse(""));
        append(text, spec.encoderShapes(), "", "-");
        String latents = String.valueOf(spec.latents());
        text.append("(")
                .append(spec.posterior().hasDivergence() ? latents + ", " + latents : latents)
                .append(")");
        List<Shape> back = spec.decoderShapes();
        append(text, back.subList(1, back.size()), "-", "");
        return text + (dense ? ", " + config.activation().label() : "") + ", "
                + config.likelihood().label()
                + (spec.upper().given() ? ", " + above(spec.upper()) : "");
    }

    /** As in {@code second stochastic layer 100-100-(10, 10)}. */
    private static String above(Upper upper) {
        String between = upper.hidden().stream().map(width -> width + "-").collect(Collectors.joining());
        return "second stochastic layer " + between + "(" + upper.latents() + ", " + upper.latents() + ")";
    }

    /** What a report tells of a model beside its settings. */
    static RunReport.Facts facts(Model model) {
        return new RunReport.Facts(
                Main.PROGRAM, network(model), model.spec().layout().count());
    }

    /** Layers that leave the shape as it is are not seen. */
    private static void append(StringBuilder text, List<Shape> shapes, String before, String after) {
        for (int i = 0; i < shapes.size(); i++) {
            if (i == 0 || !shapes.get(i).equals(shapes.get(i - 1))) {
                text.append(before).append(StackShapes.text(shapes.get(i))).append(after);
            }
        }
    }

    /** A path as one would type it in a shell. */
    static String quoted(Path path) {
        String text = path.toString();
        return text.matches("[A-Za-z0-9_./:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
