package io.jcuvae.report;

import io.jcuvae.data.AtomicFile;
import io.jcuvae.jobs.Scoring;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * How scores are distributed: the share of the rows of each kind in each of {@value #BINS} bins, the threshold among them.
 * The last bin has all scores above the 99th percentile of normal rows' range, so that a single row far out does not press
 * the others together.
 */
public final class ScoreChart {
    static final int BINS = 60;

    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final Color NORMAL = new Color(0x1f77b4);
    private static final Color ANOMALIES = new Color(0xd9601a);

    private ScoreChart() {}

    /**
     * Draws the scores of a report that kept them.
     *
     * @param png the target
     * @throws io.jcuvae.tensor.UserError if the file cannot be written
     */
    public static void write(Path png, Scoring.Report report) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            chart(report).paint(canvas, WIDTH, HEIGHT);
        } finally {
            canvas.dispose();
        }
        AtomicFile.write(png, out -> {
            try (MemoryCacheImageOutputStream cached = new MemoryCacheImageOutputStream(out)) {
                if (!ImageIO.write(image, "png", cached)) {
                    throw new IOException("this JVM has no PNG writer");
                }
            }
        });
    }

    private static XYChart chart(Scoring.Report report) {
        float[] scores = report.scores();
        double[] range = range(scores, report);
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("scores of " + report.data() + " (" + report.rows() + ")")
                .xAxisTitle(report.recipe() + ", " + report.unit() + "; the last bin has all above")
                .yAxisTitle("share of the rows, %")
                .build();
        style(chart.getStyler());
        BitSet anomaly = report.anomaly();
        double[] normal = shares(scores, row -> anomaly == null || !anomaly.get(row), range);
        series(chart, anomaly == null ? "rows" : "normal rows", range, normal, NORMAL);
        double highest = Arrays.stream(normal).max().orElse(1);
        if (anomaly != null) {
            double[] others = shares(scores, anomaly::get, range);
            series(chart, "anomalies", range, others, ANOMALIES);
            highest = Math.max(highest, Arrays.stream(others).max().orElse(1));
        }
        if (report.calibration() != null) {
            double at = report.calibration().threshold().threshold();
            XYSeries line = chart.addSeries("threshold", new double[] {at, at}, new double[] {0, highest});
            line.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line);
            line.setLineColor(Color.DARK_GRAY);
            line.setLineStyle(
                    new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 0, new float[] {6, 4}, 0));
            line.setMarker(SeriesMarkers.NONE);
        }
        return chart;
    }

    /** From the lowest score to a little above the 99th percentile of what is normal, or all, and the threshold. */
    static double[] range(float[] scores, Scoring.Report report) {
        float[] sorted = report.anomaly() == null
                ? scores.clone()
                : floats(scores, row -> !report.anomaly().get(row));
        Arrays.sort(sorted);
        float[] all = scores.clone();
        Arrays.sort(all);
        double low = all[0];
        double typical = sorted[(int) (0.99 * (sorted.length - 1))];
        double half = all[(int) (0.9 * (all.length - 1))];
        double high = low + 1.5 * (Math.max(typical, half) - low);
        if (report.calibration() != null) {
            high = Math.max(high, low + 1.2 * (report.calibration().threshold().threshold() - low));
        }
        high = Math.min(high, all[all.length - 1]);
        return new double[] {low, high > low ? high : low + Math.max(1e-6, Math.abs(low) * 1e-6)};
    }

    private static float[] floats(float[] scores, IntPredicate of) {
        int[] rows = IntStream.range(0, scores.length).filter(of).toArray();
        float[] some = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            some[i] = scores[rows[i]];
        }
        return some;
    }

    /** [BINS]: per cent of the rows chosen. */
    static double[] shares(float[] scores, IntPredicate of, double[] range) {
        double[] shares = new double[BINS];
        int count = 0;
        for (int row = 0; row < scores.length; row++) {
            if (of.test(row)) {
                int bin = (int) ((scores[row] - range[0]) / (range[1] - range[0]) * BINS);
                shares[Math.max(0, Math.min(BINS - 1, bin))]++;
                count++;
            }
        }
        for (int b = 0; b < BINS; b++) {
            shares[b] *= 100.0 / Math.max(1, count);
        }
        return shares;
    }

    /** The outline of the bars. */
    private static void series(XYChart chart, String name, double[] range, double[] shares, Color color) {
        double[] x = new double[2 * BINS + 2];
        double[] y = new double[2 * BINS + 2];
        double wide = (range[1] - range[0]) / BINS;
        x[0] = range[0];
        x[2 * BINS + 1] = range[1];
        for (int b = 0; b < BINS; b++) {
            x[2 * b + 1] = range[0] + b * wide;
            x[2 * b + 2] = range[0] + (b + 1) * wide;
            y[2 * b + 1] = shares[b];
            y[2 * b + 2] = shares[b];
        }
        XYSeries series = chart.addSeries(name, x, y);
        series.setLineColor(color);
        series.setLineWidth(1.5f);
        series.setFillColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 90));
        series.setMarker(SeriesMarkers.NONE);
    }

    private static void style(XYStyler style) {
        style.setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Area);
        LossChart.plain(style);
        style.setYAxisMin(0.0);
        style.setxAxisTickLabelsFormattingFunction(LossChart::nats);
    }
}
