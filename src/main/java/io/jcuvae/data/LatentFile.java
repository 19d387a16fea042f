package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Latents to decode, as {@link RowWriters#latents} wrote them or as a bare table of Z numbers per row. */
final class LatentFile {
    private static final String FORMS =
            "latents are read from .npy [N, Z] or [N, 2, Z], .npz (member mean or z), .csv or .parquet"
                    + " (columns mean0, mean1, ...)";
    private static final Predicate<String> MEANS = Pattern.compile("mean_?\\d+").asMatchPredicate();

    private LatentFile() {}

    /** Opens the means. */
    static SampleReader open(String file, int latentSize) {
        FileKind.Named named = FileKind.find(file, FORMS);
        if (Files.isDirectory(named.path())) {
            throw new UserError(Faults.name(named.path()) + ": is a folder; " + FORMS);
        }
        SampleReader reader =
                switch (FileKind.of(named.path(), FORMS)) {
                    case NPZ -> member(named).unscaled().open(false).reader();
                    case CSV, PARQUET -> new CsvReader(FileKind.lines(named.path()), false, MEANS);
                    case NPY ->
                        new ArrayRows(() -> ByteSource.open(named.path()), NpyHeader::read, null)
                                .unscaled()
                                .open(false)
                                .reader();
                    case IDX -> throw new UserError(Faults.name(named.path()) + ": is an IDX file; " + FORMS);
                    case PICTURES ->
                        throw new UserError(Faults.name(named.path()) + ": is a zip without arrays; " + FORMS);
                };
        int[] sizes = reader.shape().sizes();
        if (sizes.length == 1 && sizes[0] == latentSize) {
            return reader;
        }
        if (sizes.length == 2 && sizes[0] == 2 && sizes[1] == latentSize) {
            return new FirstColumns(reader, latentSize);
        }
        reader.close();
        throw new UserError(Faults.name(named.path()) + ": has rows of shape " + reader.shape() + ", the model has "
                + latentSize + " latents; " + FORMS);
    }

    private static ArrayRows member(FileKind.Named named) {
        NpzFile npz = new NpzFile(named.path());
        if (named.key() != null) {
            return npz.rows(named.key());
        }
        for (String name : new String[] {"mean", "z"}) {
            for (String key : npz.keys()) {
                if (key.toLowerCase(Locale.ROOT).equals(name)) {
                    return npz.rows(key);
                }
            }
        }
        return npz.rows(null);
    }
}
