package io.jcuvae.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.TableSchema;
import io.jcuvae.tensor.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Looks at a table and proposes what its columns are. */
final class SchemaCommand implements Command {
    @Override
    public String summary() {
        return "proposes a schema for a table: what train --schema takes";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value(
                        "data", "FILE", "a .csv or .tsv with column names in its first line, or a .parquet"),
                CommonOptions.value("out", "FILE", "where to write the schema (default: it is printed)"),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "schema --data patients.csv --out schema.json";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        Path data = arguments.requiredPath("data");
        if (!Files.isRegularFile(data)) {
            throw new UserError(
                    "--data " + data + ": is no file; a .csv or .tsv with column names, or a .parquet, is needed");
        }
        List<String> notes = new ArrayList<>();
        JsonObject schema = TableSchema.propose(data, notes);
        String text = new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(schema) + "\n";
        Optional<Path> out = arguments.path("out");
        notes.forEach(output::warn);
        if (out.isPresent()) {
            AtomicFile.write(out.get(), stream -> stream.write(text.getBytes(StandardCharsets.UTF_8)));
            output.line("wrote " + out.get() + ": "
                    + schema.getAsJsonArray("columns").size()
                    + " columns; look it over, then: " + Main.PROGRAM + " train --data " + ModelText.quoted(data)
                    + " --preset table --schema " + ModelText.quoted(out.get()));
        } else {
            output.line(text.stripTrailing());
        }
        output.json(schema);
        return 0;
    }
}
