package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Permutation;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Split;
import io.jcuvae.data.Table;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How well models find anomalies that they have never seen: half of the normal rows, drawn anew for each seed, train a model;
 * the other half and all anomalies are scored. Beside it stands PCA of the same rows, standardised in the same way: the squared
 * error of its reconstruction with as many components as the model has latents, with those that explain 90 % of the variance,
 * and with the best number, which is chosen by the labels of the very rows that are scored and so no method one could use.
 */
public final class AnomalyTrial {
    /** What the rows with PCA's error are called. */
    static final String PCA = "PCA, ";

    private static final double EXPLAINED = 0.9;

    private AnomalyTrial() {}

    /**
     * A method over the seeds.
     *
     * @param method what scores
     * @param auroc one for each seed
     * @param averagePrecision one for each seed
     */
    public record Line(String method, double[] auroc, double[] averagePrecision) {
        /** Over the seeds. */
        public double mean() {
            return Arrays.stream(auroc).average().orElseThrow();
        }

        private static String text(double[] values) {
            double mean = Arrays.stream(values).average().orElseThrow();
            double squares =
                    Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
            return values.length == 1
                    ? String.format(Locale.ROOT, "%.4f", mean)
                    : String.format(Locale.ROOT, "%.4f +- %.4f", mean, Math.sqrt(squares / (values.length - 1)));
        }
    }

