package io.jcuvae.report;

import io.jcuvae.report.Frame.Entry;
import java.util.ArrayList;
import java.util.List;

/** Charts side by side under one title, with one legend. */
record CurvesFigure(String title, String subtitle, List<LineChart> panels) implements Figure {
    private static final int TOP = 56;

    @Override
    public int width() {
        return panels.stream().mapToInt(LineChart::width).sum();
    }

    @Override
    public int height() {
        int lines = Frame.lines(entries(), width() - 40).size();
        return TOP + panels.get(0).height() + (int) (lines * Frame.LEGEND_LINE) + 16;
    }

    private List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (LineChart panel : panels) {
            for (LineChart.Series series : panel.series()) {
                if (entries.stream().noneMatch(entry -> entry.equals(series.entry()))) {
                    entries.add(series.entry());
                }
            }
        }
        return entries;
    }

    @Override
    public String description() {
        return title + ": "
                + String.join(". ", panels.stream().map(LineChart::description).toList());
    }

    @Override
    public void draw(Canvas canvas) {
        Frame.title(canvas, title, subtitle, 16, width() - 32);
        double left = 0;
        for (LineChart panel : panels) {
            panel.draw(new ShiftedCanvas(canvas, left, TOP));
            left += panel.width();
        }
        Frame.legend(canvas, entries(), 20, TOP + panels.get(0).height() + 4, width() - 40);
    }
}
