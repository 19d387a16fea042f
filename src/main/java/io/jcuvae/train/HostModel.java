package io.jcuvae.train;

import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Path;

/**
 * A model on no device: to be brought to as many as one likes. Who has it must not change its arrays.
 *
 * @param config how it was trained
 * @param data what it was trained on
 * @param spec its network
 * @param values its parameters, in the layout's order
 * @param buffers what its layers keep beside them
 */
public record HostModel(TrainConfig config, DataRecord data, VaeSpec spec, float[] values, float[] buffers) {
    /** A copy of a model on a device. */
    public static HostModel of(Model model, Backend backend) {
        return new HostModel(
                model.config(),
                model.data(),
                model.spec(),
                model.values().download(backend),
                model.buffers().download(backend));
    }

    /** The model on a device, in memory of its own there. */
    public Model on(Backend backend) {
        Parameters parameters = Parameters.allocate(spec.layout(), backend);
        parameters.upload(backend, values);
        Parameters kept = Parameters.buffers(spec.layout(), backend);
        kept.upload(backend, buffers);
        return new Model(config, data, spec, parameters, kept);
    }

    /** Writes a model file, as {@link Model#write}. */
    public void write(Path file) {
        Model.write(file, config, data, spec.layout(), values, buffers);
    }
}
