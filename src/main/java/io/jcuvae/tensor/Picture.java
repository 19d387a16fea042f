package io.jcuvae.tensor;

import java.util.Optional;

/**
 * How a sample is read as a picture.
 *
 * @param channels C: 1 for grey, 3 for red, green, blue
 * @param height in pixels
 * @param width in pixels
 * @param channelsLast whether a pixel's channels lie side by side, [H, W, C], as in picture files; else [C, H, W], as in PyTorch
 */
public record Picture(int channels, int height, int width, boolean channelsLast) {
    /**
     * The picture in a sample: [H, W] is grey; [H, W, C] and [C, H, W] have C = 1 or 3, and where both would do the last extent
     * is the channels. Any other sample is none.
     */
    public static Optional<Picture> of(Shape sample) {
        if (sample.rank() == 2) {
            return Optional.of(new Picture(1, sample.extent(0), sample.extent(1), true));
        }
        if (sample.rank() != 3) {
            return Optional.empty();
        }
        if (isChannels(sample.extent(2))) {
            return Optional.of(new Picture(sample.extent(2), sample.extent(0), sample.extent(1), true));
        }
        return isChannels(sample.extent(0))
                ? Optional.of(new Picture(sample.extent(0), sample.extent(1), sample.extent(2), false))
                : Optional.empty();
    }

    private static boolean isChannels(int extent) {
        return extent == 1 || extent == 3;
    }
}
