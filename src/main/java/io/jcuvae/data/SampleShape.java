package io.jcuvae.data;

import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.Optional;

/**
 * The shape of one sample: {@code 28x28} for a grey picture, {@code 32x32x3} for one of colour,
 * {@code 784} for a row of numbers, outermost size first.
 *
 * @param sizes the sizes, each at least 1, at least one of them
 */
public record SampleShape(int... sizes) {
    /**
     * Checks and copies the sizes.
     *
     * @throws IllegalArgumentException if there are no sizes, one is below 1, or their product leaves the int range
     */
    public SampleShape {
        if (sizes.length == 0) {
            throw new IllegalArgumentException("a sample shape needs at least one size");
        }
        sizes = sizes.clone();
        long product = 1;
        for (int size : sizes) {
            product *= size;
            if (size < 1 || product > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("sample shape " + Arrays.toString(sizes) + " is empty or too large");
            }
        }
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @param text sizes joined by {@code x}, such as {@code 28x28}
     * @throws UserError if the text is not that
     */
    public static SampleShape parse(String text) {
        try {
            return new SampleShape(Arrays.stream(text.split("x", -1))
                    .mapToInt(Integer::parseInt)
                    .toArray());
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    "sample shape " + Faults.quoted(text)
                            + " is not understood; write sizes joined by x, such as 28x28",
                    e);
        }
    }

    /** The sizes, as a copy. */
    @Override
    public int[] sizes() {
        return sizes.clone();
    }

    /** Values per sample: the product of the sizes. */
    public int width() {
        int product = 1;
        for (int size : sizes) {
            product *= size;
        }
        return product;
    }

    /** The picture that a sample is, grey or of colour; empty where it is none. */
    public Optional<Picture> picture() {
        return Picture.of(Shape.of(sizes));
    }

    /** Whether a sample is a picture. */
    public boolean isImage() {
        return picture().isPresent();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SampleShape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** The sizes joined by {@code x}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int size : sizes) {
            text.append(text.length() == 0 ? "" : "x").append(size);
        }
        return text.toString();
    }
}
