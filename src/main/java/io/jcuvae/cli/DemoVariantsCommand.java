package io.jcuvae.cli;

import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.jobs.VariantsTable;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.Option;

/** What scripts/bench variants runs. */
final class DemoVariantsCommand implements Command {
    @Override
    public String summary() {
        return "trains every variant at equal budget and writes a table of them";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value(
                        "out", "DIR", "where variants-NAME.md and variants/NAME.png go, NAME being that of the data"),
                CommonOptions.value("data", "SRC", "pictures to train on (default mnist-sample)"),
                CommonOptions.value("epochs", "N", "of each training (default 10)"),
                CommonOptions.value("limit", "N", "use the first N training samples, 0 for all (default 0)"),
                CommonOptions.value("seed", "N", "start of the random sequences (default 0)"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads());
    }

    @Override
    public String example() {
        return "demo-variants --out docs --data mnist-sample";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        Path folder = arguments.requiredPath("out");
        VariantsTable.Budget budget = new VariantsTable.Budget(
                DataSource.parse(
                        arguments.text("data").orElse("mnist-sample"),
                        SourceArguments.read(arguments, output, PictureOptions.asTheyAre())),
                arguments.integer("limit", 0, Integer.MAX_VALUE, 0),
                arguments.integer("epochs", 1, 10_000, 10),
                arguments.wholeNumber("seed", 0, Long.MAX_VALUE, 0));
        String name = name(budget.source().name());
        try {
            Files.createDirectories(folder.resolve("variants"));
        } catch (IOException e) {
            throw new UserError(folder + ": cannot be made (" + e + "); choose another --out", e);
        }
        String picture = "variants/" + name + ".png";
        Path file = folder.resolve("variants-" + name + ".md");
        String command = "scripts/bench variants --out " + folder.getFileName() + " --epochs " + budget.epochs()
                + (budget.limit() == 0 ? "" : " --limit " + budget.limit());
        String text;
        try (Device device = Device.open(arguments)) {
            VariantsTable table = new VariantsTable(budget, device.backend(), output::line);
            text = table.run(folder.resolve(picture)).toMarkdown(command, picture);
        }
        AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
        output.line("wrote " + file + " and " + folder.resolve(picture));
        return 0;
    }

    /** The last part of a path, and nothing that a file name does not take. */
    private static String name(String source) {
        return source.replaceAll("/+$", "").replaceAll(".*/", "").replaceAll("[^A-Za-z0-9-]+", "-");
    }
}
