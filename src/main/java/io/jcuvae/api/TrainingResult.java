package io.jcuvae.api;

import java.util.List;

/**
 * What a training left.
 *
 * @param finished false where it was told to stop before its end
 * @param epochs what each epoch of this call came to, in order
 * @param ending a line where it ended before its last epoch by its own settings, else empty
 * @param model with the parameters as they are then, on the training's device
 */
public record TrainingResult(boolean finished, List<TrainingListener.Epoch> epochs, String ending, TrainedModel model)
        implements AutoCloseable {
    /** Keeps the epochs. */
    public TrainingResult {
        epochs = List.copyOf(epochs);
    }

    /** Closes the model. */
    @Override
    public void close() {
        model.close();
    }
}
