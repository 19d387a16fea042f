package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.EventFile;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TensorBoard reads of a run is what metrics.jsonl says of it, however often the run was stopped. */
class EventLogTest {
    private static final Dataset TRAIN = SmallRuns.blobs(90, 1);
    private static final Dataset TEST = SmallRuns.blobs(30, 2);
    private static CpuBackend backend;

    @TempDir
    private Path folder;

    private final List<String> warnings = new ArrayList<>();

    @BeforeAll
    static void open() {
        backend = new CpuBackend(1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private final Trainer.Listener listener = new Trainer.Listener() {
        @Override
        public void warning(String message) {
            warnings.add(message);
        }
    };

    private Trainer start(TrainConfig config, Path run) {
        return Trainer.start(config, TRAIN, TEST, backend, run, listener);
    }

    private static TrainConfig config(String where) {
        return SmallRuns.config(4)
                .with(Setting.TENSORBOARD, where)
                .with(Setting.CLIP, "5")
                .with(Setting.VALIDATION, "20");
    }

    /** Metrics by tag and epoch, from the run's own file. */
    private static Map<String, Map<Long, Float>> expected(Path run) {
        Map<String, Map<Long, Float>> expected = new HashMap<>();
        for (JsonObject line : new RunFolder(run).readMetrics(Integer.MAX_VALUE)) {
            for (Map.Entry<String, JsonElement> figure : line.entrySet()) {
                if (!figure.getKey().equals("epoch")) {
                    expected.computeIfAbsent(EventLog.tag(figure.getKey()), tag -> new TreeMap<>())
                            .put(line.get("epoch").getAsLong(), (float)
                                    figure.getValue().getAsDouble());
                }
            }
        }
        return expected;
    }

    /** The published check values of the reader itself: 32 zeros and 32 ones (RFC 3720, B.4). */
    @Test
    void theReaderKnowsItsChecksum() {
        assertEquals(0x8a9136aa, EventRecords.crc(new byte[32]));
        byte[] ones = new byte[32];
        Arrays.fill(ones, (byte) 0xFF);
        assertEquals(0x62a8ab43, EventRecords.crc(ones));
    }

    @Test
    void figuresSettingsAndVersionAreThere() throws IOException {
        Path run = folder.resolve("run");
        double before = System.currentTimeMillis() / 1e3;
        assertTrue(start(config("on"), run).run(() -> false));
        assertEquals(expected(run), EventRecords.scalars(run));
        Map<String, Map<Long, Float>> scalars = EventRecords.scalars(run);
        for (String tag : List.of(
                "train/loss",
                "test/kl",
                "validation/reconstruction",
                "schedule/learning_rate",
                "train/gradient_norm_max",
                "test/active_units",
                "time/seconds")) {
            assertEquals(4, scalars.get(tag).size(), tag);
        }
        assertFalse(scalars.keySet().stream().anyMatch(tag -> tag.startsWith("run/")), scalars.keySet()::toString);
        List<Path> files = EventRecords.files(run);
        assertEquals(1, files.size());
        assertTrue(files.get(0).getFileName().toString().matches("events\\.out\\.tfevents\\.\\d{10}\\.jcuvae"));
        List<EventRecords.Message> events = EventRecords.events(files.get(0));
        assertEquals("brain.Event:2", events.get(0).text(3));
        for (EventRecords.Message event : events) {
            double time = event.wide(1);
            assertTrue(time >= before - 1 && time <= System.currentTimeMillis() / 1e3 + 1, () -> "wall time " + time);
        }
        EventRecords.Message text = events.get(1).message(5).message(1);
        assertEquals("text", text.message(9).message(1).text(1));
        assertTrue(text.message(8).text(8).contains("\"epochs\": 4"));
        EventRecords.Message start = events.get(2).message(5).message(1);
        assertEquals("_hparams_/session_start_info", start.text(1));
        assertEquals("hparams", start.message(9).message(1).text(1));
        Map<String, EventRecords.Message> settings = new HashMap<>();
        start.message(9)
                .message(1)
                .message(2)
                .message(3)
                .messages(1)
                .forEach(entry -> settings.put(entry.text(1), entry.message(2)));
        assertEquals(5, settings.get("clip").wide(2));
        assertEquals("relu", settings.get("activation").text(3));
        assertEquals(0, settings.get("standardize").number(4));
    }

    @Test
    void aResumedRunTakesBackWhatItRepeats() throws IOException {
        Path run = folder.resolve("run");
        Path log = folder.resolve("log");
        TrainConfig config = config(log.toString());
        // Stopped in the third epoch, which had been logged before it was lost with its checkpoint.
        int[] steps = {0};
        assertFalse(start(config, run).run(() -> ++steps[0] == 8));
        List<Path> before = EventRecords.files(log);
        double lost = 12345;
        EventFile.create(log).scalars(3, Map.of("train/loss", lost));
        assertTrue(Trainer.resume(config, TRAIN, TEST, backend, run, listener).run(() -> false));
        assertEquals(expected(run), EventRecords.scalars(log));
        assertEquals(4, EventRecords.scalars(log).get("test/loss").size());
        assertEquals(before.size() + 2, EventRecords.files(log).size());
        assertTrue(EventRecords.files(run).isEmpty());
    }

    @Test
    void aRunThatIsLoggedLateIsLoggedWhole() throws IOException {
        Path run = folder.resolve("run");
        TrainConfig off = config("off");
        int[] steps = {0};
        assertFalse(start(off, run).run(() -> ++steps[0] == 8));
        assertTrue(EventRecords.files(run).isEmpty());
        TrainConfig on = off.with(Setting.TENSORBOARD, "on");
        Trainer.requireResumable(off, on);
        assertTrue(Trainer.resume(on, TRAIN, TEST, backend, run, listener).run(() -> false));
        assertEquals(expected(run), EventRecords.scalars(run));
        assertEquals(4, EventRecords.scalars(run).get("train/loss").size());
    }

    @Test
    void loggingChangesNoBit() {
        Trainer without = start(config("off"), folder.resolve("off"));
        Trainer with = start(config("on"), folder.resolve("on"));
        without.run(() -> false);
        with.run(() -> false);
        assertArrayEquals(SmallRuns.state(without, backend), SmallRuns.state(with, backend));
    }

    @Test
    void twoRunsDoNotShareAFolder() throws IOException {
        Path log = folder.resolve("log");
        start(config(log.toString()), folder.resolve("first"));
        Path second = folder.resolve("second");
        UserError told = assertThrows(UserError.class, () -> start(config(log.toString()), second));
        assertTrue(told.getMessage().startsWith("--tensorboard " + log + ": holds event files"), told.getMessage());
        assertFalse(Files.exists(second));
        Path file = Files.writeString(folder.resolve("file"), "x");
        told = assertThrows(UserError.class, () -> start(config(file.toString()), second));
        assertTrue(told.getMessage().contains("event files cannot be written there"), told.getMessage());
        assertFalse(Files.exists(second.resolve("config.json")));
    }

    @Test
    void whatCannotBeWrittenCostsTheLogAlone() throws IOException {
        Path run = folder.resolve("run");
        Path log = folder.resolve("log");
        Trainer trainer = start(config(log.toString()), run);
        for (Path file : EventRecords.files(log)) {
            Files.delete(file);
        }
        assertTrue(trainer.run(() -> false));
        List<String> told =
                warnings.stream().filter(line -> line.contains("tfevents")).toList();
        assertEquals(1, told.size(), warnings::toString);
        assertTrue(told.get(0).endsWith("TensorBoard gets nothing more of this run"), told.get(0));
        assertEquals(4, new RunFolder(run).readMetrics(9).size());
    }

    @Test
    void picturesHaveTheirExtents() throws IOException {
        byte[] png;
        try (var in = getClass().getResourceAsStream("/fuzz/picture/valid-grey.png")) {
            png = in.readAllBytes();
        }
        EventFile file = EventFile.create(folder);
        file.picture(3, "pictures/samples", png);
        EventRecords.Message event = EventRecords.events(file.path()).get(1);
        EventRecords.Message value = event.message(5).message(1);
        assertEquals(3, event.number(2));
        assertEquals("pictures/samples", value.text(1));
        assertEquals(9, value.message(4).number(1));
        assertEquals(12, value.message(4).number(2));
        assertEquals(1, value.message(4).number(3));
        assertArrayEquals(png, value.message(4).bytes(4));
    }

    /** With TensorBoard's own reader, where python3 has it. */
    @Test
    void tensorBoardReadsIt() throws Exception {
        Path run = folder.resolve("run");
        int[] steps = {0};
        assertFalse(start(config("on"), run).run(() -> ++steps[0] == 8));
        Trainer trainer = Trainer.resume(config("on"), TRAIN, TEST, backend, run, listener);
        assertTrue(trainer.run(() -> false));
        trainer.logPicture("pictures/samples", Path.of("src/test/resources/fuzz/picture/valid-grid.png"));
        String program = """
                import sys
                try:
                    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                    from tensorboard.plugins.hparams import plugin_data_pb2
                except ImportError:
                    sys.exit(77)
                log = EventAccumulator(sys.argv[1])
                log.Reload()
                tags = log.Tags()
                for tag in tags['scalars']:
                    for e in log.Scalars(tag):
                        print(tag, e.step, '%.9g' % e.value)
                picture = log.Images('pictures/samples')[0]
                print('picture', picture.step, picture.width, picture.height)
                print('tensors', *sorted(tags['tensors']))
                data = log.SummaryMetadata('_hparams_/session_start_info').plugin_data
                start = plugin_data_pb2.HParamsPluginData.FromString(data.content).session_start_info
                print('clip', start.hparams['clip'].number_value, start.hparams['activation'].string_value)
                """;
        Process python;
        try {
            python = new ProcessBuilder("python3", "-c", program, run.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no python3");
            return;
        }
        String out = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(python.waitFor(60, TimeUnit.SECONDS));
        assumeTrue(python.exitValue() != 77, "python3 has no tensorboard");
        assertEquals(0, python.exitValue(), out);
        List<String> lines = out.lines().toList();
        List<String> wanted = new ArrayList<>();
        expected(run)
                .forEach(
                        (tag, byEpoch) -> byEpoch.forEach((step, value) -> wanted.add(tag + " " + step + " " + value)));
        List<String> seen = new ArrayList<>();
        for (String line : lines.subList(0, lines.size() - 3)) {
            String[] words = line.split(" ");
            seen.add(words[0] + " " + words[1] + " " + Float.parseFloat(words[2]));
        }
        assertEquals(wanted.stream().sorted().toList(), seen.stream().sorted().toList());
        assertEquals(
                List.of("picture 4 134 134", "tensors _hparams_/session_start_info configuration", "clip 5.0 relu"),
                lines.subList(lines.size() - 3, lines.size()));
    }
}
