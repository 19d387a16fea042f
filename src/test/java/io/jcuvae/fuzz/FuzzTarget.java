package io.jcuvae.fuzz;

import com.sun.management.ThreadMXBean;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.NpzTensors;
import io.jcuvae.data.OnePicture;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.Table;
import io.jcuvae.data.TableSchema;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.TrainConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What is fuzzed: each kind of file that is read, through what programs call. Any bytes must be read or refused with a {@link
 * UserError}, with memory and time in proportion to what the file really holds.
 */
enum FuzzTarget {
    /** IDX files, also gzipped. */
    IDX(".idx", FuzzTarget::data),
    /** NumPy arrays. */
    NPY(".npy", FuzzTarget::data),
    /** Zips of NumPy arrays, as data and as parameters. */
    NPZ(".npz", file -> {
        each(() -> data(file), () -> NpzTensors.read(file));
    }),
    /** Named arrays. */
    SAFETENSORS(".safetensors", file -> {
        Safetensors tensors = Safetensors.read(file);
        for (String name : tensors.names()) {
            switch (tensors.dtype(name)) {
                case F32 -> tensors.floats(name);
                case F64 -> tensors.doubles(name);
                case I32 -> tensors.ints(name);
                case I64 -> tensors.longs(name);
                case U8 -> tensors.bytes(name);
            }
        }
    }),
    /** Rows of numbers, and a schema proposed for them by which they are then read. */
    CSV(".csv", FuzzTarget::proposed),
    /** The same in columns. */
    PARQUET(".parquet", FuzzTarget::proposed),
    /** What the columns of a table are; a small table is then read by it. */
    SCHEMA(".json", file -> {
        Table table = TableSchema.read(file);
        Path text = file.resolveSibling("table.csv");
        write(text, FuzzSeeds.TABLE.getBytes(StandardCharsets.UTF_8));
        byTable(text, table);
    }),
    /** Settings, with the layers of a network; the network is then made. */
    CONFIG(".json", file -> {
        TrainConfig config = TrainConfig.defaults().withFile(file);
        config.requireSense();
        network(config);
    }),
    /** A picture by itself. */
    PICTURE(".png", file -> OnePicture.row(read(file), new SampleShape(8, 8, 3))),
    /** A zip of pictures, decoded into a folder. */
    PICTURES(".zip", file -> {
        PictureOptions options =
                PictureOptions.asTheyAre().withSize("8x8").withThreads(1).withCache(file.resolveSibling("decoded"));
        DataSource source = DataSource.parse(file.toString(), options);
        source.load(Split.ALL, 0);
        source.labelNames();
    }),
    /** A model with its configuration and parameters. */
    MODEL(".safetensors", file -> Model.load(file, FuzzTarget.Processor.BACKEND));

    /** Made when the first model is read. */
    private static final class Processor {
        static final Backend BACKEND = new CpuBackend(1);
    }

    /** A reader of a file. */
    private interface Reader {
        void read(Path file);
    }

    /**
     * What a reader may allocate whatever a file holds: buffers, and the first piece of an array that grows as values arrive,
     * of rows and of their labels.
     */
    static final long ALLOCATED_ALWAYS = 64L << 20;
    /** Bytes that it may allocate for each byte that the file holds, unpacked. */
    static final long ALLOCATED_PER_BYTE = 100;
    /**
     * The same for each byte of a picture or of packed columns, which deflate may stretch by 1032 and a decoder by its bytes per
     * pixel or value.
     */
    static final long ALLOCATED_PER_PACKED_BYTE = 1032 * 32;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final String ending;
    private final Reader reader;

    FuzzTarget(String ending, Reader reader) {
        this.ending = ending;
        this.reader = reader;
    }

    /** The name on the command line, and of the folder of its corpus. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What a reading cost.
     *
     * @param refusal why the file was refused, or null where it was read
     * @param allocated bytes, by the thread that called
     * @param seconds of that thread's processor time
     * @param held bytes that the file holds, unpacked
     */
    record Cost(String refusal, long allocated, double seconds, long held) {}

