package io.jcuvae.tensor;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Guesses which of some words was meant, for error messages. */
public final class NearestWord {
    private NearestWord() {}

    /**
     * The word most like a typed one.
     *
     * @param typed as found, in any case
     * @param words what there is, in lower case; of two alike the first is taken
     * @return nothing when none is alike
     */
    public static Optional<String> of(String typed, Collection<String> words) {
        String sought = typed.toLowerCase(Locale.ROOT);
        String best = null;
        int least = Integer.MAX_VALUE;
        for (String word : words) {
            int distance = distance(sought, word);
            if (distance < least) {
                least = distance;
                best = word;
            }
        }
        // A third of the letters wrong, and at least one right.
        if (best != null && least <= Math.max(1, sought.length() / 3) && least < sought.length()) {
            return Optional.of(best);
        }
        return words.stream()
                .filter(word -> sought.startsWith(word)
                        || (sought.length() > 1 && word.startsWith(sought))
                        || (word.length() > 3 && sought.contains(word)))
                .findFirst();
    }

    /** The end of an error message: {@code ; did you mean X?}, or nothing. */
    public static String hint(String typed, Collection<String> words) {
        return of(typed, words).map(word -> "; did you mean " + word + "?").orElse("");
    }

    /** Letters to insert, drop, replace or swap with the next (the restricted Damerau-Levenshtein distance). */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], 1 + d[i - 2][j - 2]);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
