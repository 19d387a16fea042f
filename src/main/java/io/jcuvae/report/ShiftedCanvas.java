package io.jcuvae.report;

import java.awt.image.BufferedImage;

/** A part of a canvas. */
record ShiftedCanvas(Canvas canvas, double dx, double dy) implements Canvas {
    private static double[] moved(double[] values, double by) {
        double[] moved = values.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += by;
        }
        return moved;
    }

    @Override
    public void box(double x, double y, double width, double height, Ink ink) {
        canvas.box(x + dx, y + dy, width, height, ink);
    }

    @Override
    public void line(double[] xs, double[] ys, double width, boolean dashed, Ink ink) {
        canvas.line(moved(xs, dx), moved(ys, dy), width, dashed, ink);
    }

    @Override
    public void marks(Mark mark, double[] xs, double[] ys, double size, Ink ink) {
        canvas.marks(mark, moved(xs, dx), moved(ys, dy), size, ink);
    }

    @Override
    public void text(String text, double x, double y, Anchor anchor, double size, boolean bold, boolean halo, Ink ink) {
        canvas.text(text, x + dx, y + dy, anchor, size, bold, halo, ink);
    }

    @Override
    public void upwards(String text, double x, double y, double size, Ink ink) {
        canvas.upwards(text, x + dx, y + dy, size, ink);
    }

    @Override
    public void picture(BufferedImage image, double x, double y, double width, double height) {
        canvas.picture(image, x + dx, y + dy, width, height);
    }
}
