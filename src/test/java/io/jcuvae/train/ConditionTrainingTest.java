package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings that are told labels. */
class ConditionTrainingTest {
    private static final Dataset TRAIN = ConditionRuns.blobs(150, 1);
    private static final Dataset TEST = ConditionRuns.blobs(40, 2);
    private static final TrainConfig CONFIG = ConditionRuns.config(3);
    private static final Trainer.Listener SILENT = new Trainer.Listener() {};

    @TempDir
    Path folder;

    private final CpuBackend backend = new CpuBackend(1);

    @AfterEach
    void close() {
        backend.close();
    }

    private float[] trained(Dataset train, Backend device) {
        return SmallRuns.state(SmallRuns.train(CONFIG, train, TEST, device, null), backend);
    }

    /** Two joins, one gather and one parting more than without; the default step is tested elsewhere. */
    @Test
    void aStepAsksForFourVerbsMore() {
        RecordedVerbs recorded = new RecordedVerbs(backend);
        Trainer trainer = Trainer.start(CONFIG, TRAIN, TEST, recorded.backend(), null, SILENT);
        recorded.take();
        trainer.run(() -> true);
        List<String> verbs = recorded.take();
        assertEquals(List.of("beginStep", "gather", "gatherOneHot", "normal", "joinColumns"), verbs.subList(0, 5));
        assertEquals(2, verbs.stream().filter("joinColumns"::equals).count());
        assertEquals(1, verbs.stream().filter("firstColumns"::equals).count());
    }

    /** Rows are shuffled, and with them their labels; fed rows have the labels of resident ones. */
    @Test
    void labelsGoWithTheirRows() {
        float[] resident = trained(TRAIN, backend);
        Backend small = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("memoryLeft") ? 1L : method.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        assertArrayEquals(resident, trained(TRAIN, small));
    }

    @Test
    void stoppedAndResumedItEndsWithTheSameFiles() throws IOException {
        Path whole = folder.resolve("whole");
        SmallRuns.train(CONFIG, TRAIN, TEST, backend, whole);
        for (int at : new int[] {2, 5, 9}) {
            Path run = folder.resolve("run" + at);
            AtomicInteger steps = new AtomicInteger();
            assertFalse(
                    Trainer.start(CONFIG, TRAIN, TEST, backend, run, SILENT).run(() -> steps.incrementAndGet() >= at));
            assertTrue(Trainer.resume(CONFIG, TRAIN, TEST, backend, run, SILENT).run(() -> false));
            for (String file : List.of("checkpoint.safetensors", "model.safetensors")) {
                assertEquals(-1, Files.mismatch(whole.resolve(file), run.resolve(file)), file + " after " + at);
            }
        }
        Model model = Model.load(whole, backend);
        assertEquals(List.of("0", "1", "2", "3"), model.data().classes().names());
        assertEquals(4, model.spec().condition().classes());

        Dataset others = ConditionRuns.relabelled(TRAIN, label -> 3 - label);
        UserError error = assertThrows(
                UserError.class, () -> Trainer.resume(CONFIG, others, TEST, backend, folder.resolve("run2"), SILENT));
        assertTrue(error.getMessage().contains("the rows have other labels now"), error.getMessage());
    }

    @Test
    void labelsThatAreMissingOrNotKnownAreRefused() {
        Dataset without = SmallRuns.blobs(20, 3);
        Dataset odd = ConditionRuns.relabelled(TEST, label -> label + 2);
        for (Dataset[] pair : new Dataset[][] {{without, TEST}, {TRAIN, without}, {TRAIN, odd}}) {
            UserError error =
                    assertThrows(UserError.class, () -> Trainer.start(CONFIG, pair[0], pair[1], backend, null, SILENT));
            String want = pair[1] == odd
                    ? "which the model was not trained on (it knows 0, 1, 2, 3)"
                    : "blobs: has no labels, which a model with --condition labels needs";
            assertTrue(error.getMessage().contains(want), error.getMessage());
            assertEquals(1, error.getMessage().lines().count());
        }
    }
}
