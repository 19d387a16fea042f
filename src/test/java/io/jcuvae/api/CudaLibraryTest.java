package io.jcuvae.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cuda.OnSoftwareCuda;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library on CUDA: any thread, several copies on a device, nothing left behind. */
@OnSoftwareCuda
class CudaLibraryTest {
    @TempDir
    Path folder;

    private static float[] work(TrainedModel model, int kind) {
        Samples samples = Small.samples(20, kind);
        return switch (kind % 3) {
            case 0 -> model.generate(Sampling.of(40).seed(kind)).toArray();
            case 1 -> model.decode(Samples.of(model.encode(samples))).toArray();
            default -> model.score(samples, "loss", 2).toArray();
        };
    }

    @Test
    void manyThreadsGetWhatOneGets() throws Exception {
        Path file = folder.resolve("model.safetensors");
        Training training = Small.training().epochs(1).device(Device.cuda(0));
        Small.save(training, file);
        Device device = Device.cuda(0).batch(16);
        float[][] alone = new float[6][];
        try (TrainedModel model = TrainedModel.load(file, device)) {
            assertTrue(model.device().contains("cuda:0"), model.device());
            for (int t = 0; t < alone.length; t++) {
                alone[t] = work(model, t);
            }
        }
        ExecutorService pool = Executors.newFixedThreadPool(alone.length);
        try (TrainedModel model = TrainedModel.load(file, device.copies(2))) {
            List<Future<float[]>> answers = new ArrayList<>();
            for (int round = 0; round < 2; round++) {
                for (int t = 0; t < alone.length; t++) {
                    int kind = t;
                    answers.add(pool.submit(() -> work(model, kind)));
                }
            }
            for (int i = 0; i < answers.size(); i++) {
                assertArrayEquals(alone[i % alone.length], answers.get(i).get(60, TimeUnit.SECONDS), "answer " + i);
            }
        } finally {
            pool.shutdownNow();
        }
        try (TrainedModel cpu = TrainedModel.load(file, Device.cpu(1).batch(16))) {
            for (int t = 0; t < alone.length; t++) {
                assertArrayEquals(work(cpu, t), alone[t], t % 3 == 2 ? 0.05f : 1e-3f);
            }
        }
    }
}
