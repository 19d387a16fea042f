package io.jcuvae.cli;

import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Trainer;
import java.io.PrintStream;
import java.util.Locale;

/** A table that grows by a row per epoch; on a terminal the row under way is shown and changes in place. */
final class TrainProgress implements Trainer.Listener, AutoCloseable {
    private static final String ROW = "%7s  %7s  %14s  %6s  %8s  %6s  %9s  %6s";
    private static final int BAR = 8;

    private final Output output;
    private final PrintStream live;
    private final int epochs;
    private final int latents;
    private LiveLine line;
    private boolean begun;
    private String active = "";
    private long firstPosition = -1;
    private long firstMoment;
    private double left;

    TrainProgress(Output output, int epochs, int latents) {
        this.output = output;
        this.live = output.live();
        this.epochs = epochs;
        this.latents = latents;
    }

    private void begin() {
        if (!begun) {
            begun = true;
            String head = row("epoch", "loss", "reconstruction", "KL", "held-out", "active", "samples/s", "left");
            if (live != null) {
                live.println();
                live.println(head);
            } else {
                output.note("");
                output.note(head);
            }
        }
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, ROW, cells);
    }

    @Override
    public void progress(Trainer.Progress at) {
        begin();
        left = secondsLeft(at);
        if (live == null) {
            return;
        }
        if (line == null) {
            line = new LiveLine(live, at.samples(), (state, length) -> state.getExtraMessage());
        }
        String text = row(
                at.epoch() + "/" + epochs,
                Figures.nats(at.losses().loss()),
                Figures.nats(at.losses().reconstruction()),
                Figures.nats(at.losses().kl()),
                Figures.bar((double) at.done() / at.samples(), BAR),
                active,
                Figures.count(Math.round(at.samplesPerSecond())),
                Figures.time(left));
        line.at(at.done(), text);
    }

    /** Of the whole run, by the wall clock: evaluation and writing take their part. */
    private double secondsLeft(Trainer.Progress at) {
        long position = (long) (at.epoch() - 1) * at.samples() + at.done();
        if (firstPosition < 0) {
            firstPosition = position;
            firstMoment = System.nanoTime();
        }
        double seconds = (System.nanoTime() - firstMoment) / 1e9;
        double rate = position > firstPosition ? (position - firstPosition) / seconds : at.samplesPerSecond();
        return ((long) epochs * at.samples() - position) / rate;
    }

    @Override
    public void epoch(EpochMetrics metrics) {
        clear();
        active = metrics.test().activeUnits() + "/" + latents;
        String text = row(
                metrics.epoch() + "/" + epochs,
                Figures.nats(metrics.train().loss()),
                Figures.nats(metrics.train().reconstruction()),
                Figures.nats(metrics.train().kl()),
                Figures.nats(metrics.testLoss()),
                active,
                Figures.count(Math.round(metrics.samplesPerSecond())),
                Figures.time(left));
        if (live != null) {
            live.println(text);
            live.flush();
        } else {
            output.note(text);
        }
    }

    @Override
    public void warning(String message) {
        clear();
        output.warn(message);
    }

    @Override
    public void note(String message) {
        clear();
        output.note(message);
    }

    @Override
    public void close() {
        clear();
    }

    /** Takes the live row away, so that other lines can follow. */
    void clear() {
        if (line != null) {
            line.close();
            line = null;
        }
    }
}
