package io.jcuvae.data;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the pictures of a folder or zip become samples.
 *
 * @param height of a sample in pixels, or 0 for the pictures' own, which must then be the same
 * @param width likewise
 * @param channels 1 for grey, 3 for colour, 0 for grey where every picture's file is grey and else colour
 * @param skipBad whether pictures that cannot be read are left out; else they stop the reading
 * @param threads that decode, 0 for one per processor; samples do not depend on it
 * @param progress made when decoding begins, told how far it is, and closed
 * @param cache the folder for decoded pictures, or null for the user's
 */
public record PictureOptions(
        int height, int width, int channels, boolean skipBad, int threads, Supplier<Progress> progress, Path cache) {
    /** What {@link #parseSize} takes for the pictures' own size. */
    public static final String OWN_SIZE = "auto";

    private static final int MOST_SIDE = 2048;
    private static final Pattern SIZE = Pattern.compile("(\\d{1,4})(?:x(\\d{1,4}))?");

    /** Told how far decoding is. */
    public interface Progress extends AutoCloseable {
        /**
         * Called now and then.
         *
         * @param done pictures decoded
         * @param total pictures in all
         */
        void at(long done, long total);

        /** Called once when decoding has ended or failed. */
        @Override
        void close();
    }

    private static final class Silent implements Progress {
        @Override
        public void at(long done, long total) {}

        @Override
        public void close() {}
    }

    /** Pictures as they are: of their own size and colours, all readable. */
    public static PictureOptions asTheyAre() {
        return new PictureOptions(0, 0, 0, false, 0, Silent::new, null);
    }

    /**
     * Reads a size: {@code 64x48}, height first, as sample shapes are written; {@code 64} for a square; {@code auto}.
     *
     * @return the size as {@code HxW}, or {@code auto}
     * @throws IllegalArgumentException saying what is accepted
     */
    public static String parseSize(String text) {
        if (text.toLowerCase(Locale.ROOT).equals(OWN_SIZE)) {
            return OWN_SIZE;
        }
        Matcher size = SIZE.matcher(text);
        if (size.matches()) {
            int height = Integer.parseInt(size.group(1));
            int width = size.group(2) == null ? height : Integer.parseInt(size.group(2));
            if (height >= 1 && height <= MOST_SIDE && width >= 1 && width <= MOST_SIDE) {
                return height + "x" + width;
            }
        }
        throw new IllegalArgumentException("must be HEIGHTxWIDTH, as in 64x64, each from 1 to " + MOST_SIDE + ", or "
                + OWN_SIZE + " for the pictures' own size");
    }

    /** The same with a size that {@link #parseSize} gave. */
    public PictureOptions withSize(String size) {
        if (size.equals(OWN_SIZE)) {
            return new PictureOptions(0, 0, channels, skipBad, threads, progress, cache);
        }
        int[] sizes = SampleShape.parse(size).sizes();
        return new PictureOptions(sizes[0], sizes[1], channels, skipBad, threads, progress, cache);
    }

    /** The same, in grey if asked for. */
    public PictureOptions withGrey(boolean grey) {
        return new PictureOptions(height, width, grey ? 1 : 0, skipBad, threads, progress, cache);
    }

    /** The same with the size and the channels of a sample; unchanged where the sample is no picture. */
    public PictureOptions like(SampleShape sample) {
        return sample.picture()
                .map(p -> new PictureOptions(p.height(), p.width(), p.channels(), skipBad, threads, progress, cache))
                .orElse(this);
    }

    /** The same, leaving out what cannot be read if asked for. */
    public PictureOptions withSkipBad(boolean skip) {
        return new PictureOptions(height, width, channels, skip, threads, progress, cache);
    }

    /** The same with another number of threads. */
    public PictureOptions withThreads(int count) {
        return new PictureOptions(height, width, channels, skipBad, count, progress, cache);
    }

    /** The same with somebody to tell. */
    public PictureOptions withProgress(Supplier<Progress> told) {
        return new PictureOptions(height, width, channels, skipBad, threads, told, cache);
    }

    /** The same with a folder for decoded pictures. */
    public PictureOptions withCache(Path folder) {
        return new PictureOptions(height, width, channels, skipBad, threads, progress, folder);
    }
}
