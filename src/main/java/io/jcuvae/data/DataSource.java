package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What {@code --data} names: a built-in or public set, a folder or zip of pictures, a folder of IDX files, or one file.
 *
 * <p>{@code mnist-sample} is the first 10,000 training and 2,000 test digits of MNIST; {@code moons[:N]} draws N
 * training and N / 5 test moons (default 10,000). A path that has one of these names is given as {@code ./moons}.
 * {@code mnist} and {@code fashion-mnist} are downloaded at the first read; they must not be the names of files here as well.
 * Nothing but the kinds and names of files is looked at before {@link #load} or {@link #open}.
 */
public final class DataSource {
    // Long because all that a source's name can mean is told here, and every way to read its rows.

    private static final String FORMS = String.join(
            " ",
            "accepted are mnist-sample, moons[:N], mnist, fashion-mnist, a folder or .zip of pictures, a folder with",
            "MNIST-named IDX files, one .npy, .npz[:key], .csv, .parquet or IDX file, or - for a table on standard input;",
            "@label=0 behind it takes the rows with that label");

    private final String name;
    private final RowSource train;
    private final RowSource validation;
    private final RowSource test;
    private final PictureSet pictures;
    private final Told told;
    /** Which rows of a split count, of those that the source has; null for all; the first is the same source
     * without them. */
    private final BiFunction<DataSource, Split, boolean[]> marks;
    /** The rows where their columns have names, or may have; and what is known of the columns. */
    private final Text text;

    private final Table table;
    /** What the first read does before it reads. */
    private final Runnable first;

    /** A table, and which of its columns count. */
    private record Text(Supplier<TableLines> lines, NamedColumns columns) {}

    /** What the reads so far have to say. */
    private record Told(List<String> notes, List<String> warnings) {
        Told() {
            this(new ArrayList<>(), new ArrayList<>());
        }
    }

    private DataSource(String name, RowSource train, RowSource test, PictureSet pictures, Told told) {
        this(
                name,
                train,
                null,
                test,
                pictures,
                told,
                null,
                null,
                Table.NONE,
                pictures == null ? () -> {} : pictures::prepare);
    }

    private DataSource(String name, PublicSet.Copy copy, Told told) {
        this(name, copy.rows("train"), null, copy.rows("t10k"), null, told, null, null, Table.NONE, copy::folder);
    }

    private DataSource(
            String name,
            RowSource train,
            RowSource validation,
            RowSource test,
            PictureSet pictures,
            Told told,
            BiFunction<DataSource, Split, boolean[]> marks,
            Text text,
            Table table,
            Runnable first) {
        this.first = first;
        this.text = text;
        this.table = table;
        this.name = name;
        this.train = train;
        this.validation = validation;
        this.test = test;
        this.pictures = pictures;
        this.told = told;
        this.marks = marks;
    }

    /** The names of the built-in and the public sets. */
    public static List<String> names() {
        return FileKind.BUILT_IN;
    }

    /**
     * Finds what a text names; pictures are taken as they are.
     *
     * @param src a built-in set's name or a path
     * @throws UserError if it is none of the accepted forms, or names no file that exists
     */
    public static DataSource parse(String src) {
        return parse(src, SourceOptions.NONE);
    }

    /** Finds what a text names, as {@link #parse(String, SourceOptions)}; pictures are taken as they are told. */
    public static DataSource parse(String src, PictureOptions pictures) {
        return parse(src, SourceOptions.NONE.with(pictures));
    }

    /**
     * Finds what a text names.
     *
     * @param src a built-in or public set's name or a path
     * @param options what is said beside
     * @throws UserError if it is none of the accepted forms, names no file that exists, or is the name of a public set and of a
     *     file here at once
     */
    public static DataSource parse(String src, SourceOptions options) {
        if (src.indexOf(0) >= 0) {
            // A model's file may say it.
            throw new UserError(Faults.printable(src) + ": has a character 0 in it, which no file's name has");
        }
        LabelFilter filter = LabelFilter.of(src);
        if (filter != null) {
            DataSource all = parse(filter.source(), options);
            return all.marked(src, (source, split) -> filter.marks(source.labels(split, 0), source.labelNames()));
        }
        DataSource found = StandardInput.is(src) ? standardInput(src, options) : found(src, options);
        if (options.columns().asked() && options.columns().given() && found.text == null) {
            throw new UserError(
                    options.columns().options() + ": is about tables whose columns have names, .csv or .parquet, and "
                            + Faults.printable(src) + " is none; leave it out");
        }
        return found;
    }

    /** Whether a text names standard input, which can be read once only. */
    public static boolean isStandardInput(String src) {
        LabelFilter filter = LabelFilter.of(src);
        return StandardInput.is(filter == null ? src : filter.source());
    }

    private static DataSource standardInput(String src, SourceOptions options) {
        Path laid = StandardInput.laidDown();
        FileKind kind = FileKind.byStart(laid);
        if (kind == null || kind.isTable()) {
            return table(src, laid, StandardInput.NAME, options.columns());
        }
        throw new UserError("standard input: begins as a file of another kind ("
                + kind.name().toLowerCase(Locale.ROOT)
                + ") does; text or Parquet is read there, others are given by their names");
    }

    private static DataSource table(String src, Path path, String called, NamedColumns columns) {
        Told told = new Told();
        RowSource rows = keepLabels -> {
            CsvReader reader = new CsvReader(FileKind.lines(path, called), keepLabels, columns);
            note(told.warnings(), reader.warnings());
            return new RowSource.Open(reader, reader::labels);
        };
        Text text = new Text(() -> FileKind.lines(path, called), columns);
        return new DataSource(src, rows, null, null, null, told, null, text, Table.NONE, () -> {});
    }

    private static DataSource found(String src, SourceOptions options) {
        Told told = new Told();
        Optional<PublicSet> known = PublicSet.named(src);
        if (known.isPresent()) {
            PublicSet.requireNoFile(src);
            return new DataSource(src, known.get().copy(options.fetching(), told.notes()), told);
        }
        if (!options.fetching().mirrors().isEmpty()) {
            throw new UserError("--mirror: is about the public sets "
                    + PublicSet.ALL.stream().map(PublicSet::name).collect(Collectors.joining(" and ")) + ", and "
                    + Faults.printable(src) + " is none; leave it out");
        }
        if (src.equals(BuiltInSets.DIGITS)) {
            return new DataSource(src, BuiltInSets.digits("train"), BuiltInSets.digits("t10k"), null, told);
        }
        if (BuiltInSets.areMoons(src)) {
            int count = BuiltInSets.moonCount(src);
            Moons test = new Moons(Moons.MOST, Math.max(1, count / 5));
            return new DataSource(src, new Moons(0, count), test, null, told);
        }
        FileKind.Named file = FileKind.find(src, FORMS);
        Path path = file.path();
        boolean folder = Files.isDirectory(path);
        if (folder && MnistFolder.isOne(path)) {
            MnistFolder digits = MnistFolder.of(path);
            return new DataSource(
                    src,
                    digits.train(),
                    digits.validation(),
                    digits.test(),
                    null,
                    told,
                    null,
                    null,
                    Table.NONE,
                    () -> {});
        }
        FileKind kind = folder ? FileKind.PICTURES : FileKind.of(path, FORMS);
        if (kind != FileKind.PICTURES) {
            if (kind.isTable()) {
                return table(src, path, Faults.name(path), options.columns());
            }
            return new DataSource(
                    src, rows(file, kind, told.warnings()), null, null, null, told, null, null, Table.NONE, () -> {});
        }
        PictureSet set = PictureSet.of(path, options.pictures(), told.notes()::add, told.warnings()::add)
                .orElseThrow(() -> PictureSet.none(path, folder));
        return new DataSource(src, set.train(), set.test(), set, told);
    }

    /** The same source for a process that runs in another folder: a relative path becomes one from the root. */
    public static String fromRoot(String src) {
        LabelFilter filter = LabelFilter.of(src);
        String plain = filter == null ? src : filter.source();
        boolean named = plain.equals(BuiltInSets.DIGITS)
                || BuiltInSets.areMoons(plain)
                || PublicSet.named(plain).isPresent()
                || StandardInput.is(plain);
        return named || Path.of(plain).isAbsolute() ? src : Path.of("").toAbsolutePath() + "/" + src;
    }

    private DataSource marked(String as, BiFunction<DataSource, Split, boolean[]> some) {
        return new DataSource(as, train, validation, test, pictures, told, some, text, table, first);
    }

    /**
     * What a model has not seen of its training data: the held-out rows, and those whose label it was not trained on.
     *
     * @param trainedOn what the model was trained on, as a text that chooses rows of this source by their labels; only
     *     {@link Split#ALL} of the result may be asked for
     * @throws UserError when it was trained on other data, or on rows of every label
     */
    public DataSource unseen(String trainedOn) {
        LabelFilter filter = LabelFilter.of(trainedOn);
        if (filter == null || !filter.source().equals(name)) {
            throw new UserError("--split unseen: the model was trained on " + trainedOn
                    + ", and unseen are the rows that"
                    + " @label left out of the same data, beside its test rows; "
                    + (filter == null ? "use --split test, or train" : "give --data " + filter.source() + ", or train")
                    + " on normal rows as in --data SRC@label=0");
        }
        return marked(name, (source, split) -> {
            boolean[] trained = filter.marks(source.labels(Split.ALL, 0), source.labelNames());
            boolean[] unseen = new boolean[trained.length];
            if (hasTestSplit()) {
                Arrays.fill(unseen, source.labels(Split.TRAIN, 0).length, unseen.length, true);
            } else {
                Split.heldOut(unseen, 0, unseen.length);
            }
            for (int r = 0; r < unseen.length; r++) {
                unseen[r] |= !trained[r];
            }
            return unseen;
        });
    }

    private static RowSource rows(FileKind.Named file, FileKind kind, List<String> warnings) {
        Path path = file.path();
        if (kind == FileKind.NPZ) {
            return keepLabels -> {
                NpzFile npz = new NpzFile(path);
                note(warnings, npz.warnings());
                return npz.rows(file.key()).open(keepLabels);
            };
        }
        return switch (kind) {
            case IDX -> MnistFolder.idx(path);
            case NPY -> new ArrayRows(() -> ByteSource.open(path), NpyHeader::read, null);
            default -> throw new IllegalArgumentException(kind + " is no array");
        };
    }

    private static void note(List<String> warnings, List<String> more) {
        for (String line : more) {
            if (!warnings.contains(line)) {
                warnings.add(line);
            }
        }
    }

    /**
     * Opens latents to decode: .npy [N, Z] or [N, 2, Z] (the means are taken), .npz (member mean or z, or its only
     * one), .csv (columns mean0, mean1, ..., or all columns).
     *
     * @param file the path, for .npz also {@code path:key}
     * @param latentSize the model's Z, which the rows must have
     * @return rows of Z floats
     * @throws UserError if the file is none of these or its rows have another length
     */
    public static SampleReader openLatents(String file, int latentSize) {
        return LatentFile.open(file, latentSize);
    }

    /**
     * The same source read by a schema: text by the names of its columns, other data by their place. What is known of the columns
     * goes with the rows; levels of categorical columns that the schema leaves open are looked for in the whole file.
     *
     * @param schema one without names changes nothing
     * @throws UserError if the file has no such columns, or its kind has no levels to look for
     */
    public DataSource by(Table schema) {
        if (!schema.named()) {
            return this;
        }
        if (text == null) {
            if (schema.columns().stream().anyMatch(column -> !column.levels().isEmpty() || column.isOpen())) {
                throw new UserError(
                        name + ": has numbers alone, and the schema names levels; a table with levels is a .csv or"
                                + " .parquet");
            }
            return new DataSource(name, train, validation, test, pictures, told, marks, null, schema, first);
        }
        Table closed = TableReader.withLevels(text.columns().of(schema), text.lines());
        RowSource rows = keepLabels -> {
            TableReader reader = new TableReader(text.lines().get(), closed, keepLabels);
            note(told.warnings(), reader.warnings());
            return new RowSource.Open(reader, reader::labels);
        };
        return new DataSource(name, rows, null, null, null, told, marks, text, closed, first);
    }

    /** The source as the user wrote it. */
    public String name() {
        return name;
    }

    /** Whether test rows are set apart by the source itself. */
    public boolean hasTestSplit() {
        return test != null;
    }

    /** Whether validation rows are set apart by the source itself. */
    public boolean hasValidationSplit() {
        return validation != null;
    }

    /** The rows that evaluation reads by default: TEST where the source sets test rows apart, else ALL. */
    public Split evaluationSplit() {
        return hasTestSplit() ? Split.TEST : Split.ALL;
    }

    /** Whether it is a folder or zip of pictures, and {@link PictureOptions} apply. */
    public boolean isPictures() {
        return pictures != null;
    }

    /**
     * Does now what else the first read does: decodes pictures that were not decoded before, downloads a public set.
     *
     * @throws UserError as for {@link #load}
     * @throws io.jcuvae.tensor.Failure if no mirror delivers a public set
     */
    public void prepare() {
        first.run();
    }

    /** What the reads so far skipped or guessed, one line each. */
    public List<String> warnings() {
        return List.copyOf(told.warnings());
    }

    /** What the reads so far did that is worth a line: whether pictures were decoded or found decoded, what was downloaded. */
    public List<String> notes() {
        return List.copyOf(told.notes());
    }

    /**
     * Reads rows into memory.
     *
     * @param split which rows
     * @param limit the most rows, the first ones of the split; 0 for all
     * @throws UserError if the file is damaged, a value is not finite, the split is empty, or memory does not suffice
     * @throws io.jcuvae.tensor.Failure if no mirror delivers a public set
     */
    public Dataset load(Split split, int limit) {
        Dataset rows = RowLoading.load(name, part(split), filter(split), marks == null ? requireLimit(limit) : 0)
                .withTable(table);
        if (marks != null) {
            int[] chosen = chosen(split, requireLimit(limit));
            if (chosen.length == 0) {
                throw RowLoading.noRows(name, split);
            }
            rows = rows.select(chosen);
        }
        return labelNames() == null ? rows : rows.withLabelNames(labelNames());
    }

    /**
     * Reads every n-th row into memory, and never more: rows are dealt out in turn, so that the parts of n readers have no row in
     * common, all rows together, and nearly the same of every label however the rows are sorted.
     *
     * @param split which rows
     * @param limit the most rows dealt out, the first ones of the split; 0 for all
     * @param number whose rows, from 0 to below {@code of}
     * @param of among how many they are dealt
     * @throws UserError as for {@link #load(Split, int)}
     */
    public Dataset load(Split split, int limit, int number, int of) {
        if (number < 0 || number >= of) {
            throw new IllegalArgumentException("part " + number + " of " + of);
        }
        if (of == 1) {
            return load(split, limit);
        }
        int[] all = labels(split, limit);
        IntFunction<int[]> dealt = count -> all == null
                ? null
                : IntStream.range(0, count).map(i -> all[number + i * of]).toArray();
        try (SampleReader rows = new DealtReader(open(split, limit), number, of)) {
            if (rows.count() == 0) {
                throw new UserError(name + ": has no rows for part " + number + " of " + of
                        + "; fewer workers or more rows are needed");
            }
            Dataset some = RowLoading.load(name, rows, split, dealt).withTable(table);
            return labelNames() == null ? some : some.withLabelNames(labelNames());
        }
    }

    /**
     * Opens rows to be read once; what is held in memory does not grow with them, except for arrays in Fortran order,
     * whose rows are scattered over the file.
     *
     * @param split which rows
     * @param limit the most rows, the first ones of the split; 0 for all
     * @throws UserError as for {@link #load}, here or when reading
     */
    public SampleReader open(Split split, int limit) {
        requireLimit(limit);
        SampleReader all = part(split).open(false).reader();
        SampleReader rows = new SelectedReader(all, filter(split), marks == null ? limit : 0);
        if (marks != null) {
            rows = marked(rows, split, limit);
        }
        if (rows.count() == 0) {
            rows.close();
            throw RowLoading.noRows(name, split);
        }
        return rows;
    }

    private SampleReader marked(SampleReader rows, Split split, int limit) {
        try {
            return new MarkedReader(rows, marks.apply(marked(name, null), split), limit);
        } catch (RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    /** The numbers of the marked rows within their split. */
    private int[] chosen(Split split, int limit) {
        boolean[] some = marks.apply(marked(name, null), split);
        return IntStream.range(0, some.length)
                .filter(row -> some[row])
                .limit(limit == 0 ? Integer.MAX_VALUE : limit)
                .toArray();
    }

    /**
     * Reads the labels of rows alone, which costs a pass over a .csv and little for other data.
     *
     * @param split which rows
     * @param limit the most rows, the first ones of the split; 0 for all
     * @return one for each row, or null where there are none
     * @throws UserError as for {@link #load}
     */
    public int[] labels(Split split, int limit) {
        requireLimit(limit);
        if (marks != null) {
            int[] all = marked(name, null).labels(split, 0);
            return Arrays.stream(chosen(split, limit)).map(row -> all[row]).toArray();
        }
        RowSource.Open open = part(split).open(true);
        try (SampleReader reader = open.reader()) {
            // Who knows how many rows there are has labels apart from them.
            if (reader.count() < 0) {
                float[] passed = new float[reader.shape().width()];
                while (reader.read(passed, 1) > 0) {
                    continue;
                }
            }
            return RowLoading.labels(open.labels().get(), filter(split), limit);
        }
    }

    /** The name of each label, which is its place in this list; null where labels are just numbers. */
    public List<String> labelNames() {
        return pictures == null ? null : pictures.labelNames();
    }

    private RowSource part(Split split) {
        if (split == Split.VALIDATION) {
            if (validation == null) {
                throw new UserError(name + ": has no validation rows of its own; use train, test or all");
            }
            return validation;
        }
        if (split == Split.ALL) {
            RowSource fitted = validation == null ? train : new JoinedRows(name, train, validation);
            return test == null ? fitted : new JoinedRows(name, fitted, test);
        }
        return split == Split.TEST && test != null ? test : train;
    }

    /** What remains to be selected by row index. */
    private Split filter(Split split) {
        return test == null && split != Split.VALIDATION ? split : Split.ALL;
    }

    private static int requireLimit(int limit) {
        if (limit < 0) {
            throw new UserError("a limit of " + limit + " rows is impossible; give 1 or more, or 0 for all");
        }
        return limit;
    }
}
