package io.jcuvae.cli;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What can be found out about the terminal without native code. */
final class Terminal {
    private static final int USUAL_WIDTH = 80;

    private Terminal() {}

    /**
     * Whether somebody can watch a line change there.
     *
     * @param descriptor 1 for standard output, 2 for standard error
     */
    static boolean isLive(int descriptor) {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        Path link = Path.of("/proc/self/fd/" + descriptor);
        try {
            if (Files.isSymbolicLink(link)) {
                return Files.readSymbolicLink(link).toString().matches("/dev/(pts/|tty|console).*");
            }
        } catch (IOException | InvalidPathException e) {
            // Asked another way below.
        }
        // Elsewhere only all of input and output together can be asked about.
        return isTerminal(System.console());
    }

    /** From JDK 22 on there is a console even where nothing is a terminal, and a method that tells. */
    private static boolean isTerminal(Console console) {
        try {
            return console != null
                    && (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    /** Characters that fit on a line. */
    static int width() {
        try {
            String columns = System.getenv("COLUMNS");
            return columns != null ? usable(columns) : usable(size().split(" ")[1]);
        } catch (IOException | RuntimeException e) {
            return USUAL_WIDTH;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return USUAL_WIDTH;
        }
    }

    private static int usable(String columns) {
        int width = Integer.parseInt(columns.strip());
        return width > 0 ? width : USUAL_WIDTH;
    }

    /** Lines and columns as stty tells them, as in {@code 24 80}. */
    private static String size() throws IOException, InterruptedException {
        Process stty = new ProcessBuilder("stty", "size")
                .redirectInput(Redirect.from(Path.of("/dev/tty").toFile()))
                .redirectError(Redirect.DISCARD)
                .start();
        if (!stty.waitFor(1, TimeUnit.SECONDS)) {
            stty.destroyForcibly();
        }
        try (InputStream in = stty.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
