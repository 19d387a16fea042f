package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder of IDX files named as MNIST's are: {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, and
 * the same with {@code t10k} or {@code test}, and with {@code valid} or {@code validation} for validation rows; each
 * also with {@code .idx}, with a prefix as in {@code binarized_mnist_train-}, and gzipped. Labels are optional. Without
 * test images the training images are divided like a single file.
 *
 * @param train the training rows
 * @param validation the validation rows, or null
 * @param test the test rows, or null
 */
record MnistFolder(RowSource train, RowSource validation, RowSource test) {
    private static final String TRAIN = "train";
    private static final String VALIDATION = "(?:valid|validation|val)";
    private static final String TEST = "(?:t10k|test)";

    /** Whether a folder has training images so named. */
    static boolean isOne(Path folder) {
        return find(folder, TRAIN, "images") != null;
    }

    /**
     * Finds the files of a folder that {@link #isOne}.
     *
     * @throws UserError if there are files for one purpose with different names
     */
    static MnistFolder of(Path folder) {
        Path train = find(folder, TRAIN, "images");
        Path test = find(folder, TEST, "images");
        Path validation = find(folder, VALIDATION, "images");
        return new MnistFolder(
                rows(folder, train, TRAIN),
                validation == null ? null : rows(folder, validation, VALIDATION),
                test == null ? null : rows(folder, test, TEST));
    }

    private static RowSource rows(Path folder, Path images, String part) {
        Path labels = find(folder, part, "labels");
        return new ArrayRows(() -> ByteSource.open(images), IdxHeader::read, labels == null ? null : () -> idx(labels));
    }

    /** The rows of one IDX file. */
    static ArrayRows idx(Path file) {
        return new ArrayRows(() -> ByteSource.open(file), IdxHeader::read, null);
    }

    private static Path find(Path folder, String part, String what) {
        Pattern names = Pattern.compile("(.*[_.-])?" + part + "-" + what + "[-.]idx\\d-ubyte");
        List<Path> found;
        try (Stream<Path> files = Files.list(folder)) {
            found = files.filter(file -> names.matcher(plainName(file)).matches())
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw Faults.unreadable(Faults.name(folder), e instanceof UncheckedIOException u ? u.getCause() : e);
        }
        for (Path file : found) {
            if (!plainName(file).equals(plainName(found.get(0)))) {
                throw new UserError(Faults.name(folder) + ": has both " + Faults.quoted(plainName(found.get(0)))
                        + " and " + Faults.quoted(plainName(file)) + "; name the single file that is meant");
            }
        }
        // Sorted, so the unpacked file comes before its gzipped twin.
        return found.isEmpty() ? null : found.get(0);
    }

    private static String plainName(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    }
}
