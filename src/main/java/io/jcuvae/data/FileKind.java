package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The kinds of data files, told by their names' endings or, without a known one, by their first bytes. */
enum FileKind {
    IDX,
    NPY,
    NPZ,
    CSV,
    PARQUET,
    /** A zip of pictures; folders of them are told apart elsewhere. */
    PICTURES;

    static final List<String> BUILT_IN = List.of("mnist-sample", "mnist", "fashion-mnist", "moons");
    private static final String KEYED = ".npz:";

    /**
     * A path with the member that it names.
     *
     * @param key the member of a .npz, or null
     */
    record Named(Path path, String key) {}

    /**
     * Takes a text as a path that exists, {@code file.npz:key} apart.
     *
     * @param forms ends the message: what is accepted
     * @throws UserError with the nearest name that does exist
     */
    static Named find(String text, String forms) {
        int keyed = text.lastIndexOf(KEYED);
        try {
            Path whole = Path.of(text);
            if (!text.isBlank() && Files.exists(whole)) {
                return new Named(whole, null);
            }
            String file = keyed < 0 ? text : text.substring(0, keyed + KEYED.length() - 1);
            Path path = Path.of(file);
            if (keyed >= 0 && Files.exists(path)) {
                return new Named(path, text.substring(keyed + KEYED.length()));
            }
            throw new UserError(Faults.name(path) + ": no such file or folder" + nearest(path) + "; " + forms);
        } catch (InvalidPathException e) {
            throw new UserError(Faults.quoted(text) + ": no such file or folder; " + forms, e);
        }
    }

    /** The kind of an existing file. */
    static FileKind of(Path file, String forms) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".npz")) {
            return NPZ;
        }
        String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
        if (plain.endsWith(".npy")) {
            return NPY;
        }
        if (name.endsWith(".parquet") || name.endsWith(".parq")) {
            return PARQUET;
        }
        if (plain.endsWith(".csv") || plain.endsWith(".tsv")) {
            return CSV;
        }
        if (name.endsWith(".zip")) {
            return ZipPictures.holdsArrays(file) ? NPZ : PICTURES;
        }
        if (plain.endsWith("-ubyte") || plain.endsWith(".idx")) {
            return IDX;
        }
        FileKind found = byStart(file);
        if (found == null) {
            throw new UserError(Faults.name(file) + ": is of no known kind by its name or first bytes; " + forms);
        }
        return found;
    }

    /** The kind by the first bytes, or null. */
    static FileKind byStart(Path file) {
        byte[] start = new byte[4];
        try (ByteSource source = ByteSource.open(file)) {
            source.read(start, 0, 4);
        }
        if (start[0] == (byte) 0x93 && start[1] == 'N' && start[2] == 'U') {
            return NPY;
        }
        if (Arrays.equals(start, ParquetFooter.MAGIC)) {
            return PARQUET;
        }
        if (start[0] == 'P' && start[1] == 'K' && start[2] == 3) {
            return ZipPictures.holdsArrays(file) ? NPZ : PICTURES;
        }
        if (start[0] == 0 && start[1] == 0 && start[2] >= 8 && start[2] <= 14 && start[3] > 0) {
            return IDX;
        }
        return null;
    }

    /** Whether rows have columns with names, or may have. */
    boolean isTable() {
        return this == CSV || this == PARQUET;
    }

    /** The rows of a table: of a file that is called or begins as Parquet is, else of text. */
    static TableLines lines(Path file) {
        return lines(file, Faults.name(file));
    }

    /** The same of a file that messages call otherwise. */
    static TableLines lines(Path file, String called) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        boolean parquet = name.endsWith(".parquet") || name.endsWith(".parq");
        if (!parquet && !name.replaceFirst("\\.gz$", "").matches(".*\\.[ct]sv")) {
            byte[] start = new byte[4];
            try (ByteSource source = ByteSource.open(file)) {
                source.read(start, 0, 4);
            }
            parquet = Arrays.equals(start, ParquetFooter.MAGIC);
        }
        return parquet ? new ParquetLines(file, called) : new CsvLines(ByteSource.open(file, called));
    }

    /** A guess at what a name that does not exist was meant to be. */
    private static String nearest(Path path) {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        Path folder = path.getParent() == null ? Path.of("") : path.getParent();
        int allowed = Math.max(1, name.length() / 4);
        Optional<String> sibling = Optional.empty();
        try (Stream<Path> files = Files.list(folder)) {
            sibling = closest(files.map(file -> file.getFileName().toString()), name, allowed);
        } catch (IOException | UncheckedIOException e) {
            // The guess is a courtesy; a folder that does not exist or cannot be listed has none to offer.
        }
        if (sibling.isPresent()) {
            return "; did you mean " + Faults.name(path.resolveSibling(sibling.get())) + "?";
        }
        return path.getParent() != null
                ? ""
                : closest(BUILT_IN.stream(), name, allowed)
                        .map(found -> "; did you mean " + found + "?")
                        .orElse("");
    }

    private static Optional<String> closest(Stream<String> names, String name, int allowed) {
        return names.filter(other -> !other.startsWith("."))
                .filter(other ->
                        other.equals(name + ".gz") || name.equals(other + ".gz") || distance(name, other) <= allowed)
                .min(Comparator.comparingInt((String other) -> distance(name, other))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance, upper and lower case alike. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                boolean same = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
                int replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
