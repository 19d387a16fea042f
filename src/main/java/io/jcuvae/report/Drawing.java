package io.jcuvae.report;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.awt.AWTError;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Draws where this Java can draw: a server's Java often comes without fonts or their libraries. */
public final class Drawing {
    private Drawing() {}

    /**
     * Draws a picture into a file.
     *
     * @param file the target
     * @param drawing writes it
     * @return why there is no picture and what to install, in one line; empty when there is one
     * @throws Failure when what is to be drawn cannot be computed, as on a device that is lost
     */
    public static Optional<String> attempt(Path file, Consumer<Path> drawing) {
        try {
            drawing.accept(file);
            return Optional.empty();
        } catch (UserError e) {
            return Optional.of(e.getMessage());
        } catch (Failure e) {
            // Not the picture's: whoever goes on would meet it again.
            throw e;
        } catch (OutOfMemoryError e) {
            return Optional.of(file + ": was not drawn, for want of memory");
        } catch (LinkageError | InternalError | AWTError | RuntimeException e) {
            // Without fonts, JDKs differ: InternalError, NullPointerException, RuntimeException from Fontconfig, ...
            String what = e.toString().lines().findFirst().orElse("");
            return Optional.of(
                    file + ": was not drawn (" + what + "); this Java lacks fonts or picture libraries: install"
                            + " them, on Debian with apt install fontconfig libfreetype6 fonts-dejavu-core");
        }
    }
}
