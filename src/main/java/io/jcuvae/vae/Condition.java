package io.jcuvae.vae;

import io.jcuvae.tensor.Shape;

/**
 * What encoder and decoder are told beside the sample and the code: the sample's class, as a one-hot row (Sohn et al.
 * 2015). Before a stack that begins with numbers it stands behind them; before one that begins with pictures it becomes
 * constant planes behind their channels.
 *
 * @param classes K, or 0 where nothing is told
 */
public record Condition(int classes) {
    /** Nothing is told. */
    public static final Condition NONE = new Condition(0);

    /** Checks the number. */
    public Condition {
        if (classes < 0) {
            throw new IllegalArgumentException("a condition has no or some classes, got " + classes);
        }
    }

    /** Whether there is one. */
    public boolean given() {
        return classes > 0;
    }

    /**
     * The shape that a stack sees for a sample or code of some shape.
     *
     * @param input [values] or [C, H, W]
     */
    Shape joined(Shape input) {
        if (!given()) {
            return input;
        }
        return input.rank() == 3
                ? Shape.of(input.extent(0) + classes, input.extent(1), input.extent(2))
                : Shape.of(Math.toIntExact(input.count()) + classes);
    }
}
