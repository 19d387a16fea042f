package io.jcuvae.report;

import java.awt.image.BufferedImage;
import java.util.Base64;
import java.util.Locale;

/** Writes a figure as SVG. In a page its colours follow the theme; as a file it brings its own. */
final class SvgCanvas implements Canvas {
    private static final String FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif";

    private final StringBuilder out = new StringBuilder();
    private final boolean inPage;

    private SvgCanvas(boolean inPage) {
        this.inPage = inPage;
    }

    /** A whole file. */
    static String file(Figure figure) {
        SvgCanvas canvas = new SvgCanvas(false);
        canvas.out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        canvas.out.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\"",
                figure.width(),
                figure.height(),
                figure.width(),
                figure.height()));
        canvas.body(figure);
        return canvas.out.append("</svg>\n").toString();
    }

    /** An element of a page, as wide as there is room, but not wider than half as large again as it was drawn. */
    static String element(Figure figure) {
        SvgCanvas canvas = new SvgCanvas(true);
        canvas.out.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" style=\"max-width:%dpx\"",
                figure.width(),
                figure.height(),
                figure.width() * 3 / 2));
        canvas.body(figure);
        return canvas.out.append("</svg>\n").toString();
    }

    private void body(Figure figure) {
        String description = Html.escape(figure.description());
        out.append(" role=\"img\" aria-label=\"").append(description).append("\" font-family=\"");
        out.append(FONT).append("\">\n<title>").append(description).append("</title>\n");
        if (!inPage) {
            box(0, 0, figure.width(), figure.height(), Ink.GROUND);
        }
        figure.draw(this);
    }

    private String colour(Ink ink) {
        return inPage && ink.role() != null ? "var(--" + ink.role() + ")" : ink.hex();
    }

    /** The property in a style, where a variable counts, or as an attribute. */
    private String paint(String property, Ink ink) {
        return inPage && ink.role() != null
                ? " style=\"" + property + ":" + colour(ink) + "\""
                : " " + property + "=\"" + colour(ink) + "\"";
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }

    @Override
    public void box(double x, double y, double width, double height, Ink ink) {
        add(
                "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"%s/>\n",
                number(x), number(y), number(width), number(height), paint("fill", ink));
    }

    @Override
    public void line(double[] xs, double[] ys, double width, boolean dashed, Ink ink) {
        StringBuilder path = new StringBuilder();
        boolean down = false;
        for (int i = 0; i < xs.length; i++) {
            boolean there = Double.isFinite(xs[i]) && Double.isFinite(ys[i]);
            if (there) {
                path.append(down ? "L" : "M").append(number(xs[i])).append(' ').append(number(ys[i]));
            }
            down = there;
        }
        String dashes = dashed ? " stroke-dasharray=\"" + number(3.5 * width) + " " + number(2 * width) + "\"" : "";
        add(
                "<path d=\"%s\" fill=\"none\" stroke-width=\"%s\" stroke-linejoin=\"round\"%s%s/>\n",
                path, number(width), dashes, paint("stroke", ink));
    }

    @Override
    public void marks(Mark mark, double[] xs, double[] ys, double size, Ink ink) {
        boolean capped = mark == Mark.CIRCLE || mark == Mark.SQUARE;
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            if (Double.isFinite(xs[i]) && Double.isFinite(ys[i])) {
                path.append(outline(mark, xs[i], ys[i], size / 2));
            }
        }
        if (path.isEmpty()) {
            return;
        }
        // A line of no length with a cap is a dot: a fraction of the bytes that elements would take.
        String style = capped
                ? " fill=\"none\" stroke-width=\"" + number(mark == Mark.SQUARE ? 0.9 * size : size)
                        + "\" stroke-linecap=\"" + (mark == Mark.CIRCLE ? "round" : "square") + "\""
                        + paint("stroke", ink)
                : paint("fill", ink);
        add("<path d=\"%s\"%s/>\n", path, style);
    }

    private static String outline(Mark mark, double x, double y, double half) {
        return switch (mark) {
            case CIRCLE, SQUARE -> "M" + number(x) + " " + number(y) + "h0";
            case TRIANGLE ->
                "M" + number(x) + " " + number(y - 1.15 * half) + "l" + number(1.1 * half) + " " + number(2 * half)
                        + "h" + number(-2.2 * half) + "z";
            case DIAMOND -> {
                String out = number(1.2 * half);
                yield "M" + number(x) + " " + number(y - 1.2 * half) + "l" + out + " " + out + "l-" + out + " " + out
                        + "l-" + out + " -" + out + "z";
            }
        };
    }

    @Override
    public void text(String text, double x, double y, Anchor anchor, double size, boolean bold, boolean halo, Ink ink) {
        String outline = halo
                ? " stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\" style=\"stroke:"
                        + colour(Ink.GROUND) + ";fill:" + colour(ink) + "\""
                : paint("fill", ink);
        add(
                "<text x=\"%s\" y=\"%s\" font-size=\"%s\"%s%s%s>%s</text>\n",
                number(x),
                number(y),
                number(size),
                anchor == Anchor.START ? "" : " text-anchor=\"" + anchor.name().toLowerCase(Locale.ROOT) + "\"",
                bold ? " font-weight=\"bold\"" : "",
                outline,
                Html.escape(text));
    }

    @Override
    public void upwards(String text, double x, double y, double size, Ink ink) {
        add(
                "<text transform=\"translate(%s %s) rotate(-90)\" font-size=\"%s\" text-anchor=\"middle\"%s>%s</text>\n",
                number(x), number(y), number(size), paint("fill", ink), Html.escape(text));
    }

    @Override
    public void picture(BufferedImage image, double x, double y, double width, double height) {
        add(
                "<image x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" preserveAspectRatio=\"none\""
                        + " style=\"image-rendering:pixelated\" href=\"%s\"/>\n",
                number(x), number(y), number(width), number(height), dataUri(PngCanvas.png(image)));
    }

    /** A PNG as it stands in a page. */
    static String dataUri(byte[] png) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }
}
