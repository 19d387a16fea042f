package io.jcuvae.report;

import io.jcuvae.data.AtomicFile;
import io.jcuvae.tensor.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** A picture for people that knows its size and how to draw itself. */
public interface Figure {
    /** Pixels across. */
    int width();

    /** Pixels down. */
    int height();

    /** Draws it. */
    void draw(Canvas canvas);

    /** What it shows, for those who cannot see it. */
    String description();

    /**
     * Refuses a file name that says no format of figures.
     *
     * @throws UserError for any ending but {@code .png} and {@code .svg}
     */
    static void requireFormat(Path file) {
        String name =
                file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".png") && !name.endsWith(".svg")) {
            throw new UserError(
                    "--out: " + file + " says no format; end it in .png (pixels) or .svg (to scale and edit)");
        }
    }

    /**
     * Writes a figure.
     *
     * @param file ends in {@code .png} or {@code .svg}
     * @throws UserError for another ending, or if it cannot be written
     */
    static void write(Path file, Figure figure) {
        requireFormat(file);
        if (file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".svg")) {
            String svg = SvgCanvas.file(figure);
            AtomicFile.write(file, out -> out.write(svg.getBytes(StandardCharsets.UTF_8)));
        } else {
            byte[] png = PngCanvas.draw(figure);
            AtomicFile.write(file, out -> out.write(png));
        }
    }
}
