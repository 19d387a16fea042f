package io.jcuvae.cli;

import io.jcuvae.jobs.Encoding;
import io.jcuvae.jobs.RowRange;
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
        return JobOptions.with(all(), true);
    }

    private static List<Option> all() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.value(
                        "out",
                        "FILE",
                        "where to write: .npy ([N, 2, Z]), .npz (keys mean and logvar), .csv or .parquet (mean0, ...,"
                                + " logvar0, ...)"),
                CommonOptions.flag(
                        "codes",
                        "of a model with a codebook: the numbers of the codes, [N, S], in place of their vectors; .npy,"
                                + " .csv or .parquet"),
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
        RowRange range = JobOptions.range(arguments);
        Encoding.Form form = arguments.has("codes") ? Encoding.Form.CODES : Encoding.Form.POSTERIOR;
        return ModelJob.rows(
                arguments,
                output,
                "encoding",
                (model, backend) ->
                        new Encoding(model, backend, ModelJob.source(arguments, output, model), range, form));
    }
}