    /**
     * A data set.
     *
     * @param data the source as the user named it
     * @param trained normal rows of each training
     * @param tested rows scored
     * @param anomalies among them
     */
    public record Report(String data, int trained, int tested, int anomalies, List<Line> lines) {
        /** A table for people: mean and standard deviation over the seeds. */
        public String toText() {
            StringBuilder text = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%s: trained on %,d normal rows, tested on %,d rows with %,d anomalies, %d seeds%n",
                    data,
                    trained,
                    tested,
                    anomalies,
                    lines.get(0).auroc.length));
            text.append(String.format(Locale.ROOT, "  %-36s  %-17s  %s%n", "", "AUROC", "average precision"));
            for (Line line : lines) {
                text.append(String.format(
                        Locale.ROOT,
                        "  %-36s  %-17s  %s%n",
                        line.method,
                        Line.text(line.auroc),
                        Line.text(line.averagePrecision)));
            }
            return text.toString();
        }

        /** One object, with the figures of every seed. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("data", data);
            json.addProperty("train_count", trained);
            json.addProperty("count", tested);
            json.addProperty("anomalies", anomalies);
            JsonArray rows = new JsonArray();
            for (Line line : lines) {
                JsonObject row = new JsonObject();
                row.addProperty("method", line.method);
                row.add("auroc", array(line.auroc));
                row.add("average_precision", array(line.averagePrecision));
                rows.add(row);
            }
            json.add("lines", rows);
            return json;
        }

        private static JsonArray array(double[] values) {
            JsonArray array = new JsonArray();
            Arrays.stream(values).forEach(array::add);
            return array;
        }
    }

    /** The rows of a seed. */
    private record Rows(Dataset train, Dataset test, BitSet anomaly) {}

    /**
     * Trains and scores.
     *
     * @param source with labels, 1 for anomalies
     * @param config of the models; its seed is replaced by 0, 1, ...
     * @param seeds how many
     * @throws UserError when the source has no labels, or too few rows of a kind
     */
    public static Report run(
            DataSource source, TrainConfig config, int seeds, List<ScoreRecipe> recipes, Backend backend) {
        Dataset all = source.load(Split.ALL, 0);
        AnomalyLabels.Marked marked = AnomalyLabels.ONE.mark(source, Split.ALL, 0);
        Map<String, List<Detection>> found = new LinkedHashMap<>();
        Rows rows = null;
        for (int seed = 0; seed < seeds; seed++) {
            rows = divide(all, marked.anomaly(), seed);
            models(rows, config.with(Setting.SEED, String.valueOf(seed)), recipes, backend, found);
            components(rows, found);
        }
        List<Line> lines = new ArrayList<>();
        found.forEach((method, detections) -> lines.add(new Line(
                method,
                detections.stream().mapToDouble(one -> one.auroc().value()).toArray(),
                detections.stream()
                        .mapToDouble(one -> one.averagePrecision().value())
                        .toArray())));
        return new Report(
                source.name(),
                rows.train.count(),
                rows.test.count(),
                rows.anomaly.cardinality(),
                withBest(lines, config.latents()));
    }

    /** Half of the normal rows, and the other half with the anomalies behind. */
    private static Rows divide(Dataset all, BitSet anomaly, long seed) {
        int[] normal = Arrays.stream(Permutation.of(all.count(), seed, 1))
                .filter(row -> !anomaly.get(row))
                .toArray();
        int half = normal.length / 2;
        if (half < 10) {
            throw new UserError(all.name() + ": has " + normal.length + " normal rows; at least 20 are needed");
        }
        int[] test = Arrays.copyOfRange(normal, half, normal.length + anomaly.cardinality());
        int[] anomalies = anomaly.stream().toArray();
        System.arraycopy(anomalies, 0, test, normal.length - half, anomalies.length);
        BitSet behind = new BitSet();
        behind.set(normal.length - half, test.length);
        return new Rows(all.select(Arrays.copyOf(normal, half)), all.select(test), behind);
    }

    private static void models(
            Rows rows,
            TrainConfig config,
            List<ScoreRecipe> recipes,
            Backend backend,
            Map<String, List<Detection>> found) {
        // Held-out figures are of the training rows, too: nothing of the test is looked at before it is scored.
        Trainer trainer = Trainer.start(config, rows.train, rows.train, backend, null, new Trainer.Listener() {});
        trainer.run(() -> false);
        Model model = trainer.model();
        for (ScoreRecipe recipe : recipes) {
            Scores scores = new Scores();
            try (RowScorer scorer = new RowScorer(model, backend, recipe, false)) {
                scorer.run(
                        model.data().table().encoded(rows.test.open(), rows.test.name()),
                        RowLabels.NONE,
                        rows.test.name(),
                        (some, terms, count) -> scores.add(some, count),
                        Progress.SILENT);
            }
            add(found, "VAE, " + recipe.kind().label(), scores.copy(), rows.anomaly);
        }
    }

    private static void components(Rows rows, Map<String, List<Detection>> found) {
        Table table = Table.standardizing(rows.train);
        Dataset train = table.encoded(rows.train);
        Dataset test = table.encoded(rows.test);
        int most = Math.min(train.width(), train.count()) - 1;
        Pca pca = Pca.fit(train, most);
        double sum = 0;
        boolean enough = false;
        for (int k = 0; k <= most; k++) {
            float[] scores = new float[test.count()];
            float[] made = pca.reconstruct(test.floats(), test.count(), k);
            for (int r = 0; r < scores.length; r++) {
                double squares = 0;
                for (int i = r * test.width(); i < (r + 1) * test.width(); i++) {
                    squares += ((double) test.floats()[i] - made[i]) * ((double) test.floats()[i] - made[i]);
                }
                scores[r] = (float) squares;
            }
            add(found, PCA + k, scores, rows.anomaly);
            if (!enough && sum >= EXPLAINED * pca.totalVariance()) {
                enough = true;
                add(found, PCA + "90 % of the variance", scores, rows.anomaly);
            }
            sum += k < most ? pca.variances()[k] : 0;
        }
        if (!enough) {
            throw new UserError(rows.train.name() + ": its columns but one explain less than 90 % of their variance");
        }
    }

    private static void add(Map<String, List<Detection>> found, String method, float[] scores, BitSet anomaly) {
        found.computeIfAbsent(method, name -> new ArrayList<>()).add(Detection.of(scores, scores.length, anomaly, 0));
    }

    /** The models, PCA with as many components, with enough of them, and with the best number, at least one. */
    private static List<Line> withBest(List<Line> lines, int latents) {
        List<Line> chosen = new ArrayList<>();
        Line best = null;
        for (Line line : lines) {
            String number = line.method.startsWith(PCA) ? line.method.substring(PCA.length()) : "";
            if (!number.matches("\\d+")) {
                chosen.add(line);
            } else if (number.equals(String.valueOf(latents))) {
                chosen.add(new Line(PCA + number + " components", line.auroc, line.averagePrecision));
            }
            if (number.matches("[1-9]\\d*") && (best == null || line.mean() > best.mean())) {
                best = line;
            }
        }
        if (best != null) {
            chosen.add(new Line(
                    PCA + best.method.substring(PCA.length()) + ", best by the labels",
                    best.auroc,
                    best.averagePrecision));
        }
        return chosen;
    }
}
