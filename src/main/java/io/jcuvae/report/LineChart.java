package io.jcuvae.report;

import io.jcuvae.report.Frame.Entry;
import java.util.List;
import java.util.Locale;

/**
 * Lines over epochs.
 *
 * @param title what they show
 * @param unit of what they show
 * @param series at least one
 * @param width pixels across
 * @param height pixels down, the legend included
 * @param legend whether it has one
 */
record LineChart(String title, String unit, List<Series> series, int width, int height, boolean legend)
        implements Figure {
    /** With more epochs than this, points would run into each other. */
    private static final int MOST_POINTS = 30;

    private static final double TOP = 40;
    private static final double BELOW = 46;

    /**
     * A line.
     *
     * @param x epochs, ascending
     * @param y values; those that are not finite are gaps
     */
    record Series(String name, double[] x, double[] y, Ink ink, boolean dashed) {
        Entry entry() {
            return new Entry(name, ink, null, dashed);
        }
    }

    @Override
    public String description() {
        StringBuilder text =
                new StringBuilder(title).append(" in ").append(unit).append(" by epoch");
        for (Series line : series) {
            int last = line.y().length - 1;
            if (last >= 0) {
                text.append("; ")
                        .append(line.name())
                        .append(": last ")
                        .append(String.format(Locale.ROOT, "%.4g", line.y()[last]));
            }
        }
        return text.toString();
    }

    @Override
    public void draw(Canvas canvas) {
        List<Entry> entries = series.stream().map(Series::entry).toList();
        double below = BELOW + (legend ? Frame.lines(entries, width - 16).size() * Frame.LEGEND_LINE + 6 : 0);
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        for (Series line : series) {
            for (int i = 0; i < line.x().length; i++) {
                first = Math.min(first, line.x()[i]);
                last = Math.max(last, line.x()[i]);
                if (Double.isFinite(line.y()[i])) {
                    low = Math.min(low, line.y()[i]);
                    high = Math.max(high, line.y()[i]);
                }
            }
        }
        boolean empty = !(high >= low);
        Axis y = empty ? Axis.around(0, 1, 5) : Axis.around(low, high, 5);
        Axis x = last >= first ? Axis.ofEpochs(first, last, Math.max(2, width / 70)) : Axis.ofEpochs(1, 2, 2);
        double left = Frame.labelRoom(y) + 26;
        Frame frame = new Frame(left, TOP, width - left - 16, height - TOP - below, x, y);
        canvas.text(title, 12, 24, Canvas.Anchor.START, 15, true, false, Ink.TEXT);
        frame.axes(canvas, "epoch", unit);
        for (Series line : series) {
            double[] xs = frame.atX(line.x());
            double[] ys = frame.atY(line.y());
            canvas.line(xs, ys, 2.2, line.dashed(), line.ink());
            if (xs.length <= MOST_POINTS) {
                canvas.marks(Canvas.Mark.CIRCLE, xs, ys, line.dashed() ? 5 : 6.5, line.ink());
            }
        }
        if (legend) {
            Frame.legend(canvas, entries, 12, height - below + BELOW, width - 16);
        }
    }
}
