package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Philox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Small seeded data and runs for tests. */
public final class SmallRuns {
    /** Height and width of a picture. */
    public static final int SIDE = 12;

    /**
     * Each option of training, as on the command line, and at the end as many as go together, with layers that have a state of
     * their own; for runs of three epochs or more.
     */
    public static final List<String> OPTIONS = List.of(
            "--warmup 3steps --lr-schedule cosine --lr-final 1e-5",
            "--lr-schedule step --lr-every 7steps --lr-factor 0.5",
            "--lr-schedule exponential --lr-every 1.5 --lr-factor 0.5",
            "--lr-schedule plateau --lr-patience 0 --min-delta 1000 --lr-factor 0.5",
            "--weight-decay 0.1",
            "--weight-decay 0.1 --decayed all",
            "--clip 5",
            "--anneal linear --anneal-over 2",
            "--anneal cyclical --anneal-over 13steps --anneal-cycles 2",
            "--free-bits 0.3",
            "--capacity 5 --capacity-over 2 --beta 10",
            "--batch 16 --accumulate 3",
            "--ema 0.9",
            "--validation 0.2 --metric elbo --keep best,last",
            "--patience 2 --min-delta 1000 --keep 2",
            "--posterior vq --latent 6 --code-size 2 --codes 7 --code-decay 0.7 --batch 16 --accumulate 2",
            "--lr-schedule milestones --lr-at 1,9steps --lr-factor 0.5",
            "--lr-schedule stages --lr-final 1e-4 --adam-beta1 0.99 --adam-epsilon 1e-4 --adam-second 1 --reduction sum",
            "--shuffle never --init-output data-mean --validation last:20",
            "--upper-latent 2 --upper-hidden 8",
            "--upper-latent 2 --upper-hidden none --estimator iwae --draws 3",
            "--warmup 3steps --lr-schedule cosine --weight-decay 0.1 --clip 5 --anneal cyclical --anneal-cycles 2"
                    + " --free-bits 0.3 --batch 16 --accumulate 3 --ema 0.9 --validation 0.2 --patience 1 --min-delta 0.5"
                    + " --metric reconstruction --keep best,2"
                    + " --encoder [{'layer':'dense','outputs':16,'activation':'tanh'},"
                    // A bias right before a norm has no gradient but rounding, of which Adam makes whole steps.
                    + "{'layer':'batch_norm'},{'layer':'dropout','rate':0.2}]",
            "--warmup 3steps --lr-schedule plateau --lr-patience 0 --min-delta 2 --weight-decay 0.1 --clip 5"
                    + " --anneal linear --anneal-over 1 --capacity 5 --capacity-over 2 --beta 10 --batch 16 --accumulate 3"
                    + " --ema 0.9 --validation 30 --keep best");

    private SmallRuns() {}

    /** A configuration with options as on the command line. */
    public static TrainConfig with(TrainConfig config, String options) {
        TrainConfig changed = config;
        String[] words = options.isBlank() ? new String[0] : options.strip().split(" +");
        for (int i = 0; i < words.length; i += 2) {
            changed = changed.with(Setting.find(words[i].substring(2)).orElseThrow(), words[i + 1].replace('\'', '"'));
        }
        return changed;
    }

    /** Pictures of one soft blob each, somewhere: two factors of variation, grey bytes. */
    public static Dataset blobs(int count, long seed) {
        float[] draws = new float[2 * count];
        Philox.fillUniform(draws, 0, draws.length, seed, 0, 0);
        byte[] bytes = new byte[count * SIDE * SIDE];
        for (int i = 0; i < count; i++) {
            double cy = 2 + draws[2 * i] * (SIDE - 4);
            double cx = 2 + draws[2 * i + 1] * (SIDE - 4);
            for (int p = 0; p < SIDE * SIDE; p++) {
                double dy = p / SIDE - cy;
                double dx = p % SIDE - cx;
                bytes[i * SIDE * SIDE + p] = (byte) Math.round(255 * Math.exp(-(dy * dy + dx * dx) / 8));
            }
        }
        return Dataset.ofBytes("blobs", new SampleShape(SIDE, SIDE), bytes, null);
    }

    /** Rows of floats, all the same number. */
    public static Dataset constant(int count, int width, float value) {
        float[] floats = new float[count * width];
        Arrays.fill(floats, value);
        return Dataset.ofFloats("constant", new SampleShape(width), floats, null);
    }

    /** A small network; batches of 32. */
    public static TrainConfig config(int epochs) {
        return TrainConfig.defaults()
                .with(Setting.DATA, "blobs")
                .with(Setting.EPOCHS, String.valueOf(epochs))
                .with(Setting.BATCH, "32")
                .with(Setting.HIDDEN, "32,16")
                .with(Setting.LATENT, "3")
                .with(Setting.THREADS, "1");
    }

    /** Trains to the end and returns the trainer. */
    public static Trainer train(TrainConfig config, Dataset train, Dataset test, Backend backend, Path folder) {
        Trainer trainer = Trainer.start(config, train, test, backend, folder, new Trainer.Listener() {});
        if (!trainer.run(() -> false)) {
            throw new IllegalStateException("nobody asked to stop");
        }
        return trainer;
    }

    /** Parameters and both moments, one after the other. */
    public static float[] state(Trainer trainer, Backend backend) {
        TrainState state = trainer.state();
        int count = Math.toIntExact(state.values().layout().count());
        float[] all = new float[3 * count];
        backend.download(all, 0, state.values().block());
        backend.download(all, count, state.firstMoments().block());
        backend.download(all, 2 * count, state.secondMoments().block());
        return all;
    }

    /** The lines of metrics.jsonl without what depends on the clock. */
    public static List<String> metrics(Path folder) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
            lines.add(line.replaceAll(",\"seconds\":.*", ""));
        }
        return lines;
    }

    /** Copies a run folder. */
    public static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
