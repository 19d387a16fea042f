package io.jcuvae.fuzz;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.ImageGrid;
import io.jcuvae.data.NpzTensors;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;

/**
 * The files that fuzzing begins with, under src/test/resources/fuzz, and the program that writes them: small ones from our own
 * writers, named {@code valid-...}, and of each a few that are damaged. What fuzzing found worth keeping lies beside them.
 */
public final class FuzzSeeds {
    /** The table that schemas are tried on. */
    static final String TABLE = "age,sex,visits,ill,y\n31,f,0,0,1\n44,m,2,1,0\nNA,f,7,0,1\n58,m,1,1,0\n";

    /** What the file must be read from, for a seed that is sound. */
    static final String VALID = "valid-";

    private static final Path CORPUS = Path.of("src/test/resources/fuzz");
    /** Files of another writer. */
    private static final Path OTHERS = Path.of("src/test/resources/io/jcuvae/data/parquet");

    private static final int HEADER = 512;

    private FuzzSeeds() {}

    /** A file of the corpus. */
    record Seed(String name, byte[] bytes) {
        boolean valid() {
            return name.startsWith(VALID);
        }
    }

    /** The corpus of a target, by name. */
    static List<Seed> corpus(FuzzTarget target) throws IOException {
        List<Seed> seeds = new ArrayList<>();
        try (Stream<Path> files = Files.list(CORPUS.resolve(target.label()))) {
            for (Path file : files.sorted().toList()) {
                seeds.add(new Seed(file.getFileName().toString(), Files.readAllBytes(file)));
            }
        }
        return seeds;
    }

    /** Writes the seeds of all targets; takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("seeds");
        for (FuzzTarget target : FuzzTarget.values()) {
            Path corpus = Files.createDirectories(CORPUS.resolve(target.label()));
            if (target == FuzzTarget.MODEL) {
                Files.write(corpus.resolve("wide-small"), wide(model(folder)));
            }
            if (target == FuzzTarget.PARQUET) {
                // Text, dates and lists are read by a schema, or refused.
                for (String other : List.of("patients", "lz4", "delta", "lengths")) {
                    Files.copy(OTHERS.resolve(other + ".parquet"), corpus.resolve(other), REPLACE_EXISTING);
                }
            }
            for (Map.Entry<String, byte[]> seed : sound(target, folder).entrySet()) {
                byte[] bytes = seed.getValue();
                Files.write(corpus.resolve(VALID + seed.getKey()), bytes);
                Files.write(corpus.resolve("half-" + seed.getKey()), Arrays.copyOf(bytes, bytes.length / 2));
                Files.write(corpus.resolve("short-" + seed.getKey()), Arrays.copyOf(bytes, bytes.length - 1));
                Files.write(corpus.resolve("nines-" + seed.getKey()), nines(bytes));
                Files.write(corpus.resolve("large-" + seed.getKey()), large(bytes));
            }
        }
    }

    /** With all digits of a header's numbers nine, so that they promise more than there is. */
    private static byte[] nines(byte[] bytes) {
        byte[] changed = bytes.clone();
        for (int i = 0; i < Math.min(HEADER, changed.length); i++) {
            if (changed[i] >= '0' && changed[i] <= '9') {
                changed[i] = '9';
            }
        }
        return changed;
    }

    /** With the bytes behind the magic ones such that they are large numbers in either order. */
    private static byte[] large(byte[] bytes) {
        byte[] changed = bytes.clone();
        Arrays.fill(changed, Math.min(4, changed.length), Math.min(8, changed.length), (byte) 0x7f);
        return changed;
    }

