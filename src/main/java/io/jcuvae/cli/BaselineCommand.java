package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.ImageGrid;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.jobs.Baseline;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Measures PCA on data, and trained models beside it. */
final class BaselineCommand implements Command {
    private static final String MODELS = "models";
    private static final String LATENT = "latent";
    private static final int COLUMNS = 16;

    @Override
    public String summary() {
        return "measures PCA, the linear baseline, on data, beside trained models";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value("data", "SRC", "as for train; pictures must have one size (default mnist-sample)"),
                CommonOptions.value(LATENT, "Z,..", "numbers of principal components (default 20)"),
                CommonOptions.limit(),
                CommonOptions.value(MODELS, "DIR,..", "trained models to measure on the same held-out rows"),
                CommonOptions.value(
                        "out", "FILE", "a .png: held-out samples, and below them what PCA and each model make of them"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "baseline --data mnist-sample --latent 20 --models runs/digits --out pca.png";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        List<Integer> latents = latents(arguments.text(LATENT).orElse("20"));
        int limit = CommonOptions.limit(arguments);
        Optional<Path> out = arguments.path("out");
        DataSource source = DataSource.parse(
                arguments.text("data").orElse("mnist-sample"),
                SourceArguments.read(arguments, output, PictureOptions.asTheyAre()));
        source.prepare();
        source.notes().forEach(output::note);
        Baseline.Report report;
        try (Device device = Device.open(arguments);
                JobProgress progress = new JobProgress(output, "measuring")) {
            List<Baseline.Named> models = new ArrayList<>();
            for (String name :
                    arguments.text(MODELS).map(text -> text.split(",")).orElse(new String[0])) {
                models.add(new Baseline.Named(name, Model.load(Path.of(name), device.backend())));
            }
            report = Baseline.run(source, latents, limit, models, device.backend(), COLUMNS, progress);
        }
        ModelJob.warn(source, output);
        out.ifPresent(file -> {
            int rows = report.pictures().length / report.shape().width();
            ImageGrid.write(file, report.pictures(), rows, report.shape(), report.columns());
        });
        output.line(report.toText().stripTrailing());
        out.ifPresent(file -> output.line("wrote " + file));
        output.json(report.toJson());
        return 0;
    }

    private static List<Integer> latents(String text) {
        List<Integer> latents = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            if (!part.matches("[1-9]\\d{0,5}")) {
                throw new UserError("--latent: must be whole numbers from 1 with commas between, got '" + text + "'");
            }
            latents.add(Integer.valueOf(part));
        }
        return latents;
    }
}
