package io.jcuvae.train;

import io.jcuvae.data.Safetensors;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * All that a run needs to go on with the same bits: parameters and buffers, both of Adam's moments, and the scalars with the
 * step, the positions in the data and in the noise, and the sums of the epoch so far; and the average of the parameters where
 * there is one.
 */
final class Checkpoint {
    private static final String FORMAT = "jcuvae-checkpoint/1";
    private static final String FIRST = "adam.m.";
    private static final String SECOND = "adam.v.";

    private Checkpoint() {}

    /**
     * Writes the same checkpoint to several files in turn, each aside and then into place.
     *
     * @param course whose own entries go with it
     */
    static void write(
            List<Path> files,
            TrainConfig config,
            DataRecord data,
            TrainState state,
            Course course,
            Backend backend,
            Watch watch) {
        ParameterLayout layout = state.values().layout();
        List<Safetensors.Entry> entries = new ArrayList<>();
        entries.addAll(Model.entries(layout, state.values().download(backend), ""));
        entries.addAll(Model.entries(layout.buffers(), state.buffers().download(backend), ""));
        entries.addAll(Model.entries(layout, state.firstMoments().download(backend), FIRST));
        entries.addAll(Model.entries(layout, state.secondMoments().download(backend), SECOND));
        if (state.average() != null) {
            entries.addAll(Model.entries(layout, state.average().download(backend), Model.AVERAGE));
        }
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, state.scalars());
        entries.add(Safetensors.Entry.of("scalars", new int[] {Scalars.COUNT}, scalars, 0));
        entries.addAll(course.kept());
        Map<String, String> metadata = Model.metadata(FORMAT, config, data);
        metadata.put(
                "scalars", Arrays.stream(Scalars.values()).map(Scalars::name).collect(Collectors.joining(",")));
        watch.write(metadata);
        for (Path file : files) {
            Safetensors.write(file, metadata, entries);
        }
    }

    /**
     * Fills the state from a checkpoint.
     *
     * @param course which takes its own entries
     * @throws UserError when the file is damaged or belongs to other data
     */
    static Watch read(Path file, DataRecord data, TrainState state, Course course, Backend backend) {
        Safetensors tensors = Safetensors.read(file);
        DataRecord trained = Model.data(file, tensors);
        if (!trained.fingerprint().equals(data.fingerprint())) {
            throw new UserError(file + ": was trained on " + trained.source() + " with " + trained.count()
                    + " rows and fingerprint " + trained.fingerprint() + ", but the data now have " + data.count()
                    + " rows and fingerprint " + data.fingerprint() + "; resume with the data it began with");
        }
        if (!trained.classes().equals(data.classes()) || !Objects.equals(trained.labels(), data.labels())) {
            throw new UserError(file + ": was trained on " + trained.source() + " with the labels " + trained.classes()
                    + ", but the rows have other labels now (" + data.classes()
                    + "); resume with the data it began with");
        }
        if (!trained.table().equals(data.table())) {
            throw new UserError(file + ": was trained on " + trained.source()
                    + " with another schema than --schema now names; resume with the one it began with");
        }
        ParameterLayout layout = state.values().layout();
        backend.upload(state.values().block(), Model.read(file, tensors, layout, ""), 0);
        state.buffers().upload(backend, Model.read(file, tensors, layout.buffers(), ""));
        backend.upload(state.firstMoments().block(), Model.read(file, tensors, layout, FIRST), 0);
        backend.upload(state.secondMoments().block(), Model.read(file, tensors, layout, SECOND), 0);
        if (state.average() != null) {
            backend.upload(state.average().block(), Model.read(file, tensors, layout, Model.AVERAGE), 0);
        }
        course.restore(file, tensors);
        try {
            String[] names = tensors.metadata().get("scalars").split(",");
            double[] stored = tensors.doubles("scalars");
            double[] scalars = new double[Scalars.COUNT];
            for (int i = 0; i < names.length; i++) {
                scalars[Scalars.valueOf(names[i]).ordinal()] = stored[i];
            }
            backend.upload(state.scalars(), scalars);
            return Watch.read(tensors.metadata());
        } catch (RuntimeException e) {
            throw new UserError(
                    file + ": its scalars cannot be read (" + e.getMessage() + "); it was not written by this"
                            + " version of jcuvae",
                    e);
        }
    }
}
