package io.jcuvae;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of processes that run classes of these tests or of the program. */
public final class ChildJvm {
    private ChildJvm() {}

    /**
     * A command that starts this JVM with this class path, as the launcher would.
     *
     * @param options of the JVM
     * @param main the class to run
     * @param arguments given to it
     */
    public static List<String> command(List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            // From there on the JVM warns about every native library otherwise.
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
