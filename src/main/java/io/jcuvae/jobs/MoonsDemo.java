package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.ImageGrid;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The experiment of introductions to the VAE: an autoencoder and a VAE of equal size on drawn moons, random codes decoded by
 * each, and the walk between the codes of a crescent and of a full moon. The number is the distance of an image to the nearest
 * training moon.
 */
public final class MoonsDemo {
    private static final String DATA = "moons:3000";
    private static final int RANDOM = 64;
    private static final int PAIRS = 10;
    private static final int STEPS = 9;

    private MoonsDemo() {}

    /**
     * A line of the table.
     *
     * @param model what was trained
     * @param codes what codes were decoded
     * @param random mean distance of images from random codes
     * @param walk mean distance of the images between crescents and full moons
     */
    public record Line(String model, String codes, double random, double walk) {}

    /**
     * Trains both and draws the pictures random-ae.png, random-ae-gmm.png, random-vae.png and walk.png (a walk per row: that of
     * the autoencoder, below it that of the VAE).
     *
     * @param folder exists
     * @param epochs of each training
     * @return the table
     */
    public static List<Line> run(Path folder, int epochs, long seed, Backend backend) {
        DataSource source = DataSource.parse(DATA);
        float[] real = rows(source.load(Split.TRAIN, 0));
        Dataset test = source.load(Split.TEST, 0);
        Model ae = train(source, "ae", epochs, seed, backend);
        Model vae = train(source, "mlp", epochs, seed, backend);
        double[][] identity = {{1, 0}, {0, 1}};
        Mixture normal = new Mixture(new double[] {1}, new double[1][2], new double[][][] {identity});
        double[][] codes = AggregatePosterior.codes(ae, backend, source, 0, RowLabels.NONE, Progress.SILENT);
        Mixture fitted =
                MixtureFit.fit(codes, AggregatePosterior.COMPONENTS, seed).mixture();

        float[] aeWalks = walks(ae, test, backend);
        float[] vaeWalks = walks(vae, test, backend);
        int shown = 3;
        float[] walks = new float[2 * shown * STEPS * test.width()];
        for (int pair = 0; pair < shown; pair++) {
            int row = STEPS * test.width();
            System.arraycopy(aeWalks, pair * row, walks, 2 * pair * row, row);
            System.arraycopy(vaeWalks, pair * row, walks, (2 * pair + 1) * row, row);
        }
        ImageGrid.write(folder.resolve("walk.png"), walks, 2 * shown * STEPS, test.shape(), STEPS);

        double aeWalk = distance(between(aeWalks, test.width()), real, test.width());
        double vaeWalk = distance(between(vaeWalks, test.width()), real, test.width());
        List<Line> lines = new ArrayList<>();
        lines.add(line("AE", "normal", ae, normal, folder.resolve("random-ae.png"), real, aeWalk, seed, backend));
        lines.add(line(
                "AE",
                "mixture of " + fitted.components(),
                ae,
                fitted,
                folder.resolve("random-ae-gmm.png"),
                real,
                aeWalk,
                seed,
                backend));
        lines.add(line("VAE", "normal", vae, normal, folder.resolve("random-vae.png"), real, vaeWalk, seed, backend));
        return lines;
    }

    /** The table as Markdown. */
    public static String table(List<Line> lines) {
        StringBuilder text =
                new StringBuilder("| model | random codes | their images | on the walk |\n|---|---|---|---|\n");
        for (Line line : lines) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.2f | %.2f |%n",
                    line.model(),
                    line.codes(),
                    line.random(),
                    line.walk()));
        }
        return text.toString();
    }

    private static Line line(
            String name,
            String codes,
            Model model,
            Mixture sampler,
            Path picture,
            float[] real,
            double walk,
            long seed,
            Backend backend) {
        float[] images = Generation.sample(model, backend, Labels.of(model, null), sampler, RANDOM, seed, 1);
        ImageGrid.write(picture, images, RANDOM, model.data().shape(), 8);
        return new Line(name, codes, distance(images, real, model.data().shape().width()), walk);
    }

    private static Model train(DataSource source, String preset, int epochs, long seed, Backend backend) {
        TrainConfig config = TrainConfig.preset(preset)
                .with(Setting.DATA, source.name())
                .with(Setting.LATENT, "2")
                .with(Setting.LIKELIHOOD, "gaussian")
                .with(Setting.LR, "0.002")
                .with(Setting.SEED, String.valueOf(seed))
                .with(Setting.EPOCHS, String.valueOf(epochs));
        Trainer trainer = Trainer.start(
                config,
                source.load(Split.TRAIN, 0),
                source.load(Split.TEST, 0),
                backend,
                null,
                new Trainer.Listener() {});
        trainer.run(() -> false);
        return trainer.model();
    }

    /** [PAIRS, STEPS, D]: from the thinnest waxing crescents of the test moons to full moons. */
    private static float[] walks(Model model, Dataset test, Backend backend) {
        List<float[]> crescents = picked(test, 0, 7);
        List<float[]> full = picked(test, 48, 51);
        int row = STEPS * test.width();
        float[] all = new float[PAIRS * row];
        for (int pair = 0; pair < PAIRS; pair++) {
            float[] walk = Interpolation.between(model, backend, crescents.get(pair), full.get(pair), STEPS);
            System.arraycopy(walk, 0, all, pair * row, row);
        }
        return all;
    }

    /** Moons whose label, the hundredth of the phase, lies in a range. */
    private static List<float[]> picked(Dataset test, int first, int last) {
        float[] rows = rows(test);
        return IntStream.range(0, test.count())
                .filter(i -> test.labels()[i] >= first && test.labels()[i] <= last)
                .mapToObj(i -> Arrays.copyOfRange(rows, i * test.width(), (i + 1) * test.width()))
                .toList();
    }

    /** The walks without their ends. */
    private static float[] between(float[] walks, int width) {
        float[] inner = new float[PAIRS * (STEPS - 2) * width];
        for (int pair = 0; pair < PAIRS; pair++) {
            int length = (STEPS - 2) * width;
            System.arraycopy(walks, (pair * STEPS + 1) * width, inner, pair * length, length);
        }
        return inner;
    }

    private static float[] rows(Dataset data) {
        float[] rows = new float[data.count() * data.width()];
        for (int r = 0; r < data.count(); r++) {
            data.copyRow(r, rows, r * data.width());
        }
        return rows;
    }

    /** The distance of images to the nearest real one, on average. */
    private static double distance(float[] images, float[] real, int width) {
        double[] nearest = IntStream.range(0, images.length / width)
                .parallel()
                .mapToDouble(image -> nearest(images, image * width, real, width))
                .toArray();
        return Arrays.stream(nearest).average().orElseThrow();
    }

    private static double nearest(float[] images, int at, float[] real, int width) {
        double nearest = Double.POSITIVE_INFINITY;
        for (int r = 0; r < real.length; r += width) {
            double sum = 0;
            for (int i = 0; i < width; i++) {
                double difference = images[at + i] - real[r + i];
                sum += difference * difference;
            }
            nearest = Math.min(nearest, sum);
        }
        return Math.sqrt(nearest);
    }
}
