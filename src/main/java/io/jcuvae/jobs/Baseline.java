package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a linear model makes of data: PCA fitted to the training rows and measured on the held-out ones, beside trained models.
 * The squared error is the one of the likelihood {@code mse}: summed over the values of a sample, averaged over the samples. A
 * model's is that of the mean of its posterior, without noise, decoded to its expected data.
 */
public final class Baseline {
    private static final int AT_ONCE = 1024;

    private Baseline() {}

    /**
     * A line of the table.
     *
     * @param name PCA, or what the model was called
     * @param latents Z
     * @param squaredError per held-out sample
     * @param explained 1 - squared error / squared error of the training mean, on the held-out samples
     */
    public record Line(String name, int latents, double squaredError, double explained) {}

    /**
     * What was found.
     *
     * @param lines PCA with each number of components, then the models
     * @param meanError the squared error of the training samples' mean for every held-out sample
     * @param trained training samples
     * @param tested held-out samples
     * @param data the source as the user named it
     * @param variances along the components on the training samples
     * @param totalVariance of the training samples
     * @param shape of a sample
     * @param pictures rows of pictures: held-out samples, then what each line makes of them, {@link #columns} each
     * @param columns how many
     */
    public record Report(
            List<Line> lines,
            double meanError,
            int trained,
            long tested,
            String data,
            double[] variances,
            double totalVariance,
            SampleShape shape,
            float[] pictures,
            int columns) {
        /** One object. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("data", data);
            json.addProperty("train_count", trained);
            json.addProperty("count", tested);
            json.addProperty("units", "squared error per sample");
            json.addProperty("mean_squared_error", meanError);
            JsonArray rows = new JsonArray();
            for (Line line : lines) {
                JsonObject row = new JsonObject();
                row.addProperty("name", line.name());
                row.addProperty("latents", line.latents());
                row.addProperty("squared_error", line.squaredError());
                row.addProperty("explained", line.explained());
                rows.add(row);
            }
            json.add("lines", rows);
            json.addProperty("total_variance", totalVariance);
            JsonArray along = new JsonArray();
            for (double variance : variances) {
                along.add(variance);
            }
            json.add("variances", along);
            return json;
        }

        /** A table for people. */
        public String toText() {
            StringBuilder text = new StringBuilder();
            int wide = Math.max(
                    "training mean".length(),
                    lines.stream().mapToInt(line -> line.name().length()).max().orElse(0));
            String format = "%-" + wide + "s  %7s  %13s  %9s%n";
            text.append(String.format(Locale.ROOT, format, "", "latents", "squared error", "explained"));
            text.append(String.format(
                    Locale.ROOT, format, "training mean", 0, String.format(Locale.ROOT, "%.4f", meanError), "0.0 %"));
            for (Line line : lines) {
                text.append(String.format(
                        Locale.ROOT,
                        format,
                        line.name(),
                        line.latents(),
                        String.format(Locale.ROOT, "%.4f", line.squaredError()),
                        String.format(Locale.ROOT, "%.1f %%", 100 * line.explained())));
            }
            text.append(String.format(
                    Locale.ROOT,
                    "per sample, over %,d held-out samples of %s; components of %,d training samples%n",
                    tested,
                    data,
                    trained));
            return text.toString();
        }
    }

    /** A trained model under a name. */
    public record Named(String name, Model model) {}

