package io.jcuvae.report;

import io.jcuvae.report.Canvas.Anchor;
import java.util.Locale;

/**
 * Bars in the order given.
 *
 * @param names one for each bar
 * @param xName of what the bars stand for
 * @param yName of their heights, which begin at 0
 */
record BarChart(
        String title,
        String subtitle,
        String[] names,
        double[] values,
        String xName,
        String yName,
        int width,
        int height)
        implements Figure {
    @Override
    public String description() {
        StringBuilder text = new StringBuilder(title).append(", ").append(yName).append(":");
        for (int i = 0; i < Math.min(names.length, 12); i++) {
            text.append(i == 0 ? " " : ", ")
                    .append(names[i])
                    .append(' ')
                    .append(String.format(Locale.ROOT, "%.3g", values[i]));
        }
        return text.toString();
    }

    @Override
    public void draw(Canvas canvas) {
        double most = 0;
        for (double value : values) {
            most = Math.max(most, value);
        }
        Axis y = most > 0 ? Axis.around(0, most, 5) : Axis.around(0, 1, 5);
        double left = Frame.labelRoom(y) + 26;
        double top = 52;
        Frame frame = new Frame(
                left, top, width - left - 12, height - top - 46, new Axis(0, values.length, values.length + 1), y);
        canvas.text(title, 12, 22, Anchor.START, 15, true, false, Ink.TEXT);
        canvas.text(Canvas.fitted(subtitle, 12, false, width - 16), 12, 40, Anchor.START, 12, Ink.QUIET);
        frame.axes(canvas, xName, yName);
        double slot = frame.width() / values.length;
        double bar = Math.min(slot * 0.78, 46);
        double widest = 0;
        for (String name : names) {
            widest = Math.max(widest, Canvas.width(name, 11, false) + 4);
        }
        int every = (int) Math.max(1, Math.ceil(widest / slot));
        for (int i = 0; i < values.length; i++) {
            double middle = frame.left() + (i + 0.5) * slot;
            double high = frame.atY(Math.max(0, values[i]));
            canvas.box(middle - bar / 2, high, bar, frame.top() + frame.height() - high, Ink.of(0x0072b2));
            if (i % every == 0) {
                canvas.text(names[i], middle, frame.top() + frame.height() + 16, Anchor.MIDDLE, 11, Ink.QUIET);
            }
        }
    }
}
