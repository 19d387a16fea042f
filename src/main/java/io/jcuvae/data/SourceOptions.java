package io.jcuvae.data;

import java.util.List;
import java.util.function.Supplier;

/**
 * What is said about data beside their name.
 *
 * @param pictures how pictures become samples; other data do not look at it
 * @param fetching how public sets are downloaded; likewise
 * @param columns which columns of a table are features and labels; likewise
 */
public record SourceOptions(PictureOptions pictures, Fetching fetching, NamedColumns columns) {
    /** Nothing is said. */
    public static final SourceOptions NONE =
            new SourceOptions(PictureOptions.asTheyAre(), Fetching.USUAL, NamedColumns.ALL);

    /** The same with a say about pictures. */
    public SourceOptions with(PictureOptions others) {
        return new SourceOptions(others, fetching, columns);
    }

    /** The same with a say about columns. */
    public SourceOptions with(NamedColumns others) {
        return new SourceOptions(pictures, fetching, others);
    }

    /**
     * The same with other places for public sets.
     *
     * @param mirrors addresses of folders with a set's files; empty for those that are built in
     * @param progress made when a download begins, told the bytes that have come, and closed
     */
    public SourceOptions withMirrors(List<String> mirrors, Supplier<PictureOptions.Progress> progress) {
        return new SourceOptions(pictures, fetching.from(mirrors).withProgress(progress), columns);
    }
}
