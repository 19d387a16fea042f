package io.jcuvae.data;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The pictures of a folder or zip as rows. They are decoded once, when the first row is asked for, into a
 * {@link PictureCache} named by what there is and by what is asked for, and read from there.
 */
final class PictureSet {
    private static final int FINGERPRINT_DIGITS = 32;
    private static final String SHAPE_FILE = ".shape";

    private final PictureListing listing;
    private final PictureOrder order;
    private final PictureOptions options;
    private final Consumer<String> notes;
    private final Consumer<String> warnings;
    private PictureCache cache;

    private PictureSet(
            PictureListing listing, PictureOptions options, Consumer<String> notes, Consumer<String> warnings) {
        this.listing = listing;
        this.order = PictureOrder.of(listing.files());
        this.options = options;
        this.notes = notes;
        this.warnings = warnings;
    }

    /**
     * Finds the pictures.
     *
     * @param notes told what was done, one line each
     * @param warnings told what was left out
     * @return empty where there are none
     * @throws UserError if the source cannot be listed, or is a zip made to do harm
     */
    static Optional<PictureSet> of(
            Path source, PictureOptions options, Consumer<String> notes, Consumer<String> warnings) {
        PictureListing listing = PictureListing.of(source);
        return listing.files().isEmpty()
                ? Optional.empty()
                : Optional.of(new PictureSet(listing, options, notes, warnings));
    }

    /** The first part, or all. */
    RowSource train() {
        return keepLabels -> {
            PictureCache rows = cache();
            return new RowSource.Open(
                    rows.rows(0, rows.train()),
                    () -> rows.labels() == null ? null : Arrays.copyOf(rows.labels(), rows.train()));
        };
    }

    /** The part that is set apart, or null. */
    RowSource test() {
        if (order.test() == null) {
            return null;
        }
        return keepLabels -> {
            PictureCache rows = cache();
            return new RowSource.Open(
                    rows.rows(rows.train(), rows.test()),
                    () -> rows.labels() == null ? null : Arrays.copyOfRange(rows.labels(), rows.train(), rows.count()));
        };
    }

    /** The name of each label; null where labels are numbers, or there are none. */
    List<String> labelNames() {
        return order.namedByNumbers() ? null : order.labels();
    }

    /** Makes sure that the pictures are decoded. */
    void prepare() {
        cache();
    }

    private synchronized PictureCache cache() {
        if (cache == null) {
            Path folder = options.cache() == null ? CacheFolder.of("pictures") : options.cache();
            String name = fingerprint();
            PictureCache found = find(folder, name);
            if (found == null || (found.bad() > 0 && !options.skipBad())) {
                found = decode(folder, name);
            } else {
                note(found, "decoded before, from " + Faults.name(found.file()));
            }
            if (found.bad() > 0) {
                warnings.accept(listing.name() + ": " + found.badLine() + "; they are left out");
            }
            if (order.leftOut() > 0) {
                warnings.accept(listing.name() + ": " + order.leftOut()
                        + " pictures lie beside the folders of the two parts and are left out");
            }
            cache = found;
        }
        return cache;
    }

    private void note(PictureCache rows, String how) {
        String labels = order.labels().isEmpty() ? "" : ", " + order.labels().size() + " labels";
        String others = listing.others().isEmpty() ? "" : "; " + listing.others() + " passed over";
        notes.accept(String.format(
                Locale.ROOT, "pictures %,d of %s%s, %s%s", rows.count(), rows.shape(), labels, how, others));
    }

    /** Names what lies in the source; a change of any picture's name, size, time or checksum gives another name. */
    private String fingerprint() {
        MessageDigest digest = Dataset.sha256();
        StringBuilder text = new StringBuilder("jcuvae decoded pictures 1\n" + listing.place() + "\n");
        text.append(order.train().size()).append('\n');
        for (PictureFile file : order.all()) {
            text.append(file.name()).append('\0').append(file.stamp()).append('\n');
            digest.update(text.toString().getBytes(StandardCharsets.UTF_8));
            text.setLength(0);
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, FINGERPRINT_DIGITS);
    }

    /** What was decoded before for the same wish, or null. */
    private PictureCache find(Path folder, String name) {
        String shape = wish();
        if (!isComplete()) {
            // Which shape the pictures turned out to have is written beside the rows.
            try {
                shape = SampleShape.parse(Files.readString(folder.resolve(name + "-" + shape + SHAPE_FILE)))
                        .toString();
            } catch (IOException | UserError e) {
                return null;
            }
        }
        Path file = folder.resolve(name + "-" + shape);
        try {
            Optional<PictureCache> found = PictureCache.open(file);
            if (found.isEmpty() || !found.get().shape().toString().equals(shape)) {
                warnings.accept(Faults.name(file) + ": these decoded pictures are damaged; they are decoded again");
                return null;
            }
            return found.get();
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw Faults.unreadable(Faults.name(file), e);
        }
    }

    private boolean isComplete() {
        return options.height() > 0 && options.channels() > 0;
    }

    /** What is asked for: the shape of the rows where that is known without looking at the pictures. */
    private String wish() {
        if (isComplete()) {
            return shape(options.height(), options.width(), options.channels()).toString();
        }
        String size = options.height() == 0 ? "own" : options.height() + "x" + options.width();
        return size + (options.channels() == 0 ? "-own" : "-" + options.channels());
    }

    /** [H, W] in grey, [H, W, 3] in colour. */
    static SampleShape shape(int height, int width, int channels) {
        return channels == 1 ? new SampleShape(height, width) : new SampleShape(height, width, channels);
    }

    private PictureCache decode(Path folder, String name) {
        CacheFolder.prepare(folder, "decoded pictures");
        long start = System.nanoTime();
        try (listing) {
            PictureCache made =
                    new PictureDecoding(listing, order, options).run(shape -> folder.resolve(name + "-" + shape));
            if (!isComplete()) {
                byte[] shape = made.shape().toString().getBytes(StandardCharsets.US_ASCII);
                AtomicFile.write(folder.resolve(name + "-" + wish() + SHAPE_FILE), out -> out.write(shape));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            note(
                    made,
                    String.format(
                            Locale.ROOT,
                            "decoded in %.1f s (%,.0f per second) into %s",
                            seconds,
                            made.count() / seconds,
                            Faults.name(made.file())));
            return made;
        } catch (IOException e) {
            throw new Failure(listing.name() + ": cannot be decoded (" + Faults.reason(e) + ")", e);
        }
    }

    /** What a folder or zip without pictures is told. */
    static UserError none(Path path, boolean folder) {
        return new UserError(Faults.name(path) + ": is a " + (folder ? "folder" : "zip")
                + " without pictures (.png, .jpg)"
                + (folder ? " and without a file named train-images-idx3-ubyte (or .gz): a folder needs" : "; it needs")
                + " pictures, labelled by sub-folders or not" + (folder ? ", or the MNIST-named IDX files" : "")
                + "; or name a single file");
    }
}
