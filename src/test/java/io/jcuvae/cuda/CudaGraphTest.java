package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Copy;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Steps as graphs: run, captured, replayed; and what a step must not do, told by name. */
@OnSoftwareCuda("late")
class CudaGraphTest {
    private CudaBackend backend;
    private Tensor x;

    @BeforeEach
    void open() {
        backend = CudaBackend.open(CudaOptions.of(0));
        x = Tensor.of(backend.allocate(ElementType.F32, 4), Shape.of(2, 2));
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private float[] values() {
        float[] values = new float[4];
        backend.download(values, 0, x);
        return values;
    }

    @Test
    void everyRunIsOneRunOfTheStep() {
        List<String> calls = new ArrayList<>();
        Tensor ones = Tensor.of(backend.allocate(ElementType.F32, 2), Shape.of(2));
        backend.ops().fill(ones, 1);
        Recorded step = backend.record(() -> {
            calls.add("asked");
            backend.ops().addBias(x, ones);
            backend.ops().addBias(x, ones);
        });
        assertEquals(0, step.nodes());
        for (int run = 1; run <= 5; run++) {
            step.run();
            assertArrayEquals(new float[] {2 * run, 2 * run, 2 * run, 2 * run}, values());
            assertEquals(run == 1 ? 0 : 2, step.nodes(), "after run " + run);
        }
        assertEquals(2, calls.size(), "once to run and once to be recorded");
    }

    @Test
    void whatAStepMustNotDoIsNamed() {
        HostCopy toHost = backend.hostCopy(x);
        Copy ahead = backend.copyAhead(x, new float[4], 0);
        Recorded inner = backend.record(() -> backend.ops().fill(x, 3));
        refused("memory asked for", () -> backend.allocate(ElementType.F32, 1));
        refused("an upload", () -> backend.upload(x, new float[4], 0));
        refused("a download", () -> backend.download(new float[4], 0, x));
        refused("a wait", backend::synchronize);
        refused("a copy to the host", toHost::start);
        refused("a copy to the device", () -> backend.copyAhead(x, new float[4], 0));
        refused("a copy joined", ahead::join);
        refused("noise reserved", () -> backend.reserveNoise(1, 0, 8));
        refused("a recorded step run", inner::run);
        refused("a step recorded", () -> backend.record(() -> {}));
        // None of it has harmed the device.
        inner.run();
        inner.run();
        assertArrayEquals(new float[] {3, 3, 3, 3}, values());
    }

    /** The first run may do anything; the second is where it shows. */
    private void refused(String what, Runnable mistake) {
        boolean[] second = new boolean[1];
        Recorded step = backend.record(() -> {
            backend.ops().fill(x, 2);
            if (second[0]) {
                mistake.run();
            }
            second[0] = true;
        });
        step.run();
        String message = assertThrows(IllegalStateException.class, step::run).getMessage();
        assertEquals(what + " inside a recorded step", message);
    }

    @Test
    void withDebugEveryRunIsTheStep() {
        try (CudaBackend checked =
                CudaBackend.open(new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, true, false))) {
            Tensor y = Tensor.of(checked.allocate(ElementType.F32, 1), Shape.of(1));
            int[] runs = new int[1];
            Recorded step = checked.record(() -> {
                runs[0]++;
                checked.ops().fill(y, runs[0]);
            });
            for (int i = 0; i < 4; i++) {
                step.run();
            }
            assertEquals(4, runs[0]);
            assertEquals(0, step.nodes());
            assertTrue(checked.description().endsWith("every launch checked"), checked.description());
        }
    }

    @Test
    void aThreadMayTakeOver() throws InterruptedException {
        Recorded step = backend.record(() -> backend.ops().fill(x, 5));
        step.run();
        Throwable[] thrown = new Throwable[1];
        Thread other = new Thread(() -> {
            step.run();
            step.run();
        });
        other.setUncaughtExceptionHandler((thread, e) -> thrown[0] = e);
        other.start();
        other.join();
        assertEquals(null, thrown[0]);
        assertArrayEquals(new float[] {5, 5, 5, 5}, values());
    }

    @Test
    void aClosedDeviceAndOneThatIsNotThereAreTold() {
        Recorded step = backend.record(() -> {});
        backend.close();
        backend.close();
        assertEquals(
                "cuda:0 was closed",
                assertThrows(IllegalStateException.class, step::run).getMessage());
        assertThrows(IllegalStateException.class, () -> backend.allocate(ElementType.F32, 1));
        UserError error = assertThrows(UserError.class, () -> CudaBackend.open(CudaOptions.of(9)));
        assertTrue(
                error.getMessage().startsWith("there is no cuda:9: the devices here are cuda:0"), error.getMessage());
    }
}