    /**
     * Fits and measures.
     *
     * @param latents numbers of components, at least one
     * @param limit the first rows of each part to use, 0 for all
     * @param models to stand beside PCA; they must take such samples
     * @param columns held-out samples to keep pictures of, at most
     * @throws UserError when there are fewer components, or a model takes other samples
     */
    public static Report run(
            DataSource source,
            List<Integer> latents,
            int limit,
            List<Named> models,
            Backend backend,
            int columns,
            Progress progress) {
        Dataset train = source.load(Split.TRAIN, limit);
        int most = latents.stream().mapToInt(Integer::intValue).max().orElseThrow();
        Pca pca = Pca.fit(train, most);
        for (int asked : latents) {
            if (asked < 1) {
                throw new UserError("--latent: must be from 1, got " + asked);
            }
        }
        List<Measured> measured = new ArrayList<>();
        measured.add(new Measured("training mean", 0, train.width(), (rows, count) -> pca.reconstruct(rows, count, 0)));
        for (int asked : latents) {
            measured.add(
                    new Measured("PCA", asked, train.width(), (rows, count) -> pca.reconstruct(rows, count, asked)));
        }
        long tested = pass(train.shape(), () -> source.open(Split.TEST, limit), measured, columns, progress);
        List<Measured> trained = new ArrayList<>();
        for (Named named : models) {
            Model model = named.model();
            if (model.data().table().named()) {
                throw new UserError("--models " + named.name()
                        + ": was trained with a schema, and PCA knows numbers alone; leave it out");
            }
            Measured one = new Measured(named.name(), model.spec().latents(), train.width(), (rows, count) -> {
                float[] made = Reconstruction.of(model, backend, rows, count);
                // Errors are compared in the units of the data.
                model.data().table().decode(made, count);
                model.data().table().decode(rows, count);
                return made;
            });
            pass(train.shape(), () -> Rows.open(model, source, Split.TEST, limit), List.of(one), columns, progress);
            trained.add(one);
        }
        measured.addAll(trained);
        double meanError = measured.get(0).sum / tested;
        List<Line> lines = measured.stream()
                .skip(1)
                .map(one -> one.line(tested, meanError))
                .toList();
        int shown = (int) Math.min(columns, tested);
        return new Report(
                lines,
                meanError,
                train.count(),
                tested,
                source.name(),
                pca.variances(),
                pca.totalVariance(),
                train.shape(),
                pictures(measured, shown, train.width()),
                shown);
    }

    /** Makes reconstructions of rows [count, D]. */
    @FunctionalInterface
    private interface Maker {
        float[] of(float[] rows, int count);
    }

    /** Something that reconstructs, and how far off it is. */
    private static final class Measured {
        private final String name;
        private final int latents;
        private final int width;
        private final Maker maker;
        private double sum;
        private float[] originals;
        private float[] first;

        Measured(String name, int latents, int width, Maker maker) {
            this.name = name;
            this.latents = latents;
            this.width = width;
            this.maker = maker;
        }

        void take(float[] rows, int count) {
            float[] made = maker.of(rows, count);
            for (int r = 0; r < count; r++) {
                double row = 0;
                for (int i = r * width; i < (r + 1) * width; i++) {
                    double difference = made[i] - rows[i];
                    row += difference * difference;
                }
                sum += row;
            }
            if (first == null) {
                first = made;
                originals = rows.clone();
            }
        }

        Line line(long count, double meanError) {
            return new Line(name, latents, sum / count, meanError == 0 ? 1 : 1 - sum / count / meanError);
        }
    }

    /** Opens the held-out rows. */
    @FunctionalInterface
    private interface Opening {
        SampleReader open();
    }

    private static long pass(
            SampleShape shape, Opening opening, List<Measured> measured, int columns, Progress progress) {
        long done = 0;
        try (SampleReader reader = opening.open()) {
            float[] rows = new float[Math.max(AT_ONCE, columns) * shape.width()];
            int read;
            while ((read = reader.read(rows, rows.length / shape.width())) > 0) {
                for (Measured one : measured) {
                    one.take(rows, read);
                }
                done += read;
                progress.at(done, reader.count());
            }
        }
        return done;
    }

    private static float[] pictures(List<Measured> measured, int shown, int width) {
        float[] pictures = new float[measured.size() * shown * width];
        System.arraycopy(measured.get(0).originals, 0, pictures, 0, shown * width);
        for (int m = 1; m < measured.size(); m++) {
            System.arraycopy(measured.get(m).first, 0, pictures, m * shown * width, shown * width);
        }
        return pictures;
    }
}
