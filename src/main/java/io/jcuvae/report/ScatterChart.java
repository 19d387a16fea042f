package io.jcuvae.report;

import io.jcuvae.report.Canvas.Anchor;
import io.jcuvae.report.Canvas.Mark;
import io.jcuvae.report.Frame.Entry;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Points in a plane, coloured by class; each class has its name in its middle, too. A unit is as long on both axes.
 *
 * @param clouds at least one, each with a name, which may be empty where there is just one
 */
public record ScatterChart(String title, String subtitle, String xName, String yName, List<Cloud> clouds)
        implements Figure {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 720;
    private static final double TOP = 62;
    private static final double BELOW = 52;
    private static final double LEGEND = 150;
    /** More classes than this have no names in the plane: they would hide the points. */
    private static final int MOST_NAMES = 30;
    /** Lines of the legend; what is more is counted. */
    private static final int MOST_ENTRIES = 28;

    /** The points of a class. */
    public record Cloud(String name, double[] x, double[] y) {}

    @Override
    public int width() {
        return WIDTH;
    }

    @Override
    public int height() {
        return HEIGHT;
    }

    @Override
    public String description() {
        int count = clouds.stream().mapToInt(cloud -> cloud.x().length).sum();
        return title + ": " + count + " points" + (labelled() ? " of " + clouds.size() + " classes" : "") + ", " + xName
                + " by " + yName;
    }

    private boolean labelled() {
        return clouds.size() > 1 || !clouds.get(0).name().isEmpty();
    }

    @Override
    public void draw(Canvas canvas) {
        Frame.title(canvas, title, subtitle, 16, WIDTH - 32);
        double[] across = range(true);
        double[] upwards = range(false);
        double room = labelled() ? LEGEND : 16;
        double left = 70;
        double plotWidth = WIDTH - left - room;
        double plotHeight = HEIGHT - TOP - BELOW;
        double unit = Math.min(plotWidth / (across[1] - across[0]), plotHeight / (upwards[1] - upwards[0]));
        Axis x = centred(across, plotWidth / unit);
        Axis y = centred(upwards, plotHeight / unit);
        Frame frame = new Frame(left, TOP, plotWidth, plotHeight, x, y);
        frame.axes(canvas, xName, yName);
        List<Ink> inks = Palette.of(clouds.size());
        int count = clouds.stream().mapToInt(cloud -> cloud.x().length).sum();
        double size = count > 20_000 ? 3 : count > 2000 ? 4.5 : 6.5;
        for (int k = 0; k < clouds.size(); k++) {
            Cloud cloud = clouds.get(k);
            canvas.marks(mark(k), frame.atX(cloud.x()), frame.atY(cloud.y()), size, inks.get(k));
        }
        if (labelled()) {
            names(canvas, frame);
            legend(canvas, inks);
        }
    }

    private Mark mark(int number) {
        return clouds.size() == 1 ? Mark.CIRCLE : Mark.values()[number % Mark.values().length];
    }

    private void names(Canvas canvas, Frame frame) {
        for (Cloud cloud : clouds.size() <= MOST_NAMES ? clouds : List.<Cloud>of()) {
            if (cloud.x().length > 0) {
                String name = Canvas.fitted(cloud.name(), 15, true, 130);
                double x = frame.atX(median(cloud.x()));
                double y = frame.atY(median(cloud.y())) + 5;
                canvas.text(name, x, y, Anchor.MIDDLE, 15, true, true, Ink.TEXT);
            }
        }
    }

    private void legend(Canvas canvas, List<Ink> inks) {
        double left = WIDTH - LEGEND + 8;
        canvas.text("label", left + 8, TOP + 8, Anchor.START, Frame.AXIS_SIZE, true, false, Ink.TEXT);
        int shown = clouds.size() <= MOST_ENTRIES ? clouds.size() : MOST_ENTRIES - 1;
        List<Entry> entries = IntStream.range(0, shown)
                .mapToObj(k -> new Entry(clouds.get(k).name(), inks.get(k), mark(k), false))
                .toList();
        double top = TOP + 16;
        for (Entry entry : entries) {
            Frame.legend(canvas, List.of(entry), left, top, LEGEND - 12);
            top += Frame.LEGEND_LINE;
        }
        if (shown < clouds.size()) {
            String rest = "and " + (clouds.size() - shown) + " more";
            canvas.text(rest, left + 30, top + 14, Anchor.START, Frame.TICK_SIZE, Ink.QUIET);
        }
    }

    /** The ends of the points, with a little room around them. */
    private double[] range(boolean across) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (Cloud cloud : clouds) {
            for (double value : across ? cloud.x() : cloud.y()) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        if (!(most > least)) {
            double middle = Double.isFinite(least) ? least : 0;
            return new double[] {middle - 1, middle + 1};
        }
        double room = 0.03 * (most - least);
        return new double[] {least - room, most + room};
    }

    private static Axis centred(double[] ends, double length) {
        double middle = (ends[0] + ends[1]) / 2;
        return Axis.between(middle - length / 2, middle + length / 2, 8);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
