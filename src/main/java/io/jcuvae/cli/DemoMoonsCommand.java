package io.jcuvae.cli;

import io.jcuvae.data.AtomicFile;
import io.jcuvae.jobs.MoonsDemo;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.Option;

/** What scripts/demo-moons runs. */
final class DemoMoonsCommand implements Command {
    @Override
    public String summary() {
        return "trains an autoencoder and a VAE on moons and compares their images";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value("out", "DIR", "where pictures and the table go"),
                CommonOptions.value("epochs", "N", "of each training (default 60)"),
                CommonOptions.value("seed", "N", "start of the random sequences (default 0)"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads());
    }

    @Override
    public String example() {
        return "demo-moons --out moons";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        Path folder = arguments.requiredPath("out");
        int epochs = arguments.integer("epochs", 1, 10_000, 60);
        long seed = arguments.wholeNumber("seed", 0, Long.MAX_VALUE, 0);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UserError(folder + ": cannot be made (" + e + "); choose another --out", e);
        }
        String table;
        try (Device device = Device.open(arguments)) {
            table = MoonsDemo.table(MoonsDemo.run(folder, epochs, seed, device.backend()));
        }
        Path file = folder.resolve("table.md");
        AtomicFile.write(file, out -> out.write(table.getBytes(StandardCharsets.UTF_8)));
        output.line("distance to the nearest real moon, mean:\n" + table.stripTrailing());
        output.line("wrote " + folder + ": random-ae.png, random-ae-gmm.png, random-vae.png, walk.png, table.md");
        return 0;
    }
}
