package io.jcuvae.report;

import com.google.gson.JsonObject;
import io.jcuvae.data.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The curves of a training run, drawn without a display: loss, reconstruction and KL, training and held-out. */
public final class LossChart {
    private static final int WIDTH = 480;
    private static final int HEIGHT = 400;
    /** With more epochs than this, markers would run into each other. */
    private static final int MOST_MARKERS = 30;

    private static final Color TRAINING = new Color(0x1f77b4);
    private static final Color HELD_OUT = new Color(0xd9601a);

    private LossChart() {}

    /**
     * Draws the lines of metrics.jsonl.
     *
     * @param png the target
     * @param metrics one object per epoch, in their order, at least one
     * @param unit of loss and reconstruction, as in {@code nats}; KL is in nats always
     * @throws io.jcuvae.tensor.UserError if the file cannot be written
     */
    public static void write(Path png, List<JsonObject> metrics, String unit) {
        BufferedImage image = draw(metrics, unit);
        AtomicFile.write(png, out -> {
            try (MemoryCacheImageOutputStream cached = new MemoryCacheImageOutputStream(out)) {
                if (!ImageIO.write(image, "png", cached)) {
                    throw new IOException("this JVM has no PNG writer");
                }
            }
        });
    }

    private static BufferedImage draw(List<JsonObject> metrics, String unit) {
        BufferedImage image = new BufferedImage(3 * WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            panel(canvas.create(0, 0, WIDTH, HEIGHT), metrics, "loss", "loss", unit);
            panel(canvas.create(WIDTH, 0, WIDTH, HEIGHT), metrics, "reconstruction", "reconstruction", unit);
            panel(canvas.create(2 * WIDTH, 0, WIDTH, HEIGHT), metrics, "kl", "KL divergence", "nats");
        } finally {
            canvas.dispose();
        }
        return image;
    }

    private static void panel(Graphics place, List<JsonObject> metrics, String key, String title, String unit) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("epoch")
                .yAxisTitle(unit + " per sample")
                .build();
        double[] epochs = column(metrics, "epoch");
        style(chart.getStyler(), epochs);
        series(chart, "training", epochs, column(metrics, "train_" + key), TRAINING);
        series(chart, "held-out", epochs, column(metrics, "test_" + key), HELD_OUT);
        chart.paint((Graphics2D) place, WIDTH, HEIGHT);
        place.dispose();
    }

    private static double[] column(List<JsonObject> metrics, String key) {
        return metrics.stream().mapToDouble(line -> line.get(key).getAsDouble()).toArray();
    }

    /** The look of every chart: white, light lines, and the legend below. */
    static void plain(XYStyler style) {
        style.setChartBackgroundColor(Color.WHITE);
        style.setPlotBackgroundColor(Color.WHITE);
        style.setPlotBorderVisible(false);
        style.setPlotGridLinesColor(new Color(0xdddddd));
        style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
        style.setChartTitleBoxVisible(false);
        style.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        style.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        style.setLegendPosition(LegendPosition.OutsideS);
        style.setLegendLayout(LegendLayout.Horizontal);
        style.setLegendBorderColor(Color.WHITE);
        style.setLocale(Locale.ROOT);
    }

    private static void style(XYStyler style, double[] epochs) {
        plain(style);
        // From 0, so that a single epoch has an axis and the marks fall on round numbers.
        style.setXAxisMin(0.0);
        style.setXAxisMax(Math.max(2, epochs[epochs.length - 1]));
        style.setxAxisTickLabelsFormattingFunction(LossChart::wholeEpoch);
        style.setyAxisTickLabelsFormattingFunction(LossChart::nats);
    }

    /** A figure of an axis. */
    static String nats(double value) {
        double size = Math.abs(value);
        if (size >= 1e5 || (size > 0 && size < 1e-2)) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        String text = String.format(Locale.ROOT, size < 10 ? "%.3f" : "%.2f", value);
        return text.replaceFirst("\\.?0+$", "");
    }

    /** There is no epoch 1.5. (An empty label would not be laid out.) */
    private static String wholeEpoch(double epoch) {
        return epoch >= 1 && Math.abs(epoch - Math.rint(epoch)) < 1e-6
                ? String.format(Locale.ROOT, "%.0f", epoch)
                : " ";
    }

    private static void series(XYChart chart, String name, double[] epochs, double[] values, Color color) {
        XYSeries series = chart.addSeries(name, epochs, values);
        series.setLineColor(color);
        series.setLineWidth(2);
        series.setMarkerColor(color);
        series.setMarker(epochs.length > MOST_MARKERS ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
    }
}
