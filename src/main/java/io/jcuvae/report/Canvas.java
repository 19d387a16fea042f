package io.jcuvae.report;

import java.awt.image.BufferedImage;

/** What a figure is drawn on, once for every format: pixels, y downwards. */
public interface Canvas {
    /** Which end of a text its place names. */
    enum Anchor {
        /** Its beginning. */
        START,
        /** Its middle. */
        MIDDLE,
        /** Its end. */
        END
    }

    /** The shape of a point. */
    enum Mark {
        /** Round. */
        CIRCLE,
        /** Upright. */
        SQUARE,
        /** On its base. */
        TRIANGLE,
        /** On its corner. */
        DIAMOND
    }

    /** A filled rectangle. */
    void box(double x, double y, double width, double height, Ink ink);

    /** A line through points; a gap where one is not finite. */
    void line(double[] xs, double[] ys, double width, boolean dashed, Ink ink);

    /** Points of one shape. */
    void marks(Mark mark, double[] xs, double[] ys, double size, Ink ink);

    /**
     * A line of text.
     *
     * @param y of its baseline
     * @param size of its letters in pixels
     * @param halo whether it is surrounded by the ground's colour, to be read on points
     */
    void text(String text, double x, double y, Anchor anchor, double size, boolean bold, boolean halo, Ink ink);

    /** Text that reads upwards, its middle at a place. */
    void upwards(String text, double x, double y, double size, Ink ink);

    /** A picture, its pixels as they are: enlarged, they become squares. */
    void picture(BufferedImage image, double x, double y, double width, double height);

    /** Plain text. */
    default void text(String text, double x, double y, Anchor anchor, double size, Ink ink) {
        text(text, x, y, anchor, size, false, false, ink);
    }

    /** A straight line. */
    default void line(double x, double y, double toX, double toY, double width, Ink ink) {
        line(new double[] {x, toX}, new double[] {y, toY}, width, false, ink);
    }

    /**
     * About how wide a text is, rather more than less: layouts are the same in every format and need no fonts.
     *
     * @return pixels, from the widths of DejaVu Sans, the widest of the usual fonts
     */
    static double width(String text, double size, boolean bold) {
        double ems = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ("il.,:;'|!jI ".indexOf(c) >= 0) {
                ems += 0.34;
            } else if ("mwMW@%".indexOf(c) >= 0) {
                ems += 0.95;
            } else if (c > 0x2e80) {
                ems += 1;
            } else {
                ems += Character.isUpperCase(c) ? 0.7 : 0.61;
            }
        }
        return ems * size * (bold ? 1.1 : 1);
    }

    /** A text that is no wider than that, its middle left out where it must be: names differ at their ends. */
    static String fitted(String text, double size, boolean bold, double room) {
        if (width(text, size, bold) <= room) {
            return text;
        }
        for (int kept = text.length() - 1; kept > 1; kept--) {
            int head = (kept + 1) / 2;
            String shorter = text.substring(0, head) + "\u2026" + text.substring(text.length() - (kept - head));
            if (width(shorter, size, bold) <= room) {
                return shorter;
            }
        }
        return "\u2026";
    }
}
