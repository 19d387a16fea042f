package io.jcuvae.explore;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.TableColumn;
import io.jcuvae.jobs.LatentUse;
import io.jcuvae.jobs.Pca;
import io.jcuvae.jobs.PickedRows;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** What a page is told of a model once: its latents, its classes, and the map of the encoded rows. */
final class Description {
    /** How far a slider goes where codes are held against a standard normal, in its deviations. */
    private static final double REACH = 3.5;
    /** Codes wider than this have their components found from fewer rows: the work grows with the cube of the smaller. */
    private static final int WIDE = 256;

    private final LiveModel live;
    private final boolean normal;

    private Description(LiveModel live) {
        this.live = live;
        normal = live.inspection().hasNormalPrior();
    }

    /**
     * Describes a model.
     *
     * @param where which rows were encoded, as in {@code mnist-sample (test)}
     */
    static JsonObject of(LiveModel live, String where) {
        return new Description(live).describe(where);
    }

    private JsonObject describe(String where) {
        SampleShape shape = live.model().data().shape();
        JsonObject json = new JsonObject();
        json.addProperty("where", where);
        json.addProperty("rows", live.rows().count());
        json.addProperty("shape", shape.toString());
        json.addProperty("normal", normal);
        json.add("latents", latents());
        json.add("classes", texts(live.model().data().classes().names()));
        shape.picture().ifPresent(picture -> {
            JsonObject extents = new JsonObject();
            extents.addProperty("height", picture.height());
            extents.addProperty("width", picture.width());
            extents.addProperty("channels", picture.channels());
            json.add("picture", extents);
        });
        List<TableColumn> columns = live.model().data().table().columns();
        // Where a column takes several values of a row, values are numbered.
        List<String> names = columns.size() == shape.width()
                ? columns.stream().map(TableColumn::name).toList()
                : List.of();
        json.add("columns", texts(names));
        if (live.latents() > 1 && live.rows().count() > 2) {
            json.add("map", map());
        }
        return json;
    }

    private static JsonArray texts(List<String> texts) {
        JsonArray json = new JsonArray();
        texts.forEach(json::add);
        return json;
    }

    /** In the order of sliders: that of most KL first. */
    private JsonArray latents() {
        LatentUse use = live.use();
        float[] codes = live.seen().codes();
        JsonArray all = new JsonArray();
        for (int i : use.order()) {
            double low = normal ? -REACH : use.mean()[i] - 3 * use.deviation()[i];
            double high = normal ? REACH : use.mean()[i] + 3 * use.deviation()[i];
            for (int n = 0; n < live.seen().count(); n++) {
                low = Math.min(low, codes[n * use.latents() + i]);
                high = Math.max(high, codes[n * use.latents() + i]);
            }
            // A latent that is the same for all rows can be moved, too.
            double least = Math.max(1e-3, 1e-3 * Math.abs(low));
            JsonObject json = new JsonObject();
            json.addProperty("number", i);
            if (use.hasDivergence()) {
                json.addProperty("kl", use.kl()[i]);
            }
            json.addProperty("deviation", use.deviation()[i]);
            json.addProperty("start", normal ? 0 : use.mean()[i]);
            json.addProperty("low", high - low < least ? low - least : low);
            json.addProperty("high", high - low < least ? high + least : high);
            all.add(json);
        }
        return all;
    }

    /** A plane of codes, centre + x first + y second, with the rows' places on it. */
    private JsonObject map() {
        int latents = live.latents();
        int count = live.seen().count();
        float[] codes = live.seen().codes();
        double[] centre = new double[latents];
        double[][] directions = new double[2][latents];
        double[][] places = new double[count][2];
        JsonObject json = new JsonObject();
        if (latents == 2) {
            directions[0][0] = 1;
            directions[1][1] = 1;
            for (int n = 0; n < count; n++) {
                places[n] = new double[] {codes[2 * n], codes[2 * n + 1]};
            }
            json.add("axes", texts(List.of("latent 1", "latent 2")));
        } else {
            int few = latents > WIDE ? Math.min(count, WIDE) : count;
            Pca pca = Pca.fit(
                    Dataset.ofFloats("codes", new SampleShape(latents), Arrays.copyOf(codes, few * latents), null), 2);
            centre = pca.mean();
            directions = new double[][] {pca.component(0), pca.component(1)};
            places = pca.project(codes, count);
            json.add("axes", texts(List.of(axis(pca, 0), axis(pca, 1))));
        }
        json.add("centre", numbers(centre));
        JsonArray both = new JsonArray();
        JsonArray points = new JsonArray();
        for (int k = 0; k < 2; k++) {
            both.add(numbers(directions[k]));
        }
        for (double[] place : places) {
            points.add(numbers(place));
        }
        json.add("directions", both);
        json.add("points", points);
        addLabels(json);
        return json;
    }

    private static String axis(Pca pca, int k) {
        double share = pca.totalVariance() == 0 ? 0 : pca.variances()[k] / pca.totalVariance();
        return String.format(Locale.ROOT, "component %d (%.0f %% of the variance)", k + 1, 100 * share);
    }

    private static JsonArray numbers(double[] values) {
        JsonArray json = new JsonArray();
        for (double value : values) {
            // Seven digits, as codes are floats.
            json.add((float) value);
        }
        return json;
    }

    private void addLabels(JsonObject json) {
        PickedRows rows = live.rows();
        if (rows.labels() == null) {
            return;
        }
        TreeMap<Integer, String> names = new TreeMap<>();
        for (int n = 0; n < rows.count(); n++) {
            names.putIfAbsent(rows.labels()[n], rows.label(n));
        }
        List<Integer> order = List.copyOf(names.keySet());
        JsonArray labels = new JsonArray();
        for (int n = 0; n < rows.count(); n++) {
            labels.add(order.indexOf(rows.labels()[n]));
        }
        json.add("labels", labels);
        json.add("names", texts(List.copyOf(names.values())));
    }
}
