package io.jcuvae.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.font.TextLayout;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Draws in pixels, without a display. */
final class PngCanvas implements Canvas {
    private final Graphics2D graphics;

    private PngCanvas(Graphics2D graphics) {
        this.graphics = graphics;
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.setRenderingHint(
                RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    }

    /** A figure as a PNG file. */
    static byte[] draw(Figure figure) {
        BufferedImage image = new BufferedImage(figure.width(), figure.height(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            PngCanvas canvas = new PngCanvas(graphics);
            canvas.box(0, 0, figure.width(), figure.height(), Ink.GROUND);
            figure.draw(canvas);
        } finally {
            graphics.dispose();
        }
        return png(image);
    }

    /** A picture as a PNG file. */
    static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // The default of caching in a temporary file would need a writable temporary folder.
        try (MemoryCacheImageOutputStream cached = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(image, "png", cached)) {
                throw new IOException("this JVM has no PNG writer");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void take(Ink ink) {
        graphics.setColor(new Color(ink.rgb()));
    }

    @Override
    public void box(double x, double y, double width, double height, Ink ink) {
        take(ink);
        graphics.fill(new Rectangle2D.Double(x, y, width, height));
    }

    @Override
    public void line(double[] xs, double[] ys, double width, boolean dashed, Ink ink) {
        take(ink);
        float[] dashes = {(float) (3.5 * width), (float) (2 * width)};
        graphics.setStroke(
                dashed
                        ? new BasicStroke((float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dashes, 0)
                        : new BasicStroke((float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
        Path2D path = new Path2D.Double();
        boolean down = false;
        for (int i = 0; i < xs.length; i++) {
            boolean there = Double.isFinite(xs[i]) && Double.isFinite(ys[i]);
            if (there && down) {
                path.lineTo(xs[i], ys[i]);
            } else if (there) {
                path.moveTo(xs[i], ys[i]);
            }
            down = there;
        }
        graphics.draw(path);
    }

    @Override
    public void marks(Mark mark, double[] xs, double[] ys, double size, Ink ink) {
        take(ink);
        for (int i = 0; i < xs.length; i++) {
            if (Double.isFinite(xs[i]) && Double.isFinite(ys[i])) {
                graphics.fill(shape(mark, xs[i], ys[i], size / 2));
            }
        }
    }

    private static Shape shape(Mark mark, double x, double y, double half) {
        return switch (mark) {
            case CIRCLE -> new Ellipse2D.Double(x - half, y - half, 2 * half, 2 * half);
            case SQUARE -> new Rectangle2D.Double(x - 0.9 * half, y - 0.9 * half, 1.8 * half, 1.8 * half);
            case TRIANGLE ->
                polygon(x, y - 1.15 * half, x + 1.1 * half, y + 0.85 * half, x - 1.1 * half, y + 0.85 * half);
            case DIAMOND -> polygon(x, y - 1.2 * half, x + 1.2 * half, y, x, y + 1.2 * half, x - 1.2 * half, y);
        };
    }

    private static Shape polygon(double... corners) {
        Path2D path = new Path2D.Double();
        path.moveTo(corners[0], corners[1]);
        for (int i = 2; i < corners.length; i += 2) {
            path.lineTo(corners[i], corners[i + 1]);
        }
        path.closePath();
        return path;
    }

    private void font(double size, boolean bold) {
        Font font = new Font(Font.SANS_SERIF, bold ? Font.BOLD : Font.PLAIN, 12);
        graphics.setFont(font.deriveFont((float) size));
    }

    @Override
    public void text(String text, double x, double y, Anchor anchor, double size, boolean bold, boolean halo, Ink ink) {
        if (text.isEmpty()) {
            return;
        }
        font(size, bold);
        FontMetrics metrics = graphics.getFontMetrics();
        double width = metrics.getStringBounds(text, graphics).getWidth();
        double from = x - (anchor == Anchor.START ? 0 : anchor == Anchor.MIDDLE ? width / 2 : width);
        if (halo) {
            take(Ink.GROUND);
            graphics.setStroke(new BasicStroke(4, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            graphics.draw(new TextLayout(text, graphics.getFont(), graphics.getFontRenderContext())
                    .getOutline(AffineTransform.getTranslateInstance(from, y)));
        }
        take(ink);
        graphics.drawString(text, (float) from, (float) y);
    }

    @Override
    public void upwards(String text, double x, double y, double size, Ink ink) {
        AffineTransform before = graphics.getTransform();
        graphics.rotate(-Math.PI / 2, x, y);
        text(text, x, y, Anchor.MIDDLE, size, ink);
        graphics.setTransform(before);
    }

    @Override
    public void picture(BufferedImage image, double x, double y, double width, double height) {
        graphics.drawImage(
                image,
                (int) Math.round(x),
                (int) Math.round(y),
                (int) Math.round(width),
                (int) Math.round(height),
                null);
    }
}
