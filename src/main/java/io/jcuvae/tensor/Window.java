package io.jcuvae.tensor;

/**
 * A square window that moves over pictures of one shape: what a convolution looks through. The picture is the input of a
 * convolution and the output of a transposed one; the positions are the pixels of the other side.
 *
 * @param height H of the picture
 * @param width W of the picture
 * @param channels C of the picture
 * @param kernel K, the window's height and width
 * @param stride pixels from one position to the next
 * @param padding pixels of zeros around the picture, fewer than the kernel has
 */
public record Window(int height, int width, int channels, int kernel, int stride, int padding) {
    /** Checks that there is a position. */
    public Window {
        if (kernel < 1 || stride < 1 || padding < 0 || padding >= kernel) {
            throw new IllegalArgumentException("kernel " + kernel + ", stride " + stride + ", padding " + padding
                    + ": kernel and stride must be at least 1, padding from 0 to kernel - 1");
        }
        if (height < 1 || width < 1 || channels < 1 || Math.min(height, width) + 2L * padding < kernel) {
            throw new IllegalArgumentException("a kernel of " + kernel + "x" + kernel + " with padding " + padding
                    + " has no place in " + height + "x" + width + "x" + channels);
        }
    }

    /** Y: positions from top to bottom. */
    public int outHeight() {
        return (height + 2 * padding - kernel) / stride + 1;
    }

    /** X: positions from left to right. */
    public int outWidth() {
        return (width + 2 * padding - kernel) / stride + 1;
    }

    /** Y X: positions in a picture. */
    public int positions() {
        return outHeight() * outWidth();
    }

    /** K K C: what is seen at one position, in the order of rows, columns, channels. */
    public int seen() {
        return kernel * kernel * channels;
    }

    /** Y X K K C: what is seen in a whole picture. */
    public long columns() {
        return (long) positions() * seen();
    }

    /** Whether each position sees just its own pixel, so that the columns are the picture. */
    public boolean isPoint() {
        return kernel == 1 && stride == 1;
    }
}
