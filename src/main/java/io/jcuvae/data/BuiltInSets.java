package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.InputStream;

/** The sets that the program carries or draws. */
final class BuiltInSets {
    /** Digits of MNIST. */
    static final String DIGITS = "mnist-sample";

    /** Drawn moons. */
    static final String MOONS = "moons";

    private static final int MOONS_DEFAULT = 10_000;

    private BuiltInSets() {}

    /** Whether a text names drawn moons. */
    static boolean areMoons(String src) {
        return src.equals(MOONS) || src.startsWith(MOONS + ":");
    }

    /** The digits of a half, {@code train} or {@code t10k}. */
    static RowSource digits(String part) {
        ArrayRows labels = new ArrayRows(() -> resource(part + "-labels-idx1-ubyte.gz"), IdxHeader::read, null);
        return new ArrayRows(() -> resource(part + "-images-idx3-ubyte.gz"), IdxHeader::read, () -> labels);
    }

    private static ByteSource resource(String file) {
        InputStream in = BuiltInSets.class.getResourceAsStream(file);
        if (in == null) {
            throw new IllegalStateException("resource " + file + " is missing from the program");
        }
        return ByteSource.resource(DIGITS + " (" + file + ")", in);
    }

    /**
     * How many training moons are asked for.
     *
     * @throws UserError if that is no number of moons
     */
    static int moonCount(String src) {
        if (src.equals(MOONS)) {
            return MOONS_DEFAULT;
        }
        String text = src.substring(MOONS.length() + 1);
        try {
            int count = Integer.parseInt(text);
            if (count >= 1 && count <= Moons.MOST) {
                return count;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number out of range.
        }
        throw new UserError("moons:" + Faults.quoted(text) + " is no number of moons; give 1 to " + Moons.MOST
                + ", as in moons:10000");
    }
}
