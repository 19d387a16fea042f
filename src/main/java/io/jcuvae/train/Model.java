package io.jcuvae.train;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.data.Safetensors;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A trained model on a device: its configuration, what it was trained on, and its parameters.
 *
 * @param config how it was trained
 * @param data what it was trained on
 * @param spec its network
 * @param values its parameters
 * @param buffers what its layers keep beside them, as running statistics
 */
public record Model(TrainConfig config, DataRecord data, VaeSpec spec, Parameters values, Parameters buffers) {
    /** Prefix of the moving average in a checkpoint, which then is what to use. */
    static final String AVERAGE = "ema.";

    private static final String FORMAT = "jcuvae-model/1";

    /**
     * Loads a model; of a checkpoint what a model file would hold.
     *
     * @param path a run folder, a model file or a checkpoint
     * @throws UserError when it is neither, or is damaged
     */
    public static Model load(Path path, Backend backend) {
        Path file = file(path);
        Safetensors tensors = Safetensors.read(file);
        TrainConfig config = config(file, tensors);
        DataRecord data = data(file, tensors);
        VaeSpec spec = config.spec(
                Shape.of(data.shape().sizes()),
                data.classes().count(),
                data.table().layout());
        ParameterLayout layout = spec.layout();
        boolean averaged = tensors.names().stream().anyMatch(name -> name.startsWith(AVERAGE));
        // Read first: memory is taken for what the file holds, not for what its configuration promises.
        float[] parameters = read(file, tensors, layout, averaged ? AVERAGE : "");
        float[] kept = read(file, tensors, layout.buffers(), "");
        Parameters values = Parameters.allocate(layout, backend);
        values.upload(backend, parameters);
        Parameters buffers = Parameters.buffers(layout, backend);
        buffers.upload(backend, kept);
        return new Model(config, data, spec, values, buffers);
    }

    /**
     * The model file that a path names.
     *
     * @param path a run folder or a model file
     */
    public static Path file(Path path) {
        if (Files.isDirectory(path)) {
            Path file = new RunFolder(path).model();
            if (!Files.exists(file)) {
                throw new UserError(
                        path + ": holds no model.safetensors; --model takes the folder of a run or a model file");
            }
            return file;
        }
        if (!Files.exists(path)) {
            throw new UserError(path + ": no such file or folder; --model takes the folder of a run or a model file");
        }
        return path;
    }

    static TrainConfig config(Path file, Safetensors tensors) {
        return TrainConfig.defaults().with(metadata(file, tensors, "options"), file.toString());
    }

    static DataRecord data(Path file, Safetensors tensors) {
        try {
            return DataRecord.fromJson(metadata(file, tensors, "data"));
        } catch (RuntimeException e) {
            throw new UserError(
                    file + ": its description of the training data cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static JsonObject metadata(Path file, Safetensors tensors, String key) {
        String text = tensors.metadata().get(key);
        try {
            if (text != null) {
                return JsonParser.parseString(text).getAsJsonObject();
            }
        } catch (JsonParseException | IllegalStateException e) {
            // Told below.
        }
        throw new UserError(file + ": its metadata have no readable '" + key + "', so it was not written by jcuvae;"
                + " train one, or name a run folder");
    }

    static Map<String, String> metadata(String format, TrainConfig config, DataRecord data) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", format);
        metadata.put("options", config.toJson().toString());
        metadata.put("data", data.toJson().toString());
        return metadata;
    }

    /** Refuses a file whose tensors are not those of a layout. */
    private static void requireTensors(Path file, Safetensors tensors, ParameterLayout layout, String prefix) {
        for (ParameterLayout.Entry entry : layout.entries()) {
            String name = prefix + entry.name();
            if (!tensors.names().contains(name)) {
                throw new UserError(file + ": has no tensor " + name + ", which its configuration asks for");
            }
            int[] asked = entry.counter() ? new int[0] : entry.shape().extents();
            if (!Arrays.equals(tensors.shape(name), asked)) {
                throw new UserError(file + ": tensor " + name + " is " + Arrays.toString(tensors.shape(name))
                        + ", its configuration asks for "
                        + (entry.counter() ? "a single whole number" : entry.shape()));
            }
        }
    }

    /** The named tensors of a block as one array in the layout's order. */
    static float[] read(Path file, Safetensors tensors, ParameterLayout layout, String prefix) {
        requireTensors(file, tensors, layout, prefix);
        float[] block = new float[Math.toIntExact(layout.count())];
        for (ParameterLayout.Entry entry : layout.entries()) {
            String name = prefix + entry.name();
            float[] values = entry.counter() ? counted(file, tensors, name) : tensors.floats(name);
            for (int i = 0; i < values.length; i++) {
                if (!Float.isFinite(values[i])) {
                    throw new UserError(file + ": tensor " + name + " holds " + values[i] + " at element " + i
                            + "; the file is damaged or its training diverged");
                }
            }
            System.arraycopy(values, 0, block, (int) entry.offset(), values.length);
        }
        return block;
    }

    /** A counter's remainder and quotient, see {@link ParameterLayout#counter}. */
    static float[] counted(Path file, Safetensors tensors, String name) {
        long count = tensors.longs(name)[0];
        long base = ParameterLayout.COUNTER_BASE;
        if (count < 0 || count / base > 1 << 24) {
            throw new UserError(file + ": tensor " + name + " is " + count + ", which is no number of batches");
        }
        return new float[] {(float) (count % base), (float) (count / base)};
    }

    static List<Safetensors.Entry> entries(ParameterLayout layout, float[] block, String prefix) {
        List<Safetensors.Entry> entries = new ArrayList<>();
        for (ParameterLayout.Entry entry : layout.entries()) {
            int at = (int) entry.offset();
            if (entry.counter()) {
                long[] count = {(long) block[at] + ParameterLayout.COUNTER_BASE * (long) block[at + 1]};
                entries.add(Safetensors.Entry.of(prefix + entry.name(), new int[0], count, 0));
            } else {
                entries.add(Safetensors.Entry.of(
                        prefix + entry.name(), entry.shape().extents(), block, at));
            }
        }
        return entries;
    }

    /** Its parameters and buffers as a model file has them. */
    public List<Safetensors.Entry> tensors(Backend backend) {
        List<Safetensors.Entry> entries = entries(values.layout(), values.download(backend), "");
        entries.addAll(entries(buffers.layout(), buffers.download(backend), ""));
        return entries;
    }

    /**
     * Writes a model file; tensors have the names and layouts of PyTorch's state_dict.
     *
     * @param layout of the parameters, with that of the buffers
     * @param values the parameters
     * @param buffers as many as {@link ParameterLayout#buffers} says
     */
    public static void write(
            Path file, TrainConfig config, DataRecord data, ParameterLayout layout, float[] values, float[] buffers) {
        List<Safetensors.Entry> entries = entries(layout, values, "");
        entries.addAll(entries(layout.buffers(), buffers, ""));
        Safetensors.write(file, metadata(FORMAT, config, data), entries);
    }
}