    /** A model whose configuration promises 160 million parameters that are not there. */
    private static byte[] wide(byte[] model) {
        int length = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN).getInt();
        String header = new String(model, 8, length, StandardCharsets.UTF_8);
        String hidden = "\\\"hidden\\\":\\\"3\\\"";
        byte[] changed = text(header.replace(hidden, hidden.replace("3", "9000,9000")));
        ByteBuffer bytes =
                ByteBuffer.allocate(model.length - length + changed.length).order(ByteOrder.LITTLE_ENDIAN);
        return bytes.putLong(changed.length)
                .put(changed)
                .put(model, 8 + length, model.length - 8 - length)
                .array();
    }

    private static Map<String, byte[]> sound(FuzzTarget target, Path folder) throws IOException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        switch (target) {
            case IDX -> {
                seeds.put("images", samples(folder, "a-ubyte", new SampleShape(4, 3)));
                seeds.put("images.gz", samples(folder, "a-ubyte.gz", new SampleShape(4, 3)));
            }
            case NPY -> {
                seeds.put("floats", samples(folder, "a.npy", new SampleShape(4, 3)));
                seeds.put("packed", gzip(samples(folder, "b.npy", new SampleShape(5))));
            }
            case NPZ -> {
                seeds.put("samples", samples(folder, "a.npz", new SampleShape(4, 3)));
                Path file = folder.resolve("weights.npz");
                NpzTensors.write(file, arrays());
                seeds.put("weights", Files.readAllBytes(file));
            }
            case SAFETENSORS -> {
                Path file = folder.resolve("a.safetensors");
                Safetensors.write(file, Map.of("kind", "seed"), arrays());
                seeds.put("arrays", Files.readAllBytes(file));
            }
            case CSV -> {
                seeds.put("numbers", samples(folder, "a.csv", new SampleShape(3)));
                seeds.put("packed", gzip(samples(folder, "b.csv", new SampleShape(3))));
            }
            case PARQUET -> seeds.put("numbers", samples(folder, "a.parquet", new SampleShape(3)));
            case SCHEMA -> seeds.put("table", schema());
            case CONFIG -> configurations(seeds);
            case PICTURE -> {
                seeds.put("colour.png", picture("png", BufferedImage.TYPE_INT_RGB));
                seeds.put("grey.png", picture("png", BufferedImage.TYPE_BYTE_GRAY));
                seeds.put("colour.jpg", picture("jpeg", BufferedImage.TYPE_INT_RGB));
                Path file = folder.resolve("grid.png");
                ImageGrid.write(file, values(4 * 64), 4, new SampleShape(8, 8), 2);
                seeds.put("grid.png", Files.readAllBytes(file));
            }
            case PICTURES -> seeds.put("two", zip());
            case MODEL -> seeds.put("small", model(folder));
        }
        return seeds;
    }

    private static float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i * 37 % 101) / 100f;
        }
        return values;
    }

    private static byte[] samples(Path folder, String name, SampleShape shape) throws IOException {
        Path file = folder.resolve(name);
        try (RowWriter writer = RowWriters.samples(file, shape, 6)) {
            writer.write(values(6 * shape.width()), 6);
            writer.commit();
        }
        return Files.readAllBytes(file);
    }

    private static List<Safetensors.Entry> arrays() {
        return List.of(
                Safetensors.Entry.of("a.weight", new int[] {2, 3}, values(6), 0),
                Safetensors.Entry.of("b", new int[] {2}, new double[] {0.5, -1}, 0),
                Safetensors.Entry.of("c", new int[0], new long[] {7}, 0));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] schema() {
        return text("""
                {"columns": [{"name": "age", "kind": "numeric"},
                 {"name": "sex", "kind": "categorical", "levels": ["f", "m"]},
                 {"name": "visits", "kind": "count"}, {"name": "ill", "kind": "binary"},
                 {"name": "y", "kind": "label"}], "missing": ["", "NA"]}
                """);
    }

    private static void configurations(Map<String, byte[]> seeds) {
        seeds.put("few", text("{\"epochs\": 20, \"hidden\": [40, 20], \"lr-schedule\": \"cosine\", \"clip\": 50}"));
        seeds.put("run", text("{\"format\": \"jcuvae-run/1\", \"options\": " + TrainConfig.preset("vq") + "}"));
        seeds.put("layers", text(TrainConfig.preset("conv-28").toString()));
        seeds.put("residual", text(TrainConfig.preset("resnet-32").toString()));
    }

    private static byte[] picture(String format, int kind) throws IOException {
        BufferedImage image = new BufferedImage(12, 9, kind);
        for (int y = 0; y < 9; y++) {
            for (int x = 0; x < 12; x++) {
                image.setRGB(x, y, x * 20 << 16 | y * 28 << 8 | (x + y) * 12);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, format, bytes);
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    private static byte[] zip() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : List.of("cats/1.png", "dogs/1.jpg")) {
                ZipEntry entry = new ZipEntry(name);
                entry.setTime(0);
                zip.putNextEntry(entry);
                zip.write(picture(name.endsWith("png") ? "png" : "jpeg", BufferedImage.TYPE_INT_RGB));
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] model(Path folder) throws IOException {
        Path data = folder.resolve("a.csv");
        samples(folder, "a.csv", new SampleShape(3));
        TrainConfig config = TrainConfig.defaults()
                .with(Setting.DATA, data.getFileName().toString())
                .with(Setting.HIDDEN, "3")
                .with(Setting.LATENT, "2");
        DataSource source = DataSource.parse(data.toString());
        Path run = Files.createTempDirectory(folder, "run").resolve("run");
        try (Backend backend = new CpuBackend(1)) {
            Trainer.start(
                    config,
                    source.load(Split.TRAIN, 0),
                    source.load(Split.TRAIN, 0),
                    backend,
                    run,
                    new Trainer.Listener() {});
        }
        return Files.readAllBytes(run.resolve("model.safetensors"));
    }
}
