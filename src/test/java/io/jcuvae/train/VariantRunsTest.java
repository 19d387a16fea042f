package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of the plain VAE's runs holds of every variant's: stopped and resumed, fed in a ring, several batches a step. */
class VariantRunsTest {
    private static final Dataset TRAIN = ConditionRuns.blobs(75, 1);
    private static final Dataset TEST = ConditionRuns.blobs(20, 2);
    private static final String SEVERAL_BATCHES = " --batch 16 --accumulate 3 --clip 5 --ema 0.9 --binarize dynamic";

    @TempDir
    Path folder;

    /** Every preset for any samples, also those that are told labels, and one that draws several codes with them. */
    static Stream<TrainConfig> variants() {
        Stream<TrainConfig> presets = Stream.of(Preset.values())
                .filter(preset -> preset.example().isEmpty())
                .map(preset -> SmallVariants.config(preset.label(), 2));
        return Stream.concat(
                presets,
                Stream.of(SmallRuns.with(SmallVariants.config("iwae", 2), "--condition labels --estimator dreg")));
    }

    private static TrainConfig inSeveralBatches(TrainConfig config) {
        // Draws to 0 or 1 are for values in [0, 1].
        String options = config.likelihood().needsUnitData()
                ? SEVERAL_BATCHES
                : SEVERAL_BATCHES.replace(" --binarize dynamic", "");
        return SmallRuns.with(config, options);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void stoppedAndResumedTheyEndWithTheSameBits(TrainConfig config) throws IOException {
        for (TrainConfig one : new TrainConfig[] {config, inSeveralBatches(config)}) {
            Path run = folder.resolve("run" + one.accumulate());
            Path undisturbed = folder.resolve("undisturbed" + one.accumulate());
            try (Backend backend = new CpuBackend(1)) {
                SmallRuns.train(one, TRAIN, TEST, backend, undisturbed);
            }
            AtomicInteger steps = new AtomicInteger();
            try (Backend backend = new CpuBackend(1)) {
                Trainer first = Trainer.start(one, TRAIN, TEST, backend, run, new Trainer.Listener() {});
                assertFalse(first.run(() -> steps.incrementAndGet() >= 3));
            }
            try (Backend backend = new CpuBackend(2)) {
                Trainer second = Trainer.resume(one, TRAIN, TEST, backend, run, new Trainer.Listener() {});
                assertTrue(second.run(() -> false));
            }
            for (String file : new String[] {"checkpoint.safetensors", "model.safetensors"}) {
                assertEquals(-1, Files.mismatch(undisturbed.resolve(file), run.resolve(file)), file);
            }
            assertEquals(SmallRuns.metrics(undisturbed), SmallRuns.metrics(run));
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void fedInARingTheyEndWithTheSameBits(TrainConfig config) {
        try (Backend backend = new CpuBackend(1)) {
            for (TrainConfig one : new TrainConfig[] {config, inSeveralBatches(config)}) {
                float[] want = NormRuns.state(SmallRuns.train(one, TRAIN, TEST, backend, null), backend);
                Trainer fed = SmallRuns.train(one, TRAIN, TEST, withNothingLeft(backend), null);
                assertArrayEquals(want, NormRuns.state(fed, backend));
            }
        }
    }

    /** The same device, pretending that there is no room for the data. */
    private static Backend withNothingLeft(Backend backend) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("memoryLeft") ? 1L : method.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
