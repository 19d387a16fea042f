package io.jcuvae.cli;

import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The commands by name, each made when it is asked for. */
final class Commands {
    private static final Map<String, Supplier<Command>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("train", TrainCommand::new);
        BY_NAME.put("evaluate", EvaluateCommand::new);
        BY_NAME.put("generate", GenerateCommand::new);
        BY_NAME.put("reconstruct", ReconstructCommand::new);
        BY_NAME.put("encode", EncodeCommand::new);
        BY_NAME.put("decode", DecodeCommand::new);
        BY_NAME.put("interpolate", InterpolateCommand::new);
        BY_NAME.put("score", ScoreCommand::new);
        BY_NAME.put("augment", AugmentCommand::new);
        BY_NAME.put("export", ExportCommand::new);
        BY_NAME.put("import", ImportCommand::new);
        BY_NAME.put("verify", VerifyCommand::new);
        BY_NAME.put("plot", PlotCommand::new);
        BY_NAME.put("report", ReportCommand::new);
        BY_NAME.put("explore", ExploreCommand::new);
        BY_NAME.put("baseline", BaselineCommand::new);
        BY_NAME.put("schema", SchemaCommand::new);
        BY_NAME.put("info", InfoCommand::new);
        BY_NAME.put("devices", DevicesCommand::new);
        BY_NAME.put("check", CheckCommand::new);
        BY_NAME.put("bench", BenchCommand::new);
        BY_NAME.put("completion", CompletionCommand::new);
    }

    /** What scripts run: it is not in the help's list. */
    private static final Map<String, Supplier<Command>> FOR_SCRIPTS = Map.of(
            "adbench",
            AdbenchCommand::new,
            "gpu-check",
            GpuCheckCommand::new,
            "demo-moons",
            DemoMoonsCommand::new,
            "demo-variants",
            DemoVariantsCommand::new);

    private Commands() {}

    /** The names, in the order of the help text. */
    static List<String> names() {
        return new ArrayList<>(BY_NAME.keySet());
    }

    /**
     * The command of that name.
     *
     * @throws UserError naming the nearest one when there is none
     */
    static Command named(String name) {
        Supplier<Command> command = BY_NAME.getOrDefault(name, FOR_SCRIPTS.get(name));
        if (command == null) {
            throw new UserError("unknown command '" + name + "'"
                    + NearestMatch.of(name, names())
                            .map(near -> "; did you mean " + near + "?")
                            .orElse("; there are " + String.join(", ", names()))
                    + " (" + Main.PROGRAM + " --help says what each does)");
        }
        return command.get();
    }
}
