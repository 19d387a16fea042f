package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** What may follow on a command line, from the tables of commands and options: what the shells' completion is made of. */
final class Completion {
    /** What may stand in a command's place. */
    static final List<String> BESIDE_COMMANDS = List.of("help", "--help", "--version");

    private Completion() {}

    /** Which names of the file system a value may be. */
    enum Paths {
        /** No path. */
        NONE,
        /** Any. */
        FILES,
        /** Folders alone. */
        FOLDERS
    }

    /**
     * What a value may be.
     *
     * @param words to offer; empty where the value is free, such as a number
     * @param paths to offer beside them
     * @param optional whether the option may stand without one
     */
    record Value(List<String> words, Paths paths, boolean optional) {}

    /** What follows an option of a command; nothing where the option takes no value. */
    static Optional<Value> value(Command command, Option option) {
        if (!option.hasArg()) {
            return Optional.empty();
        }
        return Optional.of(new Value(words(command, option), paths(option.getArgName()), option.hasOptionalArg()));
    }

    private static List<String> words(Command command, Option option) {
        String name = option.getLongOpt();
        List<String> own = command.words().get(name);
        if (own != null) {
            return own;
        }
        if (option.getArgName().equals("SRC")) {
            return DataSource.names();
        }
        return switch (name) {
            case "device" -> List.of("auto", "cpu", "cuda");
            case "preset" -> Arrays.stream(Preset.values()).map(Preset::label).toList();
            case "split" -> Arrays.stream(Split.values()).map(Split::toString).toList();
            default -> ofSetting(name);
        };
    }

    private static List<String> ofSetting(String name) {
        Optional<Setting> setting = Setting.find(name);
        if (setting.isPresent() && setting.get().isFlag()) {
            return List.of("true", "false");
        }
        return setting.map(Setting::choices).orElse(List.of());
    }

    private static Paths paths(String argument) {
        if (argument.startsWith("DIR")) {
            return Paths.FOLDERS;
        }
        return Stream.of("FILE", "SRC").anyMatch(argument::startsWith) ? Paths.FILES : Paths.NONE;
    }

    /** What a command takes without an option; nothing where it takes none. */
    static Optional<Value> operands(Command command) {
        if (command.operands().isEmpty()) {
            return Optional.empty();
        }
        List<String> words = command.words().getOrDefault("", List.of());
        boolean runs = command.operands().contains("RUN");
        Paths files = words.isEmpty() ? Paths.FILES : Paths.NONE;
        return Optional.of(new Value(words, runs ? Paths.FOLDERS : files, false));
    }

    /** A command's options by what may follow them, in the order of the help; those without a value are left out. */
    static Map<Value, List<String>> byValue(Command command) {
        Map<Value, List<String>> groups = new LinkedHashMap<>();
        for (Option option : Main.optionsOf(command)) {
            value(command, option)
                    .ifPresent(value -> groups.computeIfAbsent(value, v -> new ArrayList<>())
                            .add("--" + option.getLongOpt()));
        }
        return groups;
    }
}
