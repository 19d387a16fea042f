package io.jcuvae.jobs;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.data.TableColumn;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Gives every row a score, more for what is more unusual, and says how well the scores tell anomalies from normal rows where
 * labels are known. Rows stream through; with labels, or where scores are kept, four bytes of each stay, and its label.
 */
public final class Scoring {
    /**
     * What to do.
     *
     * @param recipe how rows are scored
     * @param split which rows; null for what the source is evaluated on
     * @param rows what to call them, null for the split's name
     * @param limit the first rows to use, 0 for all
     * @param calibration with the threshold to use, null for none
     * @param blame columns to blame for each row, 0 for none
     * @param labels which rows are anomalies, null where nobody knows
     * @param out where scores go, its ending says the format; null for nowhere
     * @param keep whether the report has the scores
     */
    public record Request(
            ScoreRecipe recipe,
            Split split,
            String rows,
            int limit,
            Calibration calibration,
            int blame,
            AnomalyLabels labels,
            Path out,
            boolean keep) {}

    /**
     * What was found.
     *
     * @param data the source as the user named it
     * @param rows which of its rows
     * @param count how many
     * @param mean of the scores
     * @param least the lowest score
     * @param most the highest
     * @param recipe how rows were scored
     * @param unit of the scores
     * @param calibration with the threshold, or null
     * @param unusual rows above the threshold; -1 without
     * @param detection with labels, else null
     * @param found anomalies above the threshold; -1 without labels or threshold
     * @param scores of all rows where they were to be kept or labels are known, else null
     * @param anomaly with labels, else null
     * @param device what computed
     */
    public record Report(
            String data,
            String rows,
            long count,
            double mean,
            float least,
            float most,
            ScoreRecipe recipe,
            String unit,
            Calibration calibration,
            long unusual,
            Detection detection,
            long found,
            float[] scores,
            BitSet anomaly,
            String device) {
        /** One object. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("data", data);
            json.addProperty("split", rows);
            json.addProperty("count", count);
            json.addProperty("by", recipe.kind().label());
            json.addProperty("draws", recipe.draws());
            json.addProperty("unit", unit);
            json.addProperty("mean", mean);
            json.addProperty("least", least);
            json.addProperty("most", most);
            if (calibration == null) {
                json.add("threshold", JsonNull.INSTANCE);
                json.add("unusual", JsonNull.INSTANCE);
            } else {
                json.addProperty("threshold", calibration.threshold().threshold());
                json.addProperty("false_alarm", calibration.threshold().falseAlarm());
                json.addProperty("unusual", unusual);
            }
            if (detection != null) {
                json.add("detection", detection.toJson());
                if (found >= 0) {
                    json.addProperty("anomalies_found", found);
                    json.addProperty("false_alarms", unusual - found);
                }
            }
            json.addProperty("device", device);
            return json;
        }

        /** Lines for people. */
        public String toText() {
            StringBuilder text = new StringBuilder();
            line(text, "scores", "%s, %s: from %s to %s, mean %.4f", recipe, unit, least, most, mean);
            line(text, "rows", "%,d of %s (%s)", count, data, rows);
            if (calibration != null) {
                line(text, "threshold", "%s", calibration);
                line(text, "unusual", "%,d of %,d rows, %.2f %%", unusual, count, 100.0 * unusual / count);
            }
            if (detection != null) {
                line(text, "labels", "%,d anomalies and %,d normal rows", detection.anomalies(), detection.normal());
                line(text, "AUROC", "%s", detection.auroc());
                line(
                        text,
                        "AP",
                        "%s   by chance %.4f",
                        detection.averagePrecision(),
                        (double) detection.anomalies() / count);
                if (found >= 0) {
                    line(
                            text,
                            "at threshold",
                            "%,d of %,d anomalies found, %,d false alarms among %,d normal rows",
                            found,
                            detection.anomalies(),
                            unusual - found,
                            detection.normal());
                }
            }
            line(text, "computed by", "%s", device);
            return text.toString();
        }

        private static void line(StringBuilder text, String name, String format, Object... values) {
            text.append(String.format(Locale.ROOT, "%-13s", name))
                    .append(String.format(Locale.ROOT, format, values))
                    .append('\n');
        }
    }

    private final Request request;
    private final AnomalyLabels.Marked marked;
    private final Blame blame;
    private final Scores kept = new Scores();
    private final boolean keep;
    private ScoreFile file;
    private long count;
    private double sum;
    private float least = Float.POSITIVE_INFINITY;
    private float most = Float.NEGATIVE_INFINITY;
    private long unusual;
    private long found;

