package io.jcuvae.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A folder of this user's in which unpacked libraries lie from one run to the next. A library is what this process will
 * execute, so nobody else may be able to put one there: folders are the user's own and closed to others, every file is
 * compared with what it should hold before it is used, and it is written aside and renamed, so that no other process ever
 * sees half of one.
 */
final class NativeCache {
    /** The cache folder as an environment variable. */
    static final String VARIABLE = "JCUVAE_CACHE";
    /** The cache folder as a system property; it goes before the variable. */
    static final String PROPERTY = "jcuvae.cache";

    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final Set<PosixFilePermission> OTHERS_MAY_WRITE =
            EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
    private static final Duration FORGOTTEN = Duration.ofHours(1);
    private static final int HASH_DIGITS = 20;

    private final Path folder;

    /**
     * A cache in a folder, which need not exist.
     *
     * @param folder made when something is put there
     */
    NativeCache(Path folder) {
        this.folder = folder;
    }

    /** The folders to try, best first: the configured one, then those that survive until the machine restarts. */
    static List<Path> folders(Map<String, String> environment, Optional<String> property) {
        List<Path> folders = new ArrayList<>();
        String chosen = property.orElse(environment.get(VARIABLE));
        String xdg = environment.get("XDG_CACHE_HOME");
        if (chosen != null && !chosen.isBlank()) {
            folders.add(Path.of(chosen));
        } else if (xdg != null && xdg.startsWith("/")) {
            folders.add(Path.of(xdg, "jcuvae"));
        } else {
            folders.add(Path.of(System.getProperty("user.home", "/"), ".cache", "jcuvae"));
        }
        String own = "jcuvae-" + owner();
        folders.add(Path.of(System.getProperty("java.io.tmpdir"), own));
        String runtime = environment.get("XDG_RUNTIME_DIR");
        if (runtime != null && runtime.startsWith("/")) {
            folders.add(Path.of(runtime, "jcuvae"));
        }
        folders.add(Path.of("/dev/shm", own));
        return folders.stream().map(Path::toAbsolutePath).distinct().toList();
    }

    /** The folder. */
    Path folder() {
        return folder;
    }

    /**
     * Makes sure that a file lies here with exactly this content.
     *
     * @param name the file's name; its folder is named by the content
     * @return where it lies
     * @throws IOException saying why this folder cannot be used
     */
    Path put(String name, byte[] content) throws IOException {
        Files.createDirectories(folder.getParent());
        makePrivate(folder);
        Path holder = folder.resolve(hash(content));
        makePrivate(holder);
        Path file = holder.resolve(name);
        if (!holds(file, content)) {
            replace(file, content);
            if (!holds(file, content)) {
                throw new IOException(file + " does not keep what is written to it");
            }
        }
        return file;
    }

    private static void makePrivate(Path made) throws IOException {
        try {
            Files.createDirectory(made, PRIVATE);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(made)) {
                throw new IOException(made + " is no folder", e);
            }
        }
        // The link's own owner does not matter, the folder's does: it is what libraries are put into.
        Path real = made.toRealPath();
        if (!isOwn(real)) {
            throw new IOException(real + " belongs to somebody else");
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(real);
        if (permissions.stream().anyMatch(OTHERS_MAY_WRITE::contains)) {
            throw new IOException(real + " can be written to by others");
        }
    }

    /** Whether a file is a plain one of this user's that holds just this. */
    private static boolean holds(Path file, byte[] content) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                || !isOwn(file)
                || Files.size(file) != content.length
                || Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS_MAY_WRITE::contains)) {
            return false;
        }
        return Arrays.equals(Files.readAllBytes(file), content);
    }

    /** Puts a whole new file in the place of whatever is there; who has the old one open keeps it. */
    private static void replace(Path file, byte[] content) throws IOException {
        Path holder = file.getParent();
        forget(holder);
        Path aside = Files.createTempFile(holder, file.getFileName().toString(), ".part", PRIVATE);
        try {
            try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
                ByteBuffer rest = ByteBuffer.wrap(content);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(file + " is a folder");
            }
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    /** Removes what a process that was killed while writing left behind. */
    private static void forget(Path holder) throws IOException {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(holder, "*.part")) {
            for (Path part : parts) {
                try {
                    if (Files.getLastModifiedTime(part, LinkOption.NOFOLLOW_LINKS)
                            .toInstant()
                            .isBefore(Instant.now().minus(FORGOTTEN))) {
                        Files.deleteIfExists(part);
                    }
                } catch (NoSuchFileException e) {
                    // Another process has finished it meanwhile.
                }
            }
        }
    }

    private static boolean isOwn(Path path) throws IOException {
        return String.valueOf(Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                .equals(owner());
    }

    /** The number of the user that this process runs as: whom its own entry in /proc belongs to. */
    private static String owner() {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | RuntimeException e) {
            return System.getProperty("user.name", "unknown");
        }
    }

    private static String hash(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
