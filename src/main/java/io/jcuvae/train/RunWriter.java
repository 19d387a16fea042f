package io.jcuvae.train;

import io.jcuvae.tensor.Backend;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes what a run leaves in its folder, in an order that a run may be killed at any moment of. */
final class RunWriter {
    private final RunFolder folder;
    private final TrainConfig config;
    private final DataRecord record;
    private final TrainState state;
    private final Course course;
    private final Backend backend;
    private final Optional<EventLog> events;

    /** A writer that has written nothing yet; warnings are told what costs something else than the run. */
    RunWriter(
            RunFolder folder,
            TrainConfig config,
            DataRecord record,
            TrainState state,
            Course course,
            Backend backend,
            Consumer<String> warnings) {
        this.folder = folder;
        this.config = config;
        this.record = record;
        this.state = state;
        this.course = course;
        this.backend = backend;
        events = EventLog.of(config, folder, warnings);
    }

    /** Makes the folder for a new run. */
    void create() {
        // Before there is a folder that says it holds a run.
        events.ifPresent(EventLog::requireUnused);
        folder.create();
        events.ifPresent(EventLog::begin);
        folder.writeConfig(config, record, Versions.json(backend));
    }

    /**
     * Goes on in the folder.
     *
     * @param epoch the next one
     * @param step that the checkpoint is of
     */
    void goOn(int epoch, long step) {
        folder.writeConfig(config, record, Versions.json(backend));
        folder.truncateMetrics(epoch - 1);
        folder.truncateRounds(step);
        events.ifPresent(log -> log.goOn(epoch));
    }

    /** The figures of a round; the checkpoint follows. */
    void round(RoundMetrics metrics) {
        folder.append(metrics);
    }

    /** The model and the checkpoint, in the middle of an epoch. */
    void save(Watch watch) {
        save(List.of(), watch);
    }

    private void save(List<Path> others, Watch watch) {
        float[] values = state.forUse().download(backend);
        float[] buffers = state.buffers().download(backend);
        // The checkpoint last: a run killed in between repeats its way to the same model, while a checkpoint of the
        // last epoch beside an older model would look finished.
        Model.write(folder.model(), config, record, state.values().layout(), values, buffers);
        List<Path> files = new ArrayList<>(others);
        files.add(folder.checkpoint());
        Checkpoint.write(files, config, record, state, course, backend, watch);
    }

    /** The figures, the model and the checkpoints of a finished epoch. */
    void finish(EpochMetrics metrics, Watch watch) {
        // In this order: a run killed in between repeats the epoch and drops the line, and what was logged of it.
        folder.append(metrics);
        events.ifPresent(log -> log.epoch(metrics.toJson()));
        int epoch = metrics.epoch();
        Keep keep = config.keep();
        List<Path> others = new ArrayList<>();
        if (keep.recent() > 0) {
            others.add(folder.epochCheckpoint(epoch));
        }
        if (keep.best() && watch.bestEpoch() == epoch) {
            others.add(folder.bestCheckpoint());
        }
        save(others, watch);
        if (keep.recent() > 0) {
            folder.dropCheckpoints(epoch - keep.recent());
        }
    }

    /** Where the run is logged. */
    Optional<EventLog> events() {
        return events;
    }
}
