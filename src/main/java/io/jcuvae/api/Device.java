package io.jcuvae.api;

import io.jcuvae.device.OpenDevice;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.util.List;
import java.util.Objects;

/**
 * Where and how to compute: a description, which opens nothing. What it describes belongs to the model or the
 * training that it is given to, and is closed with that. Immutable.
 */
public final class Device {
    private static final int MOST_COPIES = 1024;
    private static final int MOST_BATCH = 1 << 20;

    private final String name;
    private final int threads;
    private final String precision;
    private final int copies;
    private final int batch;

    private Device(String name, int threads, String precision, int copies, int batch) {
        this.name = name;
        this.threads = threads;
        this.precision = precision;
        this.copies = copies;
        this.batch = batch;
        settings(TrainConfig.defaults());
    }

    /** The first CUDA device if there is one that works, else the CPU with a thread for each processor. */
    public static Device auto() {
        return new Device("auto", 0, "fp32", 1, 0);
    }

    /** The CPU with a thread for each processor. */
    public static Device cpu() {
        return cpu(0);
    }

    /**
     * The CPU; results have the same bits for any number of threads.
     *
     * @param threads how many compute one batch, the caller's among them; 0 for one for each processor
     */
    public static Device cpu(int threads) {
        return new Device("cpu", threads, "fp32", 1, 0);
    }

    /**
     * A CUDA device; where it does not work, opening it fails with the reason.
     *
     * @param number which, from 0
     */
    public static Device cuda(int number) {
        return new Device("cuda:" + number, 0, "fp32", 1, 0);
    }

    /**
     * How factors of matrix products are rounded on CUDA.
     *
     * @param precisionName {@code fp32}, the default, {@code tf32} or {@code bf16}
     */
    public Device precision(String precisionName) {
        return new Device(name, threads, Objects.requireNonNull(precisionName), copies, batch);
    }

    /**
     * How many batches of a model can be under way at once; each costs the memory of a model. One, the default, is
     * right where a batch keeps the device busy. A server on the CPU rather wants {@code cpu(1).copies(processors)}.
     * Training looks at none of this.
     *
     * @param count from 1
     */
    public Device copies(int count) {
        require(count >= 1 && count <= MOST_COPIES, "copies", count, "1 to " + MOST_COPIES);
        return new Device(name, threads, precision, count, batch);
    }

    /**
     * Rows that a model computes at once. A batch is computed whole, whatever of it is asked for, so who asks for
     * single rows wants a small one. Products of other sizes may round otherwise: equal bits are promised for equal
     * batches, and those of the command line have the default.
     *
     * @param rows from 1, or 0 for as many as the device likes, the default
     */
    public Device batch(int rows) {
        require(rows >= 0 && rows <= MOST_BATCH, "batch", rows, "0 to " + MOST_BATCH);
        return new Device(name, threads, precision, copies, rows);
    }

    private static void require(boolean holds, String what, int found, String accepted) {
        if (!holds) {
            throw new UserError("Device." + what + ": must be " + accepted + ", got " + found);
        }
    }

    int copies() {
        return copies;
    }

    int batch() {
        return batch;
    }

    /** What of it is settings. */
    static List<Setting> settings() {
        return List.of(Setting.DEVICE, Setting.THREADS, Setting.PRECISION, Setting.NOISE);
    }

    /** A configuration that computes here. */
    TrainConfig settings(TrainConfig config) {
        return config.with(Setting.DEVICE, name)
                .with(Setting.THREADS, Integer.toString(threads))
                .with(Setting.PRECISION, precision);
    }

    /** Opens it. */
    OpenDevice open() {
        OpenDevice opened = OpenDevice.open(settings(TrainConfig.defaults()), false);
        if (opened.whyNotCuda() != null) {
            Log.LOG.log(System.Logger.Level.DEBUG, "computing on the CPU, because {0}", opened.whyNotCuda());
        }
        return opened;
    }

    /** As in {@code cuda:0, tf32, 2 copies}. */
    @Override
    public String toString() {
        return name
                + (threads == 0 ? "" : ", threads " + threads)
                + (precision.equals("fp32") ? "" : ", " + precision)
                + (copies == 1 ? "" : ", copies " + copies)
                + (batch == 0 ? "" : ", batch " + batch);
    }
}
