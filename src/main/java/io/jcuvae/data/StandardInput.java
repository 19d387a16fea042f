package io.jcuvae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Data from standard input. They are laid down in the user's cache folder first, since training reads its rows more than once;
 * the file goes when the program ends, or a day after one that was killed.
 */
final class StandardInput {
    /** What messages call it. */
    static final String NAME = "standard input";

    private static final List<String> TEXTS = List.of("-", "/dev/stdin");

    private StandardInput() {}

    /** Whether a text names it. */
    static boolean is(String text) {
        return TEXTS.contains(text);
    }

    /**
     * Reads it to its end.
     *
     * @throws io.jcuvae.tensor.UserError if it cannot be read or there is no room for it
     */
    static Path laidDown() {
        Path folder = CacheFolder.of("input");
        CacheFolder.prepare(folder, "data from standard input");
        Path file = folder.resolve(
                "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".part");
        file.toFile().deleteOnExit();
        try {
            Files.copy(System.in, file, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }
}
