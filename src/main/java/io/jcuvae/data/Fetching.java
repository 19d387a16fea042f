package io.jcuvae.data;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * How public data sets are downloaded.
 *
 * @param mirrors addresses of folders with a set's files, in place of those that are built in; empty for these
 * @param progress made when a download begins, told the bytes that have come, and closed
 * @param cache the folder above the sets' own, or null for the user's
 * @param patience with mirrors that do not answer
 */
record Fetching(
        List<String> mirrors, Supplier<PictureOptions.Progress> progress, Path cache, Mirror.Patience patience) {
    /** From the mirrors that are built in, into the user's cache, telling nobody. */
    static final Fetching USUAL =
            new Fetching(List.of(), PictureOptions.asTheyAre().progress(), null, Mirror.Patience.USUAL);

    /** Keeps the mirrors. */
    Fetching {
        mirrors = List.copyOf(mirrors);
    }

    /** The same from other mirrors; none for those that are built in. */
    Fetching from(List<String> others) {
        return new Fetching(others, progress, cache, patience);
    }

    /** The same with somebody to tell. */
    Fetching withProgress(Supplier<PictureOptions.Progress> told) {
        return new Fetching(mirrors, told, cache, patience);
    }
}
