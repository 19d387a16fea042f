package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.nn.ParameterLayout;

/** Where the parameters of a run begin: as drawn, but for those that begin by the data. */
final class Beginning {
    private Beginning() {}

    /** The values of the whole block. */
    static float[] values(TrainConfig config, ParameterLayout layout, Dataset train) {
        float[] values = config.initialisation().values(layout, config.seed());
        config.likelihood().start(layout, values, () -> DataVariance.of(train));
        config.prior()
                .start(
                        layout,
                        values,
                        config.likelihood().needsUnitData(),
                        config.seed(),
                        train.count(),
                        row -> {
                            float[] copy = new float[train.width()];
                            train.copyRow(row, copy, 0);
                            return copy;
                        },
                        () -> DataVariance.of(train));
        return values;
    }
}
