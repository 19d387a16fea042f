package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The arrays of a NumPy .npz: a zip of .npy members, stored or deflated. Pickled members are never opened beyond their
 * header; what is not read is named in the warnings.
 */
final class NpzFile {
    private static final Set<String> DATA_NAMES = Set.of("x", "data", "images", "imgs", "features");
    private static final Set<String> LABEL_NAMES = Set.of("y", "label", "labels");
    private static final String ENDING = ".npy";
    private static final int MOST_MEMBERS = 10_000;

    private final Path file;
    private final String name;
    private final List<ArrayHeader> headers = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /** Lists the members. */
    NpzFile(Path file) {
        this.file = file;
        this.name = Faults.name(file);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new UserError(name + ": is a folder or a device; a .npz file is needed here");
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            if (zip.size() > MOST_MEMBERS) {
                throw new UserError(
                        name + ": has " + zip.size() + " members; at most " + MOST_MEMBERS + " are accepted");
            }
            for (ZipEntry entry : Collections.list(zip.entries())) {
                list(zip, entry);
            }
        } catch (UserError e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw notZip(e);
        }
    }

    private UserError notZip(Exception cause) {
        String reason = cause.getMessage() == null ? "unreadable" : cause.getMessage();
        return new UserError(
                name + ": cannot be opened as .npz (" + Faults.quoted(reason)
                        + "), it is no zip file or is damaged; copy it" + " again or save it with numpy.savez",
                cause);
    }

    private void list(ZipFile zip, ZipEntry entry) {
        if (!entry.getName().endsWith(ENDING)) {
            warnings.add(name + ": member " + Faults.quoted(entry.getName()) + " is no .npy array and is skipped");
            return;
        }
        String key = entry.getName().substring(0, entry.getName().length() - ENDING.length());
        try (ByteSource bytes = source(zip, entry, () -> {})) {
            NpyDict dict = NpyHeader.readDict(bytes);
            if (NpyHeader.isNumeric(dict)) {
                headers.add(NpyHeader.judge(bytes.name(), dict));
                keys.add(key);
            } else {
                // Unpickling runs code from the file, so object arrays are never opened.
                String held = dict.descr().contains("O") ? "pickled Python objects" : "no numbers";
                warnings.add(name + ": member " + Faults.quoted(key) + " holds " + held + " and is skipped");
            }
        }
    }

    private ByteSource source(ZipFile zip, ZipEntry entry, Closeable owner) {
        String member = name + ":" + Faults.quoted(entry.getName().replace(ENDING, ""));
        try {
            InputStream in = zip.getInputStream(entry);
            return ByteSource.member(member, in, owner, entry.getSize(), entry.getCompressedSize(), entry.getCrc());
        } catch (IOException | RuntimeException e) {
            throw Faults.unreadable(member, e);
        }
    }

    /** What was skipped, one line each. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** The keys of all numeric members. */
    List<String> keys() {
        return List.copyOf(keys);
    }

    /** The name of the whole file for messages. */
    String name() {
        return name;
    }

    /**
     * The rows of a member.
     *
     * @param key its name, or null for the only one that can be data: of at least two sizes, or named x, data, images,
     *     imgs or features
     * @throws UserError listing the members if it cannot be told
     */
    ArrayRows rows(String key) {
        String chosen = key == null ? only() : key;
        if (!keys.contains(chosen)) {
            throw new UserError(name + ": has no numeric member " + Faults.quoted(chosen) + "; it has " + listing());
        }
        ArrayHeader header = headers.get(keys.indexOf(chosen));
        long rows = header.dims().length == 0 ? 0 : header.rows();
        return new ArrayRows(() -> open(chosen), NpyHeader::read, () -> labels(rows));
    }

    private String only() {
        List<String> wide = keys.stream()
                .filter(key -> headers.get(keys.indexOf(key)).dims().length >= 2)
                .toList();
        List<String> named = wide.stream()
                .filter(key -> DATA_NAMES.contains(key.toLowerCase(Locale.ROOT)))
                .toList();
        for (List<String> candidates : List.of(named, wide, keys)) {
            if (candidates.size() == 1) {
                return candidates.get(0);
            }
        }
        throw new UserError(name + ": cannot tell which member holds the rows; it has " + listing()
                + ": name one as in file.npz:key");
    }

    private ArrayRows labels(long rows) {
        for (int i = 0; i < keys.size(); i++) {
            ArrayHeader header = headers.get(i);
            boolean fits = header.dims().length > 0 && header.rows() == rows && header.elements() == rows;
            if (fits
                    && header.type().isWhole()
                    && LABEL_NAMES.contains(keys.get(i).toLowerCase(Locale.ROOT))) {
                String key = keys.get(i);
                return new ArrayRows(() -> open(key), NpyHeader::read, null);
            }
        }
        return null;
    }

    private ByteSource open(String key) {
        ZipFile zip = null;
        try {
            zip = new ZipFile(file.toFile());
            ZipEntry entry = zip.getEntry(key + ENDING);
            if (entry == null) {
                throw new UserError(
                        name + ": member " + Faults.quoted(key) + " is gone; the file changed while it was read");
            }
            return source(zip, entry, zip);
        } catch (UserError e) {
            ByteSource.closeQuietly(zip);
            throw e;
        } catch (IOException | RuntimeException e) {
            ByteSource.closeQuietly(zip);
            throw notZip(e);
        }
    }

    private String listing() {
        if (keys.isEmpty()) {
            return "no numeric members";
        }
        int shown = Math.min(keys.size(), 12);
        String members = IntStream.range(0, shown)
                .mapToObj(i -> Faults.quoted(keys.get(i)) + " "
                        + Faults.list(headers.get(i).dims()))
                .collect(Collectors.joining(", "));
        return members + (shown < keys.size() ? " and " + (keys.size() - shown) + " more" : "");
    }
}
