package io.jcuvae.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/**
 * Makes rows of bytes of pictures: decoded, turned as EXIF says, cropped around the centre to the target's proportions,
 * and resized. Used by one thread at a time.
 */
final class PictureDecoder {
    private static final int MEBI = 1 << 20;
    /** A decoded pixel takes 3 to 8 bytes, and the heap holds other things. */
    private static final int BYTES_PER_PIXEL = 24;

    private final int height;
    private final int width;
    private final int channels;
    private final Semaphore room;
    private final ImageReader[] readers = new ImageReader[2];
    private String warning;

    /**
     * A decoder to one shape.
     *
     * @param room what {@link #room} gave, shared by all decoders that work at the same time
     */
    PictureDecoder(int height, int width, int channels, Semaphore room) {
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.room = room;
    }

    /** A place for each million pixels that the heap can hold: large pictures wait for each other, small ones do not. */
    static Semaphore room() {
        return new Semaphore(places());
    }

    private static int places() {
        return (int) Math.max(1, Math.min(Runtime.getRuntime().maxMemory() / BYTES_PER_PIXEL / MEBI, 1 << 12));
    }

    /**
     * Decodes a picture.
     *
     * @param out receives [height, width, channels] from {@code offset}
     * @throws PictureFault if its pixels cannot be unpacked
     */
    void decode(PictureHeader header, byte[] out, int offset) throws PictureFault {
        int taken = Math.min(places(), (int) ((long) header.width() * header.height() / MEBI));
        room.acquireUninterruptibly(taken);
        try {
            resize(new PixelRows(read(header), header.orientation()), header, out, offset);
        } catch (OutOfMemoryError e) {
            // Only this one large allocation failed, so the JVM is still sound.
            throw new PictureFault(
                    "its " + header.width() + "x" + header.height() + " pixels need more memory than the JVM has", e);
        } finally {
            room.release(taken);
        }
    }

    private BufferedImage read(PictureHeader header) throws PictureFault {
        ImageReader reader = reader(header.jpeg());
        warning = null;
        try {
            reader.setInput(new ByteArrayInput(header.plain()), true, true);
            BufferedImage image = reader.read(0);
            if (image.getWidth() != header.width() || image.getHeight() != header.height()) {
                throw new PictureFault("its parts contradict each other");
            }
            if (warning != null) {
                throw new PictureFault("its pixels are damaged (" + warning + ")");
            }
            return image;
        } catch (PictureFault e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // A reader that failed may be in any state.
            readers[header.jpeg() ? 1 : 0] = null;
            reader.dispose();
            if (e.getCause() instanceof OutOfMemoryError memory) {
                throw memory;
            }
            throw new PictureFault("its pixels cannot be unpacked (" + Faults.reason(e) + ")", e);
        }
    }

    private ImageReader reader(boolean jpeg) {
        int index = jpeg ? 1 : 0;
        if (readers[index] == null) {
            String format = jpeg ? "jpeg" : "png";
            ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
            reader.addIIOReadWarningListener((source, text) -> {
                // The decoder goes on after a few stray bytes, and so do all others; what is missing it fills with
                // grey.
                if (warning == null && !text.contains("extraneous bytes")) {
                    warning = text.lines().findFirst().orElse("");
                }
            });
            readers[index] = reader;
        }
        return readers[index];
    }

    private void resize(PixelRows rows, PictureHeader header, byte[] out, int offset) {
        int across = header.seenWidth();
        int down = header.seenHeight();
        int cropWidth = (int) Math.min(across, Math.max(1, rounded((long) down * width, height)));
        int cropHeight = (int) Math.min(down, Math.max(1, rounded((long) across * height, width)));
        int left = (across - cropWidth) / 2;
        int top = (down - cropHeight) / 2;
        int[] pixels = new int[cropWidth * channels];
        if (cropWidth == width && cropHeight == height) {
            for (int y = 0; y < height; y++) {
                rows.read(top + y, left, width, channels, pixels);
                for (int i = 0; i < pixels.length; i++) {
                    out[offset + y * pixels.length + i] = (byte) pixels[i];
                }
            }
            return;
        }
        AxisWeights columns = AxisWeights.of(cropWidth, width);
        AxisWeights lines = AxisWeights.of(cropHeight, height);
        float[] line = new float[width * channels];
        float[][] sums = new float[height][line.length];
        int lowest = 0;
        for (int y = 0; y < cropHeight; y++) {
            rows.read(top + y, left, cropWidth, channels, pixels);
            squeeze(pixels, columns, line);
            while (lines.end(lowest) <= y) {
                lowest++;
            }
            for (int o = lowest; o < height && lines.first()[o] <= y; o++) {
                float weight = lines.weights()[o][y - lines.first()[o]];
                for (int i = 0; i < line.length; i++) {
                    sums[o][i] += weight * line[i];
                }
            }
        }
        for (int o = 0; o < height; o++) {
            for (int i = 0; i < line.length; i++) {
                out[offset + o * line.length + i] = (byte) Math.min(255, (int) (sums[o][i] + 0.5f));
            }
        }
    }

    private void squeeze(int[] pixels, AxisWeights columns, float[] line) {
        Arrays.fill(line, 0);
        for (int o = 0; o < width; o++) {
            float[] weights = columns.weights()[o];
            for (int k = 0; k < weights.length; k++) {
                int from = (columns.first()[o] + k) * channels;
                for (int c = 0; c < channels; c++) {
                    line[o * channels + c] += weights[k] * pixels[from + c];
                }
            }
        }
    }

    private static long rounded(long numerator, long denominator) {
        return (2 * numerator + denominator) / (2 * denominator);
    }
}
