package io.jcuvae.data;

import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.UserError;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Pictures side by side in a PNG, grey or in colour, on a grey ground that shows between them. Small pictures are enlarged, each
 * pixel to a square, up to about 64 pixels a side while the whole stays handy.
 */
public final class ImageGrid {
    /** The most pixels of pictures in one grid, before they are enlarged. */
    static final long MOST_PIXELS = 1 << 26;

    private static final long HANDY_PIXELS = 1 << 24;
    private static final int COMFORTABLE_SIDE = 64;
    private static final int MOST_ZOOM = 8;
    private static final int GAP = 2;
    private static final byte GROUND = (byte) 0x60;

    private final Picture picture;
    private final int height;
    private final int width;
    private final int columns;
    private final int zoom;
    private final int bandGap;
    /** Pixels of ground around a picture. */
    private final int gap;

    private final int bandRows;
    private final BufferedImage image;
    private final byte[] pixels;

    /**
     * A grid in bands of rows: close together within a band, further apart between bands.
     *
     * @param bands how many bands
     * @param bandRows rows of pictures per band
     */
    private ImageGrid(int bands, int bandRows, int columns, SampleShape shape, int bandGap) {
        this.gap = GAP;
        this.picture = shape.picture().orElseThrow();
        this.height = picture.height();
        this.width = picture.width();
        this.columns = columns;
        this.bandRows = bandRows;
        this.bandGap = bandGap;
        long area = (long) bands * bandRows * columns * height * width;
        int wanted = Math.max(1, Math.min(MOST_ZOOM, COMFORTABLE_SIDE / Math.max(height, width)));
        while (wanted > 1 && area * wanted * wanted > HANDY_PIXELS) {
            wanted--;
        }
        this.zoom = wanted;
        int across = columns * (width * zoom + GAP) + GAP;
        int down = bands * bandHeight() - bandGap + 2 * GAP;
        boolean grey = picture.channels() == 1;
        this.image =
                new BufferedImage(across, down, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
        this.pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        Arrays.fill(pixels, GROUND);
    }

    private ImageGrid(SampleShape shape) {
        this.picture = shape.picture().orElseThrow();
        this.height = picture.height();
        this.width = picture.width();
        this.columns = 1;
        this.bandRows = 1;
        this.bandGap = 0;
        this.gap = 0;
        this.zoom = 1;
        boolean grey = picture.channels() == 1;
        this.image =
                new BufferedImage(width, height, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
        this.pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    }

    private int bandHeight() {
        return bandRows * (height * zoom + GAP) - GAP + bandGap;
    }

    /**
     * Writes pictures in reading order.
     *
     * @param png the target
     * @param rows row-major [count, shape], clipped to [0, 1] for black to white
     * @param columns pictures per line, 0 for a near-square grid
     * @throws UserError if the shape is no picture, a value is NaN, there are too many pictures, or writing fails
     */
    public static void write(Path png, float[] rows, int count, SampleShape shape, int columns) {
        requireDrawable(png, shape, count);
        ImageGrid grid = plain(count, shape, columns == 0 ? nearSquare(count) : columns);
        byte[] bytes = bytes(png, rows, count * shape.width());
        for (int i = 0; i < count; i++) {
            grid.place(bytes, i);
        }
        AtomicFile.write(png, grid::writeTo);
    }

    /**
     * Writes originals with their reconstructions below them.
     *
     * @param png the target
     * @param originals row-major [count, shape]
     * @param reconstructions of the same shape
     * @param columns pairs per line, 0 for up to 16
     * @throws UserError as for {@link #write}
     */
    public static void writePairs(
            Path png, float[] originals, float[] reconstructions, int count, SampleShape shape, int columns) {
        requireDrawable(png, shape, 2L * count);
        int across = columns == 0 ? Math.min(count, 16) : columns;
        ImageGrid grid = new ImageGrid((count + across - 1) / across, 2, across, shape, 5 * GAP);
        byte[] above = bytes(png, originals, count * shape.width());
        byte[] below = bytes(png, reconstructions, count * shape.width());
        for (int i = 0; i < count; i++) {
            grid.place(above, i, i / across, 0, i % across);
            grid.place(below, i, i / across, 1, i % across);
        }
        AtomicFile.write(png, grid::writeTo);
    }

    /** An evenly spaced grid. */
    static ImageGrid plain(int count, SampleShape shape, int columns) {
        int across = Math.min(Math.max(1, columns), Math.max(1, count));
        return new ImageGrid(Math.max(1, (count + across - 1) / across), 1, across, shape, GAP);
    }

    /** One picture as it is: not enlarged, without a ground. */
    static ImageGrid single(byte[] bytes, SampleShape shape) {
        ImageGrid alone = new ImageGrid(shape);
        alone.place(bytes, 0, 0, 0, 0);
        return alone;
    }

    /** The columns of a near-square grid, rather wide than high. */
    static int nearSquare(int count) {
        return Math.max(1, (int) Math.ceil(Math.sqrt(count)));
    }

    /** Refuses rows that are no pictures. */
    static void requireImage(Path file, SampleShape shape) {
        if (!shape.isImage()) {
            throw new UserError(Faults.name(file) + ": rows of shape " + shape
                    + " are no pictures (height x width, with 3 channels last or first for colour); use .npy, .npz or"
                    + " .csv");
        }
    }

    private static void requireDrawable(Path file, SampleShape shape, long count) {
        requireImage(file, shape);
        if (count < 1 || count * shape.width() > MOST_PIXELS) {
            throw new UserError(Faults.name(file) + ": cannot draw " + count + " pictures of " + shape
                    + "; a grid has 1 or" + " more, of at most " + MOST_PIXELS + " pixels in all: use fewer, or .npy");
        }
    }

    private static byte[] bytes(Path file, float[] values, int count) {
        String name = Faults.name(file);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = Values.toByte(values[i], name);
        }
        return bytes;
    }

    /** Puts picture {@code index} of {@code bytes} at its place in reading order. */
    void place(byte[] bytes, int index) {
        place(bytes, index, index / columns, 0, index % columns);
    }

    private void place(byte[] bytes, int index, int band, int row, int column) {
        int top = gap + band * bandHeight() + row * (height * zoom + gap);
        int left = gap + column * (width * zoom + gap);
        int channels = picture.channels();
        int from = index * height * width * channels;
        // Steps in a sample from pixel to pixel and from channel to channel.
        int pixelStep = picture.channelsLast() ? channels : 1;
        int channelStep = picture.channelsLast() ? 1 : height * width;
        for (int y = 0; y < height * zoom; y++) {
            int to = ((top + y) * image.getWidth() + left) * channels;
            for (int x = 0; x < width * zoom; x++) {
                int pixel = from + (y / zoom * width + x / zoom) * pixelStep;
                for (int c = 0; c < channels; c++) {
                    // The picture holds blue, green, red.
                    pixels[to + x * channels + channels - 1 - c] = bytes[pixel + c * channelStep];
                }
            }
        }
    }

    /** Writes the PNG. */
    void writeTo(OutputStream out) throws IOException {
        // The default of caching in a temporary file would need a writable temporary folder.
        try (MemoryCacheImageOutputStream cached = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, "png", cached)) {
                throw new IOException("this JVM has no PNG writer");
            }
        }
    }
}