    /**
     * Reads bytes as such a file.
     *
     * @param folder where the file and what is made of it may lie, which is emptied afterwards
     */
    Cost read(byte[] bytes, Path folder) {
        Path file = folder.resolve("file" + ending);
        write(file, bytes);
        try {
            long allocated = THREADS.getCurrentThreadAllocatedBytes();
            long time = THREADS.getCurrentThreadCpuTime();
            String refusal = null;
            try {
                reader.read(file);
            } catch (UserError e) {
                refusal = String.valueOf(e.getMessage());
                if (refusal.isBlank() || refusal.chars().anyMatch(Character::isISOControl)) {
                    throw new AssertionError(label() + ": not one line of plain text: '" + refusal + "'", e);
                }
            }
            allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
            double seconds = (THREADS.getCurrentThreadCpuTime() - time) / 1e9;
            return new Cost(refusal, allocated, seconds, held(file, bytes));
        } finally {
            empty(folder);
        }
    }

    /**
     * Refuses what a file of that size does not justify.
     *
     * @param times the allowance
     * @throws AssertionError when more was allocated
     */
    void requireInProportion(int size, Cost cost, int times) {
        long most = ALLOCATED_ALWAYS
                + (this == PICTURE || this == PARQUET
                        ? ALLOCATED_PER_PACKED_BYTE * size
                        : ALLOCATED_PER_BYTE * cost.held());
        most *= times;
        if (cost.allocated() > most) {
            throw new AssertionError(label() + ": allocated " + cost.allocated() + " bytes for a file of " + size
                    + " that holds " + cost.held() + "; at most " + most + " are allowed");
        }
    }

    private static void data(Path file) {
        DataSource source = DataSource.parse(file.toString());
        each(() -> source.load(Split.ALL, 0), () -> source.labels(Split.ALL, 0));
    }

    private static void proposed(Path file) {
        each(() -> data(file), () -> {
            Path schema = file.resolveSibling("proposed.json");
            write(
                    schema,
                    TableSchema.propose(file, new ArrayList<>()).toString().getBytes(StandardCharsets.UTF_8));
            byTable(file, TableSchema.read(schema));
        });
    }

    private static void network(TrainConfig config) {
        try {
            config.spec(Shape.of(28, 28)).layout();
        } catch (UserError e) {
            // Layers are for pictures of one size, in grey or in colour.
            config.spec(Shape.of(32, 32, 3)).layout();
        }
    }

    private static void byTable(Path text, Table table) {
        Dataset rows = DataSource.parse(text.toString()).by(table).load(Split.ALL, 0);
        if (rows.count() < 1) {
            throw new AssertionError("a table without rows was read");
        }
    }

    /** Both, whichever of them is refused; then tells of the refusal. */
    private static void each(Runnable first, Runnable second) {
        UserError refused = null;
        for (Runnable one : List.of(first, second)) {
            try {
                one.run();
            } catch (UserError e) {
                refused = refused == null ? e : refused;
            }
        }
        if (refused != null) {
            throw refused;
        }
    }

    /** The bytes that a gzip or zip really unpacks to, beside its own. */
    private static long held(Path file, byte[] bytes) {
        long held = bytes.length;
        boolean gzip = bytes.length > 2 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
        if (gzip) {
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
                held += count(in);
            } catch (IOException e) {
                // What came before the fault is counted.
            }
        } else if (bytes.length > 2 && bytes[0] == 'P' && bytes[1] == 'K') {
            try (ZipFile zip = new ZipFile(file.toFile())) {
                Enumeration<? extends ZipEntry> entries = zip.entries();
                while (entries.hasMoreElements()) {
                    try (InputStream in = zip.getInputStream(entries.nextElement())) {
                        held += in == null ? 0 : count(in);
                    }
                }
            } catch (IOException | IllegalArgumentException e) {
                // As above.
            }
        }
        return held;
    }

    private static long count(InputStream in) {
        byte[] buffer = new byte[1 << 13];
        long count = 0;
        try {
            for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
                count += got;
            }
        } catch (IOException | StackOverflowError e) {
            // As above; GZIPInputStream steps over empty members by recursion.
        }
        return count;
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(
                    file,
                    bytes,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void empty(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
