package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Encoding;
import java.util.List;
import org.apache.commons.cli.Option;

/** Turns samples into codes. */
final class EncodeCommand implements Command {
    @Override
    public String summary() {
        return "turns samples into latent codes: means and log variances";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.value(
                        "out",
                        "FILE",
                        "where to write: .npy ([N, 2, Z]), .npz (keys mean and logvar) or .csv (mean0, ..., logvar0, ...)"),
                CommonOptions.flag(
                        "codes",
                        "of a model with a codebook: the numbers of the codes, [N, S], in place of their vectors; .npy or .csv"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "encode --model runs/digits --data mnist-sample --out codes.npz";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        int limit = CommonOptions.limit(arguments);
        Split split = CommonOptions.split(arguments);
        return ModelJob.write(arguments, output, "encoding", (model, backend, out, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            boolean codes = arguments.has("codes");
            Encoding.Form form = codes ? Encoding.Form.CODES : Encoding.Form.POSTERIOR;
            Encoding.run(model, backend, source, split, limit, form, out, progress);
            ModelJob.warn(source, output);
            if (codes) {
                return new int[] {model.spec().slots()};
            }
            int latents = model.spec().latents();
            int values = Encoding.valuesOfALatent(model);
            return values == 1 ? new int[] {latents} : new int[] {values, latents};
        });
    }
}
