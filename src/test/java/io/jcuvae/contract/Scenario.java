package io.jcuvae.contract;

import java.util.function.Consumer;

/**
 * Calls to play, with inputs drawn from the lab's seed and outputs compared by it.
 *
 * @param label the verb and its shapes, for messages
 * @param body the calls
 */
record Scenario(String label, Consumer<Lab> body) {
    /** Fixed by the label, so that a failure can be played again. */
    long seed() {
        return label.hashCode();
    }

    @Override
    public String toString() {
        return label;
    }
}
