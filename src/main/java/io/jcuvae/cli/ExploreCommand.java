package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.explore.Explorer;
import io.jcuvae.explore.Limits;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** Serves the latent explorer until it is interrupted. */
final class ExploreCommand implements Command {
    private static final int USUAL_PORT = 8765;

    @Override
    public String summary() {
        return "opens a page on this machine to move through a model's codes";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.value("limit", "N", "show the codes of the first N rows (default 2000)"),
                CommonOptions.value(
                        "port", "N", "where to listen, 0 for any port that is free (default " + USUAL_PORT + ")"),
                CommonOptions.flag("open", "open the page in the browser"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "explore --model runs/digits";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        int port = arguments.integer("port", 0, 65_535, USUAL_PORT);
        int limit = arguments.integer("limit", 1, 20_000, 2000);
        Split split = CommonOptions.split(arguments);
        return ModelJob.run(arguments, output, "reading", (model, backend, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            PickedRows rows = PickedRows.read(model, source, split, limit);
            ModelJob.warn(source, output);
            String where = source.name() + (split == null ? "" : " (" + split + ")");
            serve(arguments, output, port, model, backend, rows, where);
            return 0;
        });
    }

    private static void serve(
            Arguments arguments, Output output, int port, Model model, Backend backend, PickedRows rows, String where) {
        // Closed last: only then does the process go on to exit.
        try (Interruption interruption = new Interruption();
                Explorer explorer = new Explorer(model, backend, rows, where, Limits.usual())) {
            URI address = explorer.open(port);
            output.line("the explorer is at " + address + " (Ctrl-C ends it)");
            JsonObject json = new JsonObject();
            json.addProperty("address", address.toString());
            output.json(json);
            if (arguments.has("open")) {
                browse(address, output);
            }
            explorer.work(interruption::asked);
            output.note("the explorer has ended");
        }
    }

    /** Asks the desktop to show the page; where there is none, a line says so. */
    private static void browse(URI address, Output output) {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        List<String> program = system.contains("win")
                ? List.of("rundll32", "url.dll,FileProtocolHandler")
                : List.of(system.contains("mac") ? "open" : "xdg-open");
        List<String> words = new ArrayList<>(program);
        words.add(address.toString());
        try {
            new ProcessBuilder(words)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            output.warn("--open: no browser could be opened (" + program.get(0) + "); open the address yourself");
        }
    }
}
