package io.jcuvae.data;

import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.UserError;
import java.io.IOException;

/** A picture by itself: from a file's bytes to a model's row, and from a row to pixels. */
public final class OnePicture {
    /** The most bytes of a file. */
    public static final int MOST_BYTES = 1 << 24;

    /** The most pixels of a file: at 8 bytes each a decoder holds 256 MiB. */
    static final int MOST_PIXELS = 1 << 25;

    private OnePicture() {}

    /**
     * Decodes a PNG or JPEG as the pictures of a folder are: turned as EXIF says, cropped around the centre to the sample's
     * proportions, resized, in its colours.
     *
     * @param file its bytes
     * @param shape of a sample that is a picture
     * @return [shape], from 0, black, to 1, white
     * @throws UserError if it cannot be read
     */
    public static float[] row(byte[] file, SampleShape shape) {
        Picture picture = shape.picture().orElseThrow();
        byte[] pixels = new byte[shape.width()];
        try {
            if (file.length > MOST_BYTES) {
                throw new PictureFault("it has more than " + MOST_BYTES + " bytes");
            }
            PictureHeader header = PictureHeader.of(file);
            if ((long) header.width() * header.height() > MOST_PIXELS) {
                throw new PictureFault("its " + header.width() + "x" + header.height() + " pixels are more than "
                        + MOST_PIXELS + "; make it smaller");
            }
            new PictureDecoder(picture.height(), picture.width(), picture.channels(), PictureDecoder.room())
                    .decode(header, pixels, 0);
        } catch (IOException e) {
            throw new UserError("the picture cannot be read: " + Faults.reason(e), e);
        }
        float[] row = new float[pixels.length];
        Values.scale(pixels, 0, row, 0, pixels.length);
        return picture.channelsLast() ? row : exchanged(row, picture, false);
    }

    /**
     * The pixels of a row.
     *
     * @param row [shape], clipped to [0, 1] for black to white
     * @param shape of a sample that is a picture
     * @return [H, W, C]: 255 times the values, rounded
     * @throws UserError if a value is NaN
     */
    public static byte[] pixels(float[] row, SampleShape shape) {
        Picture picture = shape.picture().orElseThrow();
        float[] values = picture.channelsLast() ? row : exchanged(row, picture, true);
        byte[] bytes = new byte[shape.width()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = Values.toByte(values[i], "the picture");
        }
        return bytes;
    }

    /** [C, H, W] to [H, W, C], or back. */
    private static float[] exchanged(float[] row, Picture picture, boolean toLast) {
        int pixels = picture.height() * picture.width();
        int channels = picture.channels();
        float[] other = new float[pixels * channels];
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                int last = p * channels + c;
                int first = c * pixels + p;
                other[toLast ? last : first] = row[toLast ? first : last];
            }
        }
        return other;
    }
}
