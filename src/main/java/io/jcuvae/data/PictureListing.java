package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The pictures below a folder or in a zip, told by their names' endings and found without opening one. Zips that lie
 * directly in the folder count as unpacked there. Hidden files and folders and {@code __MACOSX} are passed over, other
 * files counted.
 */
final class PictureListing implements Closeable {
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".jpe", ".jfif");
    private static final int MOST_FILES = 5_000_000;
    private static final int DEEPEST = 32;

    private final Path source;
    private final String name;
    private final List<PictureFile> files = new ArrayList<>();
    private final List<ZipPictures> zips = new ArrayList<>();
    private final TreeMap<String, Integer> others = new TreeMap<>();
    /** Folders already walked through, by what they are and not by name: links can make circles. */
    private final Set<Object> walked = new HashSet<>();

    private boolean plainFiles;

    private PictureListing(Path source) {
        this.source = source;
        this.name = Faults.name(source);
    }

    /**
     * Looks through a folder or zip.
     *
     * @throws UserError if it cannot be listed, or is a zip made to do harm
     */
    static PictureListing of(Path source) {
        PictureListing listing = new PictureListing(source);
        if (Files.isDirectory(source)) {
            listing.walk(source, "", 0);
        } else {
            listing.look(source);
        }
        return listing;
    }

    private void walk(Path folder, String prefix, int depth) {
        if (depth > DEEPEST) {
            throw tooDeep(prefix);
        }
        List<Path> entries;
        try {
            if (!walked.add(identity(folder))) {
                return;
            }
            try (Stream<Path> all = Files.list(folder)) {
                entries = all.sorted().toList();
            }
        } catch (IOException | UncheckedIOException e) {
            throw Faults.unreadable(Faults.name(folder), e instanceof UncheckedIOException u ? u.getCause() : e);
        }
        for (Path entry : entries) {
            String path = prefix + entry.getFileName();
            if (isPassedOver(entry.getFileName().toString())) {
                continue;
            }
            if (Files.isDirectory(entry)) {
                walk(entry, path + "/", depth + 1);
            } else if (depth == 0 && isZip(entry) && !ZipPictures.holdsArrays(entry)) {
                look(entry);
            } else if (wants(path)) {
                // A pipe or device never ends, and a link may lead nowhere.
                if (Files.isRegularFile(entry)) {
                    plainFiles = true;
                    add(new PictureFile(path, stamp(entry), () -> PictureFile.read(entry)));
                } else {
                    count(others, "no plain files");
                }
            }
        }
    }

    private UserError tooDeep(String path) {
        return new UserError(name + ": " + Faults.quoted(path) + " lies more than " + DEEPEST
                + " folders below it; name a folder nearer to its pictures");
    }

    private static boolean isZip(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".zip") && Files.isRegularFile(file);
    }

    private void look(Path zip) {
        ZipPictures pictures = new ZipPictures(zip);
        zips.add(pictures);
        pictures.list(this);
    }

    private static Object identity(Path folder) throws IOException {
        Path real = folder.toRealPath();
        Object key = Files.readAttributes(real, BasicFileAttributes.class).fileKey();
        return key == null ? real : key;
    }

    /** Size and times: the time of the last change of the file's record tells of contents put back under old times. */
    private static String stamp(Path file) {
        try {
            return "file " + Files.size(file) + " "
                    + Files.getLastModifiedTime(file).toInstant() + " " + changed(file);
        } catch (IOException e) {
            throw Faults.unreadable(Faults.name(file), e);
        }
    }

    private static String changed(Path file) {
        try {
            return String.valueOf(Files.getAttribute(file, "unix:ctime"));
        } catch (IOException | RuntimeException e) {
            return "";
        }
    }

    private static boolean isPassedOver(String part) {
        return part.startsWith(".") || part.equals("__MACOSX");
    }

    /** Whether a path is that of a picture; another file is counted. */
    boolean wants(String path) {
        String[] parts = path.split("/");
        if (parts.length > DEEPEST + 1) {
            throw tooDeep(path);
        }
        for (String part : parts) {
            if (isPassedOver(part)) {
                return false;
            }
        }
        String last = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        if (ENDINGS.stream().anyMatch(last::endsWith)) {
            return true;
        }
        int dot = last.lastIndexOf('.');
        count(others, dot < 0 ? "no ending" : last.substring(dot));
        return false;
    }

    private static void count(TreeMap<String, Integer> counts, String what) {
        // Endings come from the files, so there may be as many as files.
        counts.merge(counts.size() < 1000 ? what : "other endings", 1, Integer::sum);
    }

    /** Takes in a picture. */
    void add(PictureFile file) {
        if (files.size() == MOST_FILES) {
            throw new UserError(name + ": has more than " + MOST_FILES + " pictures; name a part of it");
        }
        files.add(file);
    }

    /** The source's name for messages. */
    String name() {
        return name;
    }

    /** The pictures as they were found. */
    List<PictureFile> files() {
        return files;
    }

    /** The files that are no pictures, as in {@code 12 other files (.json, .txt)}; empty where there are none. */
    String others() {
        int count = others.values().stream().mapToInt(Integer::intValue).sum();
        if (count == 0) {
            return "";
        }
        String endings = others.keySet().stream().limit(4).collect(Collectors.joining(", "));
        return count + (count == 1 ? " other file (" : " other files (")
                + Faults.printable(endings + (others.size() > 4 ? ", ..." : "")) + ")";
    }

    /** Where the files lie, as far as what they hold depends on it: the checksums in a zip say what it holds. */
    String place() {
        try {
            return plainFiles ? source.toRealPath().toString() : "";
        } catch (IOException e) {
            throw Faults.unreadable(name, e);
        }
    }

    /** Closes what reading opened. */
    @Override
    public void close() {
        zips.forEach(ZipPictures::close);
    }
}
