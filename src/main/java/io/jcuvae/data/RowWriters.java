package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Writers of rows, chosen by the file's ending; the choice is made, and refused, before any row is computed. */
public final class RowWriters {
    private static final String SAMPLE_ENDINGS = ".npy, .npz, .csv, .parquet, .png, -ubyte or -ubyte.gz";
    private static final String LATENT_ENDINGS = ".npy, .npz, .csv or .parquet";
    private static final String CODE_ENDINGS = ".npy, .csv or .parquet";

    private RowWriters() {}

    /**
     * A writer of samples: .npy (float32 [rows, sizes...]), .npz (member samples), .csv and .parquet (columns x0, x1, ...),
     * .png (a grid of up to 10,000 pictures), -ubyte and -ubyte.gz (IDX bytes: 255 times the value, rounded half up, clipped).
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
        return samples(file, shape, count, Form.USUAL.with(columns), RowTarget.Opener.WHOLE);
    }

    private static RowWriter samples(Path file, SampleShape shape, long count, Form form, RowTarget.Opener opener) {
        int width = shape.width();
        String ending = ending(file, SAMPLE_ENDINGS);
        if (form.bytes() && !ending.equals(".npy")) {
            throw new UserError("--bytes: is about a .npy, and " + Faults.name(file) + " is none; leave it out");
        }
        return switch (ending) {
            case ".npy" -> new NpyWriter(file, width, count, form.bytes(), opener, shape.sizes());
            case ".npz" ->
                new NpzWriter(file, width, count, List.of(new NpzWriter.Member("samples", 0, shape.sizes())));
            case ".csv" -> new CsvWriter(file, count, form.header(width), opener);
            case ".parquet" -> parquet(file, count, ParquetWriter.Kind.FLOAT, form.header(width).stream(), opener);
            case ".png" -> new PngWriter(file, shape, count, form.columns());
            case "-ubyte" -> new IdxWriter(file, shape, count, false, opener);
            default -> new IdxWriter(file, shape, count, true, opener);
        };
    }

    /** A writer of one number for each row: .npy, float32 [rows]. */
    public static RowWriter numbers(Path file) {
        return numbers(file, -1, RowTarget.Opener.WHOLE);
    }

    /**
     * The same of a known number of rows.
     *
     * @param count rows, or -1 where it is not known yet
     */
    public static RowWriter numbers(Path file, long count, RowTarget.Opener opener) {
        return new NpyWriter(file, 1, count, false, opener);
    }

    /**
     * Whether a file of that name grows block by block, so that a job can go on within it: .npy, -ubyte and .csv. Others are
     * packed when all rows are known.
     */
    public static boolean grows(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return Stream.of(".npy", "-ubyte", ".csv").anyMatch(name::endsWith);
    }

    /**
     * How samples are kept, beside what the file's ending says.
     *
     * @param folder whether the name is that of a folder with a .png for each sample
     * @param bytes whether a .npy has bytes, 255 times the value rounded half up, in place of floats
     * @param columns pictures in a line of a .png, 0 for a near-square grid
     * @param names of the values in a .csv or .parquet; empty for x0, x1, ...
     */
    public record Form(boolean folder, boolean bytes, int columns, List<String> names) {
        /** As the ending says. */
        public static final Form USUAL = new Form(false, false, 0, List.of());

        /** Keeps the names. */
        public Form {
            names = List.copyOf(names);
        }

        /** The same with so many pictures in a line of a .png. */
        public Form with(int inALine) {
            return new Form(folder, bytes, inALine, names);
        }

        /** The same with names for the values. */
        public Form named(List<String> values) {
            return new Form(folder, bytes, columns, values);
        }

        private List<String> header(int width) {
            return names.size() == width ? names : numbered("x", width).toList();
        }
    }

    /**
     * A writer of samples in the units of their table's file: a .csv or .parquet has the schema's names and levels, other
     * formats the number of a level.
     *
     * @param columns pictures in a line of a .png, 0 for a near-square grid
     * @throws UserError as {@link #samples(Path, SampleShape, long)}
     */
    public static RowWriter samples(Path file, SampleShape shape, long count, int columns, Table table) {
        return samples(file, shape, 0, count, Form.USUAL.with(columns), table, RowTarget.Opener.WHOLE);
    }

