package io.jcuvae.data;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file that grows: records of TensorFlow's TFRecord format (the length as 8 bytes, little-endian, its masked
 * CRC32C, the bytes, theirs), each an Event message (tensorboard/compat/proto/event.proto). A record is written at once; one that
 * a killed program left broken off ends the file for readers, and the next file goes on.
 */
public final class EventFile {
    /** What the names of all event files have in them. */
    private static final String MARK = "tfevents";
    /** Where others put the host's name, which is nobody's business. */
    private static final String WRITER = "jcuvae";

    private static final int MASK = 0xA282EAD8;

    // Fields of Event, of Summary.Value, and of what lies in them.
    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    private static final int SOURCE = 10;
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;
    private static final int IMAGE = 4;
    private static final int TENSOR = 8;
    private static final int METADATA = 9;
    private static final int DT_FLOAT = 1;
    private static final int DT_STRING = 7;
    private static final int DATA_CLASS_TENSOR = 2;
    /** Where a PNG says its width, its height and its kind. */
    private static final int PNG_WIDTH = 16;

    private static final int PNG_COLOURS = 25;

    private final Path file;

    private EventFile(Path file) {
        this.file = file;
    }

    /** Whether a folder has event files. */
    public static boolean isIn(Path folder) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.getFileName().toString().contains(MARK));
        } catch (IOException e) {
            throw Faults.unreadable(Faults.name(folder), e);
        }
    }

    /**
     * Begins a file, named by the time, in a folder, which is made if it does not exist.
     *
     * @throws UserError if it cannot be written
     */
    public static EventFile create(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
            }
            String name = "events.out." + MARK + "." + System.currentTimeMillis() / 1000 + "." + WRITER;
            for (int i = 0; ; i++) {
                Path file = folder.resolve(i == 0 ? name : name + "." + i);
                try {
                    Files.createFile(file);
                    EventFile events = new EventFile(file);
                    events.append(event(0).text(FILE_VERSION, "brain.Event:2")
                            .message(SOURCE, new ProtoMessage().text(1, WRITER)));
                    return events;
                } catch (FileAlreadyExistsException e) {
                    // Two within a second.
                }
            }
        } catch (IOException | Failure e) {
            throw new UserError(
                    Faults.name(folder) + ": event files cannot be written there (" + e.getMessage()
                            + "); name another folder",
                    e);
        }
    }

    /** Where it lies. */
    public Path path() {
        return file;
    }

    /**
     * Says that a run begins at a step: what other files of the folder hold of it and of later steps no longer counts.
     *
     * @param step the first that is written again
     */
    public void restart(long step) {
        append(event(step).message(SESSION_LOG, new ProtoMessage().number(1, 1)));
    }

    /**
     * Adds numbers, as floats.
     *
     * @param values by tag; what stands before a slash is a group
     */
    public void scalars(long step, Map<String, Double> values) {
        ProtoMessage summary = new ProtoMessage();
        values.forEach((tag, value) ->
                summary.message(1, new ProtoMessage().text(TAG, tag).real(SIMPLE_VALUE, value.floatValue())));
        append(event(step).message(SUMMARY, summary));
    }

    /** Adds a text in Markdown. */
    public void text(long step, String tag, String text) {
        ProtoMessage tensor =
                new ProtoMessage().number(1, DT_STRING).message(2, oneValue()).text(8, text);
        tensor(step, tag, "text", new byte[0], tensor);
    }

    /**
     * Adds a picture.
     *
     * @param png its file's bytes
     */
    public void picture(long step, String tag, byte[] png) {
        ByteBuffer header = ByteBuffer.wrap(png);
        int colours =
                switch (png[PNG_COLOURS]) {
                    case 0 -> 1;
                    case 4 -> 2;
                    case 6 -> 4;
                    default -> 3;
                };
        ProtoMessage image = new ProtoMessage()
                .number(1, header.getInt(PNG_WIDTH + 4))
                .number(2, header.getInt(PNG_WIDTH))
                .number(3, colours)
                .bytes(4, png);
        ProtoMessage value = new ProtoMessage().text(TAG, tag).message(IMAGE, image);
        append(event(step).message(SUMMARY, new ProtoMessage().message(1, value)));
    }

    /**
     * Adds the settings of the run for the HParams page (tensorboard/plugins/hparams/plugin_data.proto).
     *
     * @param settings texts, numbers and truth values by name
     */
    public void settings(Map<String, Object> settings) {
        ProtoMessage start = new ProtoMessage();
        settings.forEach((name, setting) -> {
            ProtoMessage value = new ProtoMessage();
            if (setting instanceof Number number) {
                value.wide(2, number.doubleValue());
            } else if (setting instanceof Boolean flag) {
                value.number(4, flag ? 1 : 0);
            } else {
                value.text(3, String.valueOf(setting));
            }
            start.message(1, new ProtoMessage().text(1, name).message(2, value));
        });
        start.wide(5, now());
        ProtoMessage nothing =
                new ProtoMessage().number(1, DT_FLOAT).message(2, oneValue()).bytes(5, new byte[Float.BYTES]);
        byte[] content = new ProtoMessage().message(3, start).toBytes();
        tensor(0, "_hparams_/session_start_info", "hparams", content, nothing);
    }

    private static ProtoMessage oneValue() {
        return new ProtoMessage().message(2, new ProtoMessage().number(1, 1));
    }

    private void tensor(long step, String tag, String plugin, byte[] content, ProtoMessage tensor) {
        ProtoMessage data = new ProtoMessage().text(1, plugin).bytes(2, content);
        ProtoMessage metadata = new ProtoMessage().message(1, data).number(4, DATA_CLASS_TENSOR);
        ProtoMessage value =
                new ProtoMessage().text(TAG, tag).message(TENSOR, tensor).message(METADATA, metadata);
        append(event(step).message(SUMMARY, new ProtoMessage().message(1, value)));
    }

    private static ProtoMessage event(long step) {
        return new ProtoMessage().wide(WALL_TIME, now()).number(STEP, step);
    }

    /** Seconds since 1970. */
    private static double now() {
        return System.currentTimeMillis() / 1e3;
    }

    private void append(ProtoMessage event) {
        byte[] data = event.toBytes();
        ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(masked(record.array(), 8)).put(data).putInt(masked(data, data.length));
        try {
            Files.write(file, record.array(), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new Failure(
                    Faults.name(file) + ": cannot be written (" + Faults.reason(e) + "); is the disk full?", e);
        }
    }

    /** The checksum of the first bytes, turned and shifted, as checksums of what holds checksums are weak. */
    private static int masked(byte[] bytes, int count) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, count);
        return Integer.rotateRight((int) sum.getValue(), 15) + MASK;
    }
}
