package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Writers of rows, chosen by the file's ending; the choice is made, and refused, before any row is computed. */
public final class RowWriters {
    private static final String SAMPLE_ENDINGS = ".npy, .npz, .csv, .png, -ubyte or -ubyte.gz";
    private static final String LATENT_ENDINGS = ".npy, .npz or .csv";
    private static final String CODE_ENDINGS = ".npy or .csv";

    private RowWriters() {}

    /**
     * A writer of samples: .npy (float32 [rows, sizes...]), .npz (member samples), .csv (columns x0, x1, ...), .png (a
     * grid of up to 10,000 pictures), -ubyte and -ubyte.gz (IDX bytes: 255 times the value, rounded half up, clipped).
     *
     * @param file the target; its folder is made if it does not exist
     * @param shape the shape of a row
     * @param count the number of rows, or -1 where it is not known yet
     * @throws UserError if the ending is unknown, or the rows do not fit the format
     */
    public static RowWriter samples(Path file, SampleShape shape, long count) {
        return samples(file, shape, count, 0);
    }

    /**
     * The same with a say in the grid.
     *
     * @param columns pictures in a line of a .png, 0 for a near-square grid
     */
    public static RowWriter samples(Path file, SampleShape shape, long count, int columns) {
        int width = shape.width();
        return switch (ending(file, SAMPLE_ENDINGS)) {
            case ".npy" -> new NpyWriter(file, width, count, shape.sizes());
            case ".npz" ->
                new NpzWriter(file, width, count, List.of(new NpzWriter.Member("samples", 0, shape.sizes())));
            case ".csv" -> new CsvWriter(file, count, numbered("x", width).toList());
            case ".png" -> new PngWriter(file, shape, count, columns);
            case "-ubyte" -> new IdxWriter(file, shape, count, false);
            default -> new IdxWriter(file, shape, count, true);
        };
    }

    /** A writer of one number for each row: .npy, float32 [rows]. */
    public static RowWriter numbers(Path file) {
        return new NpyWriter(file, 1, -1);
    }

    /**
     * A writer of samples in the units of their table's file: a .csv has the schema's names and levels, other formats the
     * number of a level.
     *
     * @param columns pictures in a line of a .png, 0 for a near-square grid
     * @throws UserError as {@link #samples(Path, SampleShape, long)}
     */
    public static RowWriter samples(Path file, SampleShape shape, long count, int columns, Table table) {
        boolean text = table.named() && ending(file, SAMPLE_ENDINGS).equals(".csv");
        return table.decoding(text ? new TableWriter(file, count, table) : samples(file, shape, count, columns));
    }

    /**
     * A writer of latents, whose rows are Z means and then Z logarithms of variances: .npy [rows, 2, Z], .npz (members
     * mean and logvar [rows, Z]), .csv (columns mean0, ..., logvar0, ...). Without variances .npy is [rows, Z], and what is
     * called logvar is not there.
     *
     * @param file the target; its folder is made if it does not exist
     * @param values 2, or 1 without variances
     * @param latentSize Z
     * @param count the number of rows, or -1 where it is not known yet
     * @throws UserError if the ending is unknown
     */
    public static RowWriter latents(Path file, int values, int latentSize, long count) {
        int width = values * latentSize;
        int[] row = values == 1 ? new int[] {latentSize} : new int[] {values, latentSize};
        List<String> names = List.of("mean", "logvar").subList(0, values);
        return switch (ending(file, LATENT_ENDINGS)) {
            case ".npy" -> new NpyWriter(file, width, count, row);
            case ".npz" ->
                new NpzWriter(
                        file,
                        width,
                        count,
                        IntStream.range(0, values)
                                .mapToObj(i -> new NpzWriter.Member(names.get(i), i * latentSize, latentSize))
                                .toList());
            default ->
                new CsvWriter(
                        file,
                        count,
                        names.stream()
                                .flatMap(name -> numbered(name, latentSize))
                                .toList());
        };
    }

    /**
     * A writer of the numbers of codes, S in a row: .npy, int32 [rows, S], or .csv (columns code0, ...).
     *
     * @throws UserError if the ending is another
     */
    public static RowWriter codes(Path file, int slots, long count) {
        return ending(file, CODE_ENDINGS).equals(".npy")
                ? new NpyIntWriter(file, slots, count)
                : new CsvWriter(file, count, numbered("code", slots).toList());
    }

    /** The same for means and variances. */
    public static RowWriter latents(Path file, int latentSize, long count) {
        return latents(file, 2, latentSize, count);
    }

    private static Stream<String> numbered(String name, int count) {
        return IntStream.range(0, count).mapToObj(i -> name + i);
    }

    /** The one of the endings that the file has. */
    private static String ending(Path file, String endings) {
        String name =
                file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        for (String ending : endings.split("(,| or) ")) {
            if (name.endsWith(ending)) {
                return ending;
            }
        }
        throw new UserError(Faults.name(file) + ": this ending tells no format; name the file with " + endings);
    }

    /** Checks at the end that the promise of a number of rows was kept. */
    static void requireCount(Path file, long promised, long written) {
        if (promised >= 0 && promised != written) {
            throw new IllegalStateException(
                    Faults.name(file) + ": " + promised + " rows were promised, " + written + " were written");
        }
    }
}
