package io.jcuvae.report;

import io.jcuvae.report.Canvas.Anchor;
import io.jcuvae.report.Canvas.Mark;
import java.util.ArrayList;
import java.util.List;

/** The parts that charts share: a title above, a plot with axes, a legend. */
record Frame(double left, double top, double width, double height, Axis x, Axis y) {
    static final double TITLE_SIZE = 16;
    static final double SUBTITLE_SIZE = 12.5;
    static final double AXIS_SIZE = 13;
    static final double TICK_SIZE = 12;
    /** What a line of a legend takes. */
    static final double LEGEND_LINE = 20;

    private static final double KEY = 30;

    /**
     * A thing in a legend.
     *
     * @param mark of its points, or null where it is a line
     * @param dashed whether its line is
     */
    record Entry(String name, Ink ink, Mark mark, boolean dashed) {}

    /** Where a value lies across. */
    double atX(double value) {
        return left + width * x.share(value);
    }

    /** Where a value lies up. */
    double atY(double value) {
        return top + height * (1 - y.share(value));
    }

    /** Where values lie across. */
    double[] atX(double[] values) {
        double[] places = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            places[i] = atX(values[i]);
        }
        return places;
    }

    /** Where values lie up. */
    double[] atY(double[] values) {
        double[] places = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            places[i] = atY(values[i]);
        }
        return places;
    }

    /** The room that an axis upwards needs for the labels of its ticks. */
    static double labelRoom(Axis y) {
        double most = 0;
        for (double tick : y.ticks()) {
            most = Math.max(most, Canvas.width(y.label(tick), TICK_SIZE, false));
        }
        return most + 8;
    }

    /** Draws title and subtitle at the top left of a figure. */
    static void title(Canvas canvas, String title, String subtitle, double left, double width) {
        canvas.text(
                Canvas.fitted(title, TITLE_SIZE, true, width),
                left,
                24,
                Anchor.START,
                TITLE_SIZE,
                true,
                false,
                Ink.TEXT);
        canvas.text(
                Canvas.fitted(subtitle, SUBTITLE_SIZE, false, width), left, 43, Anchor.START, SUBTITLE_SIZE, Ink.QUIET);
    }

    /** Draws grid, ticks and the names of the axes. */
    void axes(Canvas canvas, String xName, String yName) {
        for (double tick : y.ticks()) {
            canvas.line(left, atY(tick), left + width, atY(tick), 1, Ink.GRID);
            canvas.text(y.label(tick), left - 6, atY(tick) + 4, Anchor.END, TICK_SIZE, Ink.QUIET);
        }
        for (double tick : x.ticks()) {
            canvas.line(atX(tick), top, atX(tick), top + height, 1, Ink.GRID);
            canvas.text(x.label(tick), atX(tick), top + height + 17, Anchor.MIDDLE, TICK_SIZE, Ink.QUIET);
        }
        canvas.line(left, top + height, left + width, top + height, 1, Ink.QUIET);
        canvas.line(left, top, left, top + height, 1, Ink.QUIET);
        canvas.text(xName, left + width / 2, top + height + 36, Anchor.MIDDLE, AXIS_SIZE, Ink.TEXT);
        canvas.upwards(yName, left - labelRoom(y) - 8, top + height / 2, AXIS_SIZE, Ink.TEXT);
    }

    /** The entries as they fall into lines. */
    static List<List<Entry>> lines(List<Entry> entries, double width) {
        List<List<Entry>> lines = new ArrayList<>();
        double used = width + 1;
        for (Entry entry : entries) {
            double wide = entryWidth(entry, width);
            if (used + wide > width) {
                lines.add(new ArrayList<>());
                used = 0;
            }
            lines.get(lines.size() - 1).add(entry);
            used += wide;
        }
        return lines;
    }

    private static double entryWidth(Entry entry, double width) {
        return Math.min(width, KEY + Canvas.width(entry.name(), TICK_SIZE, false) + 16);
    }

    /** Draws a legend in lines from the top left. */
    static void legend(Canvas canvas, List<Entry> entries, double left, double top, double width) {
        double y = top;
        for (List<Entry> line : lines(entries, width)) {
            double x = left;
            for (Entry entry : line) {
                key(canvas, entry, x, y + 10);
                double room = width - KEY - 16;
                canvas.text(
                        Canvas.fitted(entry.name(), TICK_SIZE, false, room),
                        x + KEY,
                        y + 14,
                        Anchor.START,
                        TICK_SIZE,
                        Ink.TEXT);
                x += entryWidth(entry, width);
            }
            y += LEGEND_LINE;
        }
    }

    private static void key(Canvas canvas, Entry entry, double x, double y) {
        if (entry.mark() == null) {
            double[] xs = {x, x + KEY - 6};
            canvas.line(xs, new double[] {y, y}, 2.2, entry.dashed(), entry.ink());
        } else {
            canvas.marks(entry.mark(), new double[] {x + 16}, new double[] {y}, 9, entry.ink());
        }
    }
}
