package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;

/** Where a user's files lie that can be made again. */
final class CacheFolder {
    /** Goes before all, as for unpacked libraries: a system property, then an environment variable. */
    static final String PROPERTY = "jcuvae.cache";

    private static final String VARIABLE = "JCUVAE_CACHE";
    private static final Duration FORGOTTEN = Duration.ofDays(1);

    private CacheFolder() {}

    /**
     * The user's folder for some kind of files, which need not exist: {@code $XDG_CACHE_HOME/jcuvae/pictures} or so.
     *
     * @param kind its last name
     */
    static Path of(String kind) {
        String chosen = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path folder;
        if (chosen != null && !chosen.isBlank()) {
            folder = Path.of(chosen);
        } else if (xdg != null && xdg.startsWith("/")) {
            folder = Path.of(xdg, "jcuvae");
        } else {
            folder = Path.of(System.getProperty("user.home", "/"), ".cache", "jcuvae");
        }
        return folder.toAbsolutePath().resolve(kind);
    }

    /**
     * Makes the folder where there is none, closed to others, and removes what killed programs left in it.
     *
     * @param what it is for, as in {@code decoded pictures}
     * @throws UserError naming what to set if it cannot be made
     */
    static void prepare(Path folder, String what) {
        try {
            if (!Files.isDirectory(folder)) {
                makePrivate(folder);
            }
            try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*.part")) {
                for (Path part : parts) {
                    forget(part);
                }
            }
        } catch (IOException e) {
            throw new UserError(
                    Faults.name(folder) + ": cannot be used for " + what + " (" + Faults.reason(e)
                            + "); name another folder with the environment variable " + VARIABLE,
                    e);
        }
    }

    private static void forget(Path part) throws IOException {
        try {
            Instant written =
                    Files.getLastModifiedTime(part, LinkOption.NOFOLLOW_LINKS).toInstant();
            if (written.isBefore(Instant.now().minus(FORGOTTEN))) {
                Files.deleteIfExists(part);
            }
        } catch (NoSuchFileException e) {
            // Another program has finished it meanwhile.
        }
    }

    private static void makePrivate(Path folder) throws IOException {
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (UnsupportedOperationException e) {
            // A file system without such permissions.
            Files.createDirectories(folder);
        }
    }
}
