package io.jcuvae.cli;

import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A model in a few words. */
final class ModelText {
    private ModelText() {}

    /** The widths in order, as in {@code 784-400-200-(20, 20)-200-400-784}, the activation and the likelihood. */
    static String network(Model model) {
        List<Integer> hidden = model.config().hidden();
        String there = hidden.stream().map(width -> width + "-").collect(Collectors.joining());
        StringBuilder back = new StringBuilder();
        hidden.forEach(width -> back.insert(0, "-" + width));
        long width = model.spec().sample().count();
        int latents = model.spec().latents();
        return width + "-" + there + "(" + latents + ", " + latents + ")" + back + "-" + width + ", "
                + model.config().activation().label() + ", "
                + model.config().likelihood().label();
    }

    /** A path as one would type it in a shell. */
    static String quoted(Path path) {
        String text = path.toString();
        return text.matches("[A-Za-z0-9_./:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
