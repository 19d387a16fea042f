package io.jcuvae.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start Java again as this process was started: with the same runtime and the same flags. */
final class ThisProgram {
    private ThisProgram() {}

    /**
     * A command line.
     *
     * @param words what follows Java's flags
     */
    static List<String> java(String... words) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(words));
        return command;
    }
}
