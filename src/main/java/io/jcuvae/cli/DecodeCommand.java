package io.jcuvae.cli;

import io.jcuvae.jobs.Decoding;
import java.util.List;
import org.apache.commons.cli.Option;

/** Turns codes into samples. */
final class DecodeCommand implements Command {
    @Override
    public String summary() {
        return "turns latent codes into samples";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.value(
                        "latents",
                        "FILE",
                        "the codes: what encode writes (the means are taken), or rows of Z numbers as .npy, .npz[:key]"
                                + ", .csv or .parquet"),
                CommonOptions.label(" of all codes"),
                CommonOptions.samples(),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "decode --model runs/digits --latents codes.npz --out decoded.npy";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        String latents = arguments.required("latents");
        return ModelJob.write(arguments, output, "decoding", (model, backend, out, progress) -> {
            Decoding.run(model, backend, latents, arguments.text("label").orElse(null), out, progress);
            return model.data().shape().sizes();
        });
    }
}
