package io.jcuvae.report;

import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.UserError;
import java.awt.image.BufferedImage;

/** Samples as pictures in memory, at their own size. */
final class Pictures {
    /** The colour between pictures: neither of them, and seen on both. */
    private static final int GAP = 0x8a8f96;

    private Pictures() {}

    /**
     * Pictures in lines, a pixel apart where asked for.
     *
     * @param rows [count, shape], clipped to [0, 1] for black to white
     * @param columns pictures of a line
     * @param gap pixels between pictures
     * @throws UserError if a value is NaN
     */
    static BufferedImage sheet(float[] rows, int count, SampleShape shape, int columns, int gap) {
        Picture picture = shape.picture().orElseThrow();
        int lines = (count + columns - 1) / columns;
        BufferedImage sheet = new BufferedImage(
                columns * (picture.width() + gap) - gap,
                lines * (picture.height() + gap) - gap,
                BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < sheet.getHeight(); y++) {
            for (int x = 0; x < sheet.getWidth(); x++) {
                sheet.setRGB(x, y, GAP);
            }
        }
        for (int i = 0; i < count; i++) {
            place(
                    sheet,
                    rows,
                    i * shape.width(),
                    picture,
                    i % columns * (picture.width() + gap),
                    i / columns * (picture.height() + gap));
        }
        return sheet;
    }

    private static void place(BufferedImage sheet, float[] rows, int from, Picture picture, int left, int top) {
        int channels = picture.channels();
        int pixelStep = picture.channelsLast() ? channels : 1;
        int channelStep = picture.channelsLast() ? 1 : picture.height() * picture.width();
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int pixel = from + (y * picture.width() + x) * pixelStep;
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    rgb = rgb << 8 | level(rows[pixel + (channels == 1 ? 0 : c) * channelStep]);
                }
                sheet.setRGB(left + x, top + y, rgb);
            }
        }
    }

    private static int level(float value) {
        if (Float.isNaN(value)) {
            throw new UserError("a picture has a value that is no number; the model's parameters have run away");
        }
        return Math.round(255 * Math.max(0, Math.min(1, value)));
    }

    /** A picture whose pixels are squares of so many. */
    static BufferedImage enlarged(BufferedImage image, int zoom) {
        if (zoom == 1) {
            return image;
        }
        BufferedImage large =
                new BufferedImage(image.getWidth() * zoom, image.getHeight() * zoom, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < large.getHeight(); y++) {
            for (int x = 0; x < large.getWidth(); x++) {
                large.setRGB(x, y, image.getRGB(x / zoom, y / zoom));
            }
        }
        return large;
    }

    /** How often as large small pictures are shown, so that a line of them has about that width. */
    static int zoom(int pixels, int wanted) {
        return Math.max(1, Math.min(8, wanted / Math.max(1, pixels)));
    }
}
