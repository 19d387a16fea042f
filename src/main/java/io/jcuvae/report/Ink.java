package io.jcuvae.report;

/**
 * A colour of a figure.
 *
 * @param role what a page may give another colour by its theme, as {@code ink} of text; null for one that stays
 * @param rgb the colour on white
 */
public record Ink(String role, int rgb) {
    /** Text and axes. */
    public static final Ink TEXT = new Ink("ink", 0x1a1c1f);
    /** What explains: ticks, units, notes. */
    public static final Ink QUIET = new Ink("quiet", 0x55595f);
    /** Lines behind the data. */
    public static final Ink GRID = new Ink("grid", 0xdcdfe3);
    /** What lies below all. */
    public static final Ink GROUND = new Ink("ground", 0xffffff);

    /** A colour that is the same in every theme. */
    public static Ink of(int rgb) {
        return new Ink(null, rgb);
    }

    /** As in {@code #0072b2}. */
    public String hex() {
        return String.format("#%06x", rgb);
    }
}
