package io.jcuvae.cli;

import io.jcuvae.tensor.NearestWord;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Guesses which option or command was meant. */
final class NearestMatch {
    /** What other programs call our options. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "learning-rate", "lr",
            "dataset", "data",
            "num-samples", "count",
            "checkpoint", "resume",
            "verbose", "debug",
            "z-dim", "latent",
            "shape", "sample");

    private NearestMatch() {}

    /**
     * The word most like a typed one.
     *
     * @param typed without hyphens in front
     * @return nothing when none is alike
     */
    static Optional<String> of(String typed, Collection<String> words) {
        String sought = typed.toLowerCase(Locale.ROOT).replace('_', '-');
        String here = ELSEWHERE.get(sought);
        if (here != null && words.contains(here)) {
            return Optional.of(here);
        }
        return NearestWord.of(sought, words);
    }
}
