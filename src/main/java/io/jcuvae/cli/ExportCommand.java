package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.jobs.ModelExport;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Writes a model for other programs. */
final class ExportCommand implements Command {
    private static final String ONNX = "onnx";
    private static final String NPZ = "npz";

    @Override
    public String summary() {
        return "writes a model for other programs: ONNX graphs, or its parameters";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.value(
                        ONNX,
                        "DIR",
                        "a folder for encoder.onnx, decoder.onnx and reconstruction.onnx (opset " + ModelExport.OPSET
                                + ", any number of rows)"),
                CommonOptions.value(NPZ, "FILE", "a file for the parameters by name, for numpy.load"),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "export --model runs/digits --onnx onnx/digits";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        Path path = arguments.requiredPath("model");
        Optional<Path> onnx = arguments.path(ONNX);
        Optional<Path> npz = arguments.path(NPZ);
        if (onnx.isEmpty() && npz.isEmpty()) {
            throw new UserError("--onnx DIR or --npz FILE is missing: what to write; both can be given");
        }
        if (npz.isPresent() && !npz.get().toString().endsWith(".npz")) {
            throw new UserError("--npz " + npz.get() + ": this ending tells another format; name the file with .npz");
        }
        JsonObject json = new JsonObject();
        JsonArray files = new JsonArray();
        // Reading needs no BLAS.
        try (Backend backend = CpuBackend.withoutBlas(1)) {
            Model model = Model.load(path, backend);
            List<Path> written = new ArrayList<>();
            if (onnx.isPresent()) {
                written.addAll(ModelExport.onnx(model, Model.file(path), backend, onnx.get()));
                json.addProperty("opset", ModelExport.OPSET);
            }
            if (npz.isPresent()) {
                ModelExport.npz(model, backend, npz.get());
                written.add(npz.get());
            }
            for (Path file : written) {
                files.add(file.toString());
                output.line("wrote " + file + (file.toString().endsWith(NPZ) ? "" : ", opset " + ModelExport.OPSET));
            }
        }
        json.add("files", files);
        output.json(json);
        return 0;
    }
}