    private Scoring(Request request, AnomalyLabels.Marked marked, Blame blame) {
        this.request = request;
        this.marked = marked;
        this.blame = blame;
        this.keep = request.keep() || marked != null;
    }

    /**
     * Scores rows.
     *
     * @throws UserError when the data do not fit the model, there are no labels, or the file cannot be written
     */
    public static Report run(Model model, Backend backend, DataSource source, Request request, Progress progress) {
        Split split = Rows.split(source, request.split());
        if (request.calibration() != null) {
            request.calibration().misfit(request.recipe()).ifPresent(why -> {
                throw new UserError("--by: " + why);
            });
        }
        Scoring scoring;
        try (SampleReader reader = Rows.open(model, source, split, request.limit());
                RowScorer scorer = new RowScorer(model, backend, request.recipe(), request.blame() > 0)) {
            AnomalyLabels.Marked marked = request.labels() == null
                    ? null
                    : request.labels().mark(source.by(model.data().table()), split, request.limit());
            scoring = new Scoring(request, marked, blame(model, backend, source, split, request));
            RowLabels labels = Rows.labels(model, source, split, request.limit());
            try (ScoreFile file = request.out() == null
                    ? null
                    : new ScoreFile(request.out(), request.calibration() != null, marked != null, request.blame())) {
                scoring.file = file;
                scorer.run(reader, labels, source.name(), scoring::take, progress);
                if (file != null) {
                    file.commit();
                }
            }
        }
        return scoring.report(model, backend, source, split);
    }

    static Blame blame(Model model, Backend backend, DataSource source, Split split, Request request) {
        if (request.blame() == 0) {
            return null;
        }
        int width = model.data().shape().width();
        if (model.data().shape().sizes().length > 1) {
            throw new UserError("--blame: names columns of a table, and the model's samples are "
                    + model.data().shape()
                    + "; to see where pictures differ compare them with what `reconstruct` makes of them");
        }
        Calibration calibration = request.calibration();
        float[] usual;
        if (calibration != null && calibration.usual().length == width) {
            usual = calibration.usual();
        } else {
            UsualTerms terms = new UsualTerms(width);
            int rows = UsualTerms.rows(width);
            int limit = request.limit() == 0 ? rows : Math.min(rows, request.limit());
            try (SampleReader reader = Rows.open(model, source, split, limit);
                    RowScorer scorer = new RowScorer(model, backend, ScoreRecipe.of(ScoreKind.RECONSTRUCTION), true)) {
                scorer.run(
                        reader,
                        Rows.labels(model, source, split, limit),
                        source.name(),
                        (scores, values, some) -> terms.add(values, some),
                        Progress.SILENT);
            }
            usual = terms.medians();
        }
        List<TableColumn> columns = model.data().table().columns();
        String[] names = IntStream.range(0, width)
                .mapToObj(i -> columns.isEmpty() ? "x" + i : columns.get(i).name())
                .toArray(String[]::new);
        return new Blame(names, usual, request.blame());
    }

    private void take(float[] scores, float[] values, int some) {
        if (keep) {
            kept.add(scores, some);
        }
        for (int i = 0; i < some; i++) {
            float score = scores[i];
            sum += score;
            least = Math.min(least, score);
            most = Math.max(most, score);
            Boolean above = request.calibration() == null
                    ? null
                    : score > request.calibration().threshold().threshold();
            if (Boolean.TRUE.equals(above)) {
                unusual++;
                found += marked != null && marked.anomaly().get(Math.toIntExact(count)) ? 1 : 0;
            }
            if (file != null) {
                int[] columns = blame == null ? new int[0] : blame.columns(values, i);
                file.write(new ScoreFile.Row(
                        count,
                        score,
                        above,
                        marked == null ? null : marked.names()[Math.toIntExact(count)],
                        blame == null ? new String[0] : blame.names(columns),
                        blame == null ? new float[0] : blame.shares(columns, values, i)));
            }
            count++;
        }
    }

    private Report report(Model model, Backend backend, DataSource source, Split split) {
        float[] all = keep ? kept.copy() : null;
        boolean threshold = request.calibration() != null;
        return new Report(
                source.name(),
                request.rows() == null ? split.toString() : request.rows(),
                count,
                sum / count,
                least,
                most,
                request.recipe(),
                model.config().likelihood().unit(),
                request.calibration(),
                threshold ? unusual : -1,
                marked == null
                        ? null
                        : Detection.of(
                                all,
                                all.length,
                                marked.anomaly(),
                                model.config().seed()),
                marked == null || !threshold ? -1 : found,
                all,
                marked == null ? null : marked.anomaly(),
                backend.description());
    }
}
