package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.NpzTensors;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.TableColumn;
import io.jcuvae.onnx.OnnxModel;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a model in formats of others. */
public final class ModelExport {
    /** The version of ONNX's operators that the files need. */
    public static final int OPSET = OnnxModel.OPSET;

    private ModelExport() {}

    /**
     * Writes encoder.onnx, decoder.onnx and reconstruction.onnx, see {@link OnnxModel}. Each says in its metadata_props which
     * model it is of ({@code model_sha256}, the checksum in the model file) and what the model is a model of.
     *
     * @param modelFile which the model was loaded from
     * @param folder made if need be; files of these names are replaced
     * @return the files
     */
    public static List<Path> onnx(Model model, Path modelFile, Backend backend, Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UserError("--onnx " + folder + ": cannot be made (" + e + "); name another folder", e);
        }
        OnnxModel onnx = new OnnxModel(
                model.spec(),
                model.data().table(),
                model.values().download(backend),
                model.buffers().download(backend),
                Versions.jcuvae(),
                about(model, modelFile));
        List<Path> files = List.of(
                folder.resolve("encoder.onnx"), folder.resolve("decoder.onnx"), folder.resolve("reconstruction.onnx"));
        onnx.writeEncoder(files.get(0));
        onnx.writeDecoder(files.get(1));
        onnx.writeReconstruction(files.get(2));
        return files;
    }

    private static Map<String, String> about(Model model, Path modelFile) {
        Map<String, String> about = new LinkedHashMap<>();
        about.put(
                "model_sha256",
                String.valueOf(Safetensors.read(modelFile).metadata().get(Safetensors.CHECKSUM)));
        Protocol protocol = Protocol.ofTraining(model);
        about.put("protocol", protocol.toString());
        about.put("units", protocol.units());
        about.put("settings", model.config().toJson().toString());
        about.put("data", model.data().source());
        about.put("data_fingerprint", model.data().fingerprint());
        if (model.data().classes().count() > 0) {
            JsonArray names = new JsonArray();
            model.data().classes().names().forEach(names::add);
            about.put("classes", names.toString());
        }
        if (model.data().table().named()) {
            JsonArray columns = new JsonArray();
            model.data().table().columns().forEach(column -> columns.add(column(column)));
            about.put("columns", columns.toString());
        }
        return about;
    }

    private static JsonObject column(TableColumn column) {
        JsonObject json = new JsonObject();
        json.addProperty("name", column.name());
        json.addProperty("kind", column.kind().label());
        if (!column.levels().isEmpty()) {
            JsonArray levels = new JsonArray();
            column.levels().forEach(levels::add);
            json.add("levels", levels);
        }
        return json;
    }

    /** Writes the parameters and what the layers keep beside them, by name: for {@code numpy.load}. */
    public static void npz(Model model, Backend backend, Path file) {
        NpzTensors.write(file, model.tensors(backend));
    }
}
