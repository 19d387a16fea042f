package io.jcuvae.data;

import java.util.Arrays;

/**
 * What a picture file says of itself, read before any pixel is unpacked, so that what cannot be taken costs nothing.
 *
 * @param jpeg whether it is a JPEG; else a PNG
 * @param width as stored, in pixels
 * @param height as stored, in pixels
 * @param grey whether the file has one channel of colour; a palette counts as colour
 * @param orientation EXIF's: 1 as stored, 2 to 8 mirrored or turned to be seen
 * @param plain the file without everything that its pixels do not need: comments, profiles, previews
 */
record PictureHeader(boolean jpeg, int width, int height, boolean grey, int orientation, byte[] plain) {
    /** The most pixels of a picture. A decoder holds all of them, several bytes each, at once. */
    static final int MOST_PIXELS = 1 << 26;

    /** Bytes that tell the format. */
    static final int SIGNATURE = 8;

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    /**
     * Reads the header of a whole file.
     *
     * @throws PictureFault if it is no PNG or JPEG, breaks off, contradicts itself, or has too many pixels
     */
    static PictureHeader of(byte[] file) throws PictureFault {
        requireSignature(file, file.length);
        return file[0] == PNG[0] ? new PngChunks(file).header() : new JpegSegments(file).header();
    }

    /** Refuses what does not begin as a picture. */
    static void requireSignature(byte[] start, int length) throws PictureFault {
        if (length >= SIGNATURE && Arrays.equals(start, 0, SIGNATURE, PNG, 0, SIGNATURE)) {
            return;
        }
        if (length >= SIGNATURE && (start[0] & 0xFF) == 0xFF && (start[1] & 0xFF) == 0xD8) {
            return;
        }
        throw length < SIGNATURE
                ? PictureFault.breaksOff()
                : new PictureFault("its bytes are not those of a PNG or JPEG");
    }

    /** Refuses extents that no decoder here is asked to hold. */
    static void requireExtents(int width, int height) throws PictureFault {
        if (width < 1 || height < 1) {
            throw new PictureFault("it is " + width + "x" + height + " pixels");
        }
        if ((long) width * height > MOST_PIXELS) {
            throw new PictureFault("it claims " + width + "x" + height + " pixels, more than the " + MOST_PIXELS
                    + " that are accepted");
        }
    }

    /**
     * Refuses more pixels than the file's bytes can make; a decoder would fill them with grey, however long it takes.
     *
     * @param most what the bytes can make at best
     * @param claimed in the same unit
     */
    static void requireEnough(long most, long claimed, int width, int height) throws PictureFault {
        if (claimed > most) {
            throw new PictureFault("it is too short for the " + width + "x" + height + " pixels that it claims");
        }
    }

    /** Pixels across as it is to be seen. */
    int seenWidth() {
        return orientation < 5 ? width : height;
    }

    /** Pixels down as it is to be seen. */
    int seenHeight() {
        return orientation < 5 ? height : width;
    }
}
