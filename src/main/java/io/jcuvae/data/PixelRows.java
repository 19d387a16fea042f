package io.jcuvae.data;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * The pixels of a decoded picture as it is to be seen, line by line, 0 to 255, on white where they are transparent.
 *
 * <p>The stored numbers are taken as they are: {@link BufferedImage#getRGB} would treat grey as linear light and change
 * it. So colour profiles have no say.
 */
final class PixelRows {
    private final Raster raster;
    private final int orientation;
    private final int bands;
    private final boolean alpha;
    private final int most;
    /** Red, green and blue of each index, on white; null without a palette. */
    private final int[] palette;

    private int[] samples = new int[0];

    PixelRows(BufferedImage image, int orientation) {
        this.raster = image.getRaster();
        this.orientation = orientation;
        this.bands = raster.getNumBands();
        this.alpha = image.getColorModel().hasAlpha();
        this.most = (1 << raster.getSampleModel().getSampleSize(0)) - 1;
        this.palette = image.getColorModel() instanceof IndexColorModel model ? palette(model) : null;
    }

    private static int[] palette(IndexColorModel model) {
        int[] colours = new int[model.getMapSize()];
        for (int i = 0; i < colours.length; i++) {
            int alpha = model.getAlpha(i);
            colours[i] = onWhite(model.getRed(i), alpha, 255) << 16
                    | onWhite(model.getGreen(i), alpha, 255) << 8
                    | onWhite(model.getBlue(i), alpha, 255);
        }
        return colours;
    }

    /** A value of 0 to {@code most}, covering white by {@code alpha / most}, as a byte, rounded half up. */
    private static int onWhite(long value, long alpha, long most) {
        long shown = value * alpha + most * (most - alpha);
        return (int) ((shown * 255 * 2 + most * most) / (2 * most * most));
    }

    /**
     * Reads a part of a line.
     *
     * @param y the line
     * @param x its first pixel
     * @param count how many pixels
     * @param channels 1 for grey, by the luma of ITU-R BT.601 in Pillow's integers; 3 for red, green, blue
     * @param out receives [count, channels]
     */
    void read(int y, int x, int count, int channels, int[] out) {
        if (orientation == 1 && palette == null && !alpha && most == 255 && bands == channels) {
            raster.getPixels(x, y, count, 1, out);
            return;
        }
        if (samples.length < count * bands) {
            samples = new int[count * bands];
        }
        boolean reversed = fetch(y, x, count);
        for (int i = 0; i < count; i++) {
            put(i * bands, channels, out, (reversed ? count - 1 - i : i) * channels);
        }
    }

    /** Fetches the stored samples of a seen line, and returns whether they come from its end to its start. */
    private boolean fetch(int y, int x, int count) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        if (orientation < 5) {
            boolean reversed = orientation == 2 || orientation == 3;
            int line = orientation < 3 ? y : height - 1 - y;
            raster.getPixels(reversed ? width - x - count : x, line, count, 1, samples);
            return reversed;
        }
        // Turned: a line that is seen is a column that is stored.
        boolean reversed = orientation == 6 || orientation == 7;
        int column = orientation < 7 ? y : width - 1 - y;
        raster.getPixels(column, reversed ? height - x - count : x, 1, count, samples);
        return reversed;
    }

    private void put(int from, int channels, int[] out, int to) {
        int red;
        int green;
        int blue;
        if (palette != null) {
            // Files may name indices beyond their palette, which decoders show as its first colour.
            int colour = palette[samples[from] < palette.length ? samples[from] : 0];
            red = colour >> 16;
            green = colour >> 8 & 0xFF;
            blue = colour & 0xFF;
        } else {
            int cover = alpha ? samples[from + bands - 1] : most;
            boolean plain = cover == 255 && most == 255;
            red = plain ? samples[from] : onWhite(samples[from], cover, most);
            if (bands < 3) {
                green = red;
                blue = red;
            } else {
                green = plain ? samples[from + 1] : onWhite(samples[from + 1], cover, most);
                blue = plain ? samples[from + 2] : onWhite(samples[from + 2], cover, most);
            }
        }
        if (channels == 3) {
            out[to] = red;
            out[to + 1] = green;
            out[to + 2] = blue;
        } else {
            out[to] = red == green && green == blue ? red : (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
        }
    }
}
