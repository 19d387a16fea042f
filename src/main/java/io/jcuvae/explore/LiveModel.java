package io.jcuvae.explore;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.Classes;
import io.jcuvae.data.OnePicture;
import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.Labels;
import io.jcuvae.jobs.LatentUse;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.Base64;

/** A model bound to a single row, and rows to look at. Used by one thread. */
final class LiveModel {
    private final Model model;
    private final PickedRows rows;
    private final Inspection one;
    private final Inspection.Seen seen;
    private final LatentUse use;

    /**
     * Binds the model and encodes the rows.
     *
     * @throws UserError for a model whose latents cannot be moved by themselves
     */
    LiveModel(Model model, Backend backend, PickedRows rows) {
        if (!Inspection.moves(model)) {
            throw new UserError("explore: moves latents by themselves, which codes of --posterior "
                    + model.config().posterior().label()
                    + " do not have; plot latents and plot interpolation show them");
        }
        if (rows.count() < 1) {
            throw new UserError("explore: there are no rows to encode; name some with --data");
        }
        this.model = model;
        this.rows = rows;
        // A batch as large as the device likes reads the rows; what it was bound to is let go.
        seen = new Inspection(model, backend).look(rows.rows(), rows.told(), rows.count(), 0);
        use = LatentUse.of(seen);
        one = new Inspection(model, backend, 1);
    }

    Model model() {
        return model;
    }

    PickedRows rows() {
        return rows;
    }

    Inspection inspection() {
        return one;
    }

    Inspection.Seen seen() {
        return seen;
    }

    LatentUse use() {
        return use;
    }

    /** Z. */
    int latents() {
        return one.latents();
    }

    /**
     * The class that a page means.
     *
     * @throws Refusal if there is none of that number, or none at all
     */
    int label(int number) {
        Classes classes = model.data().classes();
        if (classes.count() == 0 ? number != -1 : number < 0 || number >= classes.count()) {
            throw new Refusal(
                    400,
                    classes.count() == 0
                            ? "the model knows no classes; leave label out"
                            : "label must be from 0 to " + (classes.count() - 1));
        }
        return classes.count() == 0 ? Labels.NOTHING : number;
    }

    /**
     * Decodes a code.
     *
     * @return the pixels [H, W, C] of a picture, else a JSON object with the values
     */
    byte[] decode(float[] code, int label) {
        float[] made = one.decode(code, 1, label);
        return model.data().shape().isImage()
                ? OnePicture.pixels(made, model.data().shape())
                : Site.bytes(values(made));
    }

    private static JsonObject values(float[] row) {
        JsonArray values = new JsonArray();
        for (float value : row) {
            values.add(Float.isFinite(value) ? (Number) value : null);
        }
        JsonObject json = new JsonObject();
        json.add("values", values);
        return json;
    }

    /** A row of the data: its code, its class, and how it looks. */
    JsonObject sample(int number) {
        JsonObject json = encoded(
                Inspection.row(seen.codes(), number, seen.latents()),
                Inspection.row(rows.rows(), number, model.data().shape().width()));
        if (model.data().classes().count() > 0) {
            json.addProperty("label", rows.told().at(number));
        }
        return json;
    }

    /**
     * Encodes a PNG or JPEG.
     *
     * @throws UserError if it cannot be read
     */
    JsonObject encode(byte[] file, int label) {
        SampleShape shape = model.data().shape();
        float[] row = OnePicture.row(file, shape);
        model.data().table().encode(row, 1);
        return encoded(one.code(row, label), row);
    }

    /** A code and the row that it is of, as the model is given it. */
    private JsonObject encoded(float[] code, float[] row) {
        float[] shown = one.shown(row, 1);
        JsonObject json = model.data().shape().isImage() ? new JsonObject() : values(shown);
        JsonArray numbers = new JsonArray();
        for (float value : code) {
            numbers.add(value);
        }
        json.add("code", numbers);
        if (model.data().shape().isImage()) {
            byte[] pixels = OnePicture.pixels(shown, model.data().shape());
            json.addProperty("pixels", Base64.getEncoder().encodeToString(pixels));
        }
        return json;
    }
}
