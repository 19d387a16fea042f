package io.jcuvae.jobs;

import io.jcuvae.data.Classes;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.stream.IntStream;

/** What {@code --label} asks for. */
public final class Labels {
    /** What a model without labels is asked for. */
    public static final int NOTHING = -1;

    private Labels() {}

    /**
     * The classes that are asked for.
     *
     * @param text a class's name, {@code all}, or null
     * @return their numbers; {@link #NOTHING} alone for a model without labels
     * @throws UserError when the model is told labels and none is given, the other way round, or there is no such class
     */
    public static int[] of(Model model, String text) {
        Classes classes = model.data().classes();
        boolean all = Classes.ALL.equals(text)
                && classes.count() > 0
                && !classes.names().contains(text);
        return all
                ? IntStream.range(0, classes.count()).toArray()
                : new int[] {one(model, text, ", or " + Classes.ALL)};
    }

    /** The class that is asked for, as {@link #of} one. */
    public static int one(Model model, String text) {
        return one(model, text, "");
    }

    private static int one(Model model, String text, String more) {
        Classes classes = model.data().classes();
        if (classes.count() == 0) {
            if (text != null) {
                throw new UserError(
                        "--label: the model was trained without labels; leave it out, or train with --condition"
                                + " labels (preset cvae)");
            }
            return NOTHING;
        }
        if (text == null) {
            throw new UserError(
                    "--label NAME is missing: the model was trained with labels, so say which samples to make"
                            + " (there are " + classes + more + ")");
        }
        return classes.find(text, "--label");
    }
}