    /**
     * The same in a form.
     *
     * @param first number of the first row, which names the pictures of a folder
     * @param opener where a file that {@link #grows} goes
     */
    public static RowWriter samples(
            Path file, SampleShape shape, long first, long count, Form form, Table table, RowTarget.Opener opener) {
        if (form.folder()) {
            return table.decoding(new PictureFolderWriter(file, shape, first, count));
        }
        String ending = table.named() ? ending(file, SAMPLE_ENDINGS) : "";
        RowWriter writer =
                switch (ending) {
                    case ".csv" -> new TableWriter(file, count, table, opener);
                    case ".parquet" -> new ParquetWriter(file, ParquetWriter.of(table), count, opener);
                    default -> samples(file, shape, count, form, opener);
                };
        return table.decoding(writer);
    }

    /**
     * A writer of latents, whose rows are Z means and then Z logarithms of variances: .npy [rows, 2, Z], .npz (members
     * mean and logvar [rows, Z]), .csv and .parquet (columns mean0, ..., logvar0, ...). Without variances .npy is
     * [rows, Z], and what is called logvar is not there.
     *
     * @param file the target; its folder is made if it does not exist
     * @param values 2, or 1 without variances
     * @param latentSize Z
     * @param count the number of rows, or -1 where it is not known yet
     * @throws UserError if the ending is unknown
     */
    public static RowWriter latents(Path file, int values, int latentSize, long count) {
        return latents(file, values, latentSize, count, RowTarget.Opener.WHOLE);
    }

    /**
     * The same.
     *
     * @param opener where a file that {@link #grows} goes
     */
    public static RowWriter latents(Path file, int values, int latentSize, long count, RowTarget.Opener opener) {
        int width = values * latentSize;
        int[] row = values == 1 ? new int[] {latentSize} : new int[] {values, latentSize};
        List<String> names = List.of("mean", "logvar").subList(0, values);
        return switch (ending(file, LATENT_ENDINGS)) {
            case ".npy" -> new NpyWriter(file, width, count, false, opener, row);
            case ".npz" ->
                new NpzWriter(
                        file,
                        width,
                        count,
                        IntStream.range(0, values)
                                .mapToObj(i -> new NpzWriter.Member(names.get(i), i * latentSize, latentSize))
                                .toList());
            case ".parquet" ->
                parquet(
                        file,
                        count,
                        ParquetWriter.Kind.FLOAT,
                        names.stream().flatMap(name -> numbered(name, latentSize)),
                        opener);
            default ->
                new CsvWriter(
                        file,
                        count,
                        names.stream()
                                .flatMap(name -> numbered(name, latentSize))
                                .toList(),
                        opener);
        };
    }

    /**
     * A writer of the numbers of codes, S in a row: .npy, int32 [rows, S], .csv or .parquet (columns code0, ...).
     *
     * @throws UserError if the ending is another
     */
    public static RowWriter codes(Path file, int slots, long count) {
        return codes(file, slots, count, RowTarget.Opener.WHOLE);
    }

    /**
     * The same.
     *
     * @param opener where a file that {@link #grows} goes
     */
    public static RowWriter codes(Path file, int slots, long count, RowTarget.Opener opener) {
        return switch (ending(file, CODE_ENDINGS)) {
            case ".npy" -> new NpyIntWriter(file, slots, count, opener);
            case ".parquet" -> parquet(file, count, ParquetWriter.Kind.INT, numbered("code", slots), opener);
            default -> new CsvWriter(file, count, numbered("code", slots).toList(), opener);
        };
    }

    private static RowWriter parquet(
            Path file, long count, ParquetWriter.Kind kind, Stream<String> names, RowTarget.Opener opener) {
        List<ParquetWriter.Column> columns =
                names.map(name -> new ParquetWriter.Column(name, kind)).toList();
        return new ParquetWriter(file, columns, count, opener);
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
