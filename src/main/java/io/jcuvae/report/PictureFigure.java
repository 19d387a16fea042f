package io.jcuvae.report;

import io.jcuvae.data.SampleShape;
import io.jcuvae.report.Canvas.Anchor;
import io.jcuvae.tensor.Picture;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Pictures in lines, with names before the lines and marks below the columns, or axes where it is a plane.
 *
 * @param pictures [lines x columns, shape]
 * @param lineNames one before each line, or none
 * @param columnNames one below each column, or none; empty ones are left out
 * @param xName what grows to the right
 * @param yName what the lines are
 * @param gap pixels of the samples between two pictures
 */
public record PictureFigure(
        String title,
        String subtitle,
        float[] pictures,
        SampleShape shape,
        int columns,
        List<String> lineNames,
        List<String> columnNames,
        String xName,
        String yName,
        int gap)
        implements Figure {
    /** About how wide the pictures are together. */
    private static final int WANTED = 760;

    private static final double TOP = 58;

    private Picture picture() {
        return shape.picture().orElseThrow();
    }

    private int count() {
        return pictures.length / shape.width();
    }

    private int lines() {
        return count() / columns;
    }

    private int zoom() {
        int across = columns * (picture().width() + gap);
        int down = lines() * (picture().height() + gap);
        return Pictures.zoom(Math.max(across, down / 2), WANTED);
    }

    private double left() {
        double widest = 0;
        for (String name : lineNames) {
            widest = Math.max(widest, Canvas.width(name, Frame.TICK_SIZE, false));
        }
        return 16 + (yName.isEmpty() ? 0 : 20) + Math.min(260, widest) + (lineNames.isEmpty() ? 0 : 8);
    }

    private double sheetWidth() {
        return (columns * (picture().width() + gap) - gap) * (double) zoom();
    }

    private double sheetHeight() {
        return (lines() * (picture().height() + gap) - gap) * (double) zoom();
    }

    @Override
    public int width() {
        double text = Math.max(
                Canvas.width(title, Frame.TITLE_SIZE, true), Canvas.width(subtitle, Frame.SUBTITLE_SIZE, false));
        return (int) Math.ceil(Math.max(left() + sheetWidth() + 16, Math.min(text + 34, 900)));
    }

    @Override
    public int height() {
        return (int)
                Math.ceil(TOP + sheetHeight() + 12 + (columnNames.isEmpty() ? 0 : 18) + (xName.isEmpty() ? 0 : 22));
    }

    @Override
    public String description() {
        return title + ": " + lines() + " lines of " + columns + " pictures; " + subtitle;
    }

    @Override
    public void draw(Canvas canvas) {
        Frame.title(canvas, title, subtitle, 16, width() - 32);
        BufferedImage sheet = Pictures.sheet(pictures, count(), shape, columns, gap);
        canvas.picture(sheet, left(), TOP, sheetWidth(), sheetHeight());
        int stepDown = (picture().height() + gap) * zoom();
        for (int i = 0; i < lineNames.size(); i++) {
            double y = TOP + i * (double) stepDown + picture().height() * zoom() / 2.0 + 4;
            String name = Canvas.fitted(lineNames.get(i), Frame.TICK_SIZE, false, 260);
            canvas.text(name, left() - 8, y, Anchor.END, Frame.TICK_SIZE, Ink.TEXT);
        }
        int stepRight = (picture().width() + gap) * zoom();
        double below = TOP + sheetHeight() + 16;
        for (int i = 0; i < columnNames.size(); i++) {
            double x = left() + i * (double) stepRight + picture().width() * zoom() / 2.0;
            canvas.text(columnNames.get(i), x, below, Anchor.MIDDLE, Frame.TICK_SIZE, Ink.QUIET);
        }
        if (!xName.isEmpty()) {
            double y = below + (columnNames.isEmpty() ? 4 : 20);
            canvas.text(xName, left() + sheetWidth() / 2, y, Anchor.MIDDLE, Frame.AXIS_SIZE, Ink.TEXT);
        }
        if (!yName.isEmpty()) {
            canvas.upwards(yName, 28, TOP + sheetHeight() / 2, Frame.AXIS_SIZE, Ink.TEXT);
        }
    }

    /** Names for columns at a few of the values, so that they do not touch. */
    static List<String> some(double[] values, int every) {
        int middle = values.length / 2;
        return IntStream.range(0, values.length)
                .mapToObj(i -> Math.abs(i - middle) % every == 0 ? signed(values[i]) : "")
                .toList();
    }

    /** A number of deviations. */
    static String signed(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value).replaceFirst("\\.?0+$", "");
        return text.equals("-0") ? "0" : text;
    }
}
