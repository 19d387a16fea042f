package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training on data that are fed to the device as the steps need them computes what training on resident data does. */
class FedTrainingTest {
    @TempDir
    Path folder;

    private static CpuBackend roomy;
    private static final Dataset TRAIN = SmallRuns.blobs(150, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);

    @BeforeAll
    static void open() {
        roomy = new CpuBackend(1);
    }

    @AfterAll
    static void close() {
        roomy.close();
    }

    /** The same device, pretending that so many bytes are left. */
    private static Backend withLeft(long bytes) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("memoryLeft") ? bytes : method.invoke(roomy, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static final class Warnings implements Trainer.Listener {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void warning(String message) {
            lines.add(message);
        }
    }

    /** Rows of 144 bytes in batches of 32, of which a quarter of what is left makes a block. */
    @ParameterizedTest
    @CsvSource({"1, none", "1, dynamic", "20000, static", "24000, dynamic"})
    void fedBytesGiveTheSameBits(long left, String binarization) {
        // All data are 21600 bytes, which leave less than an eighth of 24000 free.
        compare(SmallRuns.config(3).with(Setting.BINARIZE, binarization), TRAIN, left);
    }

    @Test
    void aRingThatHoldsAllDataGivesTheSameBits() {
        // Batches of one row, many in a block, and one batch of all rows.
        compare(SmallRuns.config(1).with(Setting.BATCH, "1"), TRAIN, 21_000);
        compare(SmallRuns.config(2).with(Setting.BATCH, "1000"), TRAIN, 21_000);
    }

    @Test
    void fedFloatsGiveTheSameBits() {
        float[] floats = new float[150 * 7];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) Math.sin(i);
        }
        Dataset data = Dataset.ofFloats("sines", new SampleShape(7), floats, null);
        compare(SmallRuns.config(3).with(Setting.LIKELIHOOD, "gaussian"), data, 100);
    }

    private static void compare(TrainConfig config, Dataset data, long left) {
        Dataset test = data.first(20);
        float[] resident = SmallRuns.state(SmallRuns.train(config, data, test, roomy, null), roomy);
        Warnings warnings = new Warnings();
        Trainer fed = Trainer.start(config, data, test, withLeft(left), null, warnings);
        assertEquals(1, warnings.lines.size(), warnings.lines::toString);
        assertTrue(warnings.lines.get(0).startsWith("the training data take "), warnings.lines.get(0));
        assertTrue(fed.run(() -> false));
        assertArrayEquals(resident, SmallRuns.state(fed, roomy));
    }

    @Test
    void stoppedAndResumedItGivesTheSameBits() throws IOException {
        TrainConfig config = SmallRuns.config(3).with(Setting.BINARIZE, "dynamic");
        Path undisturbed = folder.resolve("undisturbed");
        float[] state = SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, roomy, undisturbed), roomy);
        for (int at = 1; at < 15; at += 3) {
            Path run = folder.resolve("run" + at);
            AtomicInteger steps = new AtomicInteger();
            int stopAt = at;
            Trainer first = Trainer.start(config, TRAIN, TEST, withLeft(1), run, new Warnings());
            assertFalse(first.run(() -> steps.incrementAndGet() >= stopAt));
            // The same trainer may go on, or another one from the checkpoint.
            if (at % 2 == 0) {
                assertTrue(first.run(() -> false));
                assertArrayEquals(state, SmallRuns.state(first, roomy), "on after step " + at);
            } else {
                Trainer second = Trainer.resume(config, TRAIN, TEST, withLeft(1), run, new Warnings());
                assertTrue(second.run(() -> false));
                assertArrayEquals(state, SmallRuns.state(second, roomy), "resumed after step " + at);
                assertEquals(SmallRuns.metrics(undisturbed), SmallRuns.metrics(run));
            }
        }
    }

    /** The batch that broke the run has long left the ring when the host looks. */
    @Test
    void theBatchThatHaltsIsStillTheOneNamed() {
        float[] floats = new float[400 * 5];
        Arrays.fill(floats, 0.5f);
        Arrays.fill(floats, 200 * 5, 201 * 5, 3e25f);
        Dataset data = Dataset.ofFloats("broken", new SampleShape(5), floats, null);
        TrainConfig config = SmallRuns.config(1).with(Setting.LIKELIHOOD, "mse").with(Setting.BATCH, "8");
        List<String> messages = new ArrayList<>();
        for (Backend backend : new Backend[] {roomy, withLeft(1)}) {
            Failure failure =
                    assertThrows(Failure.class, () -> SmallRuns.train(config, data, data.first(8), backend, null));
            messages.add(failure.getMessage());
        }
        assertEquals(messages.get(0), messages.get(1));
        assertTrue(messages.get(0).contains("the first quantity that is not is "), messages.get(0));
    }

    @Test
    void dataThatFitStayOnTheDevice() {
        Warnings warnings = new Warnings();
        Trainer.start(SmallRuns.config(1), TRAIN, TEST, withLeft(1 << 20), null, warnings);
        assertEquals(List.of(), warnings.lines);
    }
}
