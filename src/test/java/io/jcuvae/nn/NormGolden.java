package io.jcuvae.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.data.NpzTensors;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Norms against PyTorch, see src/test/resources/norm/make.py: outputs, gradients, running statistics, evaluation. */
public final class NormGolden {
    private static final int STEPS = 3;

    private static final Map<String, LayerSpec> CASES = Map.of(
            "batchnorm1d", new BatchNormSpec(),
            "batchnorm1d_pair", new BatchNormSpec(0.3, 1e-3),
            "batchnorm2d", new BatchNormSpec(),
            "batchnorm2d_one_sample", new BatchNormSpec(1, 1e-4),
            "layernorm", new LayerNormSpec(),
            "layernorm_channels", new LayerNormSpec(1e-3));

    private final Backend backend;
    private final String name;
    private final double tolerance;
    private final Map<String, NpzTensors.Values> arrays;
    private final int[] shape;

    private NormGolden(Backend backend, String name, double tolerance, Map<String, NpzTensors.Values> arrays) {
        this.backend = backend;
        this.name = name;
        this.tolerance = tolerance;
        this.arrays = arrays;
        int[] all = arrays.get(name + ".x").shape();
        shape = Arrays.copyOfRange(all, 1, all.length);
    }

    /**
     * Compares all cases.
     *
     * @param tolerance of values, relative to the largest of their tensor or to one
     */
    public static void check(Backend backend, double tolerance) {
        Map<String, NpzTensors.Values> arrays = NpzTensors.read(Path.of("src/test/resources/norm/norms.npz"));
        CASES.forEach((name, spec) -> new NormGolden(backend, name, tolerance, arrays).check(spec));
    }

    private void check(LayerSpec spec) {
        List<LayerSpec> specs = List.of(spec);
        Shape sample = shape.length == 4 ? Shape.of(shape[1], shape[2], shape[3]) : Shape.of(shape[1]);
        BoundStack bound = BoundStack.training(backend, specs, sample, shape[0], 0);
        backend.upload(bound.values().get("layer0.weight"), given("weight"), 0);
        backend.upload(bound.values().get("layer0.bias"), given("bias"), 0);
        int channels = given("weight").length;
        for (int step = 0; step < STEPS; step++) {
            backend.upload(bound.input(), lastly(given("x"), step), 0);
            bound.stack().forward();
            expect("y", step, lastly(given("y"), step), bound.stack().output());
            backend.upload(bound.stack().outputGradient(), lastly(given("dy"), step), 0);
            bound.stack().backward();
            expect("dx", step, lastly(given("dx"), step), bound.inputGradient());
            expect(
                    "dweight",
                    step,
                    part(given("dweight"), step, channels),
                    bound.gradients().get("layer0.weight"));
            expect(
                    "dbias",
                    step,
                    part(given("dbias"), step, channels),
                    bound.gradients().get("layer0.bias"));
        }
        if (spec instanceof LayerNormSpec) {
            return;
        }
        for (String statistic : List.of("running_mean", "running_var")) {
            expect(statistic, STEPS, given(statistic), bound.buffers().get("layer0." + statistic));
        }
        float[] batches = download(bound.buffers().get("layer0.num_batches_tracked"));
        assertArrayEquals(new float[] {given("num_batches_tracked")[0], 0}, batches);
        BoundStack looking = bound.looking(specs, sample, shape[0]);
        backend.upload(looking.input(), lastly(given("x"), STEPS - 1), 0);
        looking.stack().forward();
        expect(
                "evaluated",
                STEPS,
                lastly(given("evaluated"), 0),
                looking.stack().output());
    }

    private float[] given(String what) {
        return arrays.get(name + "." + what).floats();
    }

    private static float[] part(float[] values, int step, int count) {
        return Arrays.copyOfRange(values, step * count, (step + 1) * count);
    }

    /** The values of a step, pictures with their channels last. */
    private float[] lastly(float[] values, int step) {
        int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        float[] part = part(values, step, count);
        if (shape.length == 2) {
            return part;
        }
        int channels = shape[1];
        int pixels = shape[2] * shape[3];
        float[] last = new float[count];
        for (int i = 0; i < count; i++) {
            int b = i / (channels * pixels);
            int c = i / pixels % channels;
            last[(b * pixels + i % pixels) * channels + c] = part[i];
        }
        return last;
    }

    private float[] download(Tensor tensor) {
        assertEquals(ElementType.F32, tensor.buffer().type());
        try (HostCopy copy = backend.hostCopy(tensor)) {
            copy.start();
            float[] values = new float[(int) tensor.count()];
            copy.await().asFloatBuffer().get(values);
            return values;
        }
    }

    private void expect(String what, int step, float[] want, Tensor tensor) {
        float[] got = download(tensor);
        double largest = 1;
        for (float value : want) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertEquals(want.length, got.length);
        for (int i = 0; i < want.length; i++) {
            assertEquals(want[i], got[i], tolerance * largest, name + "." + what + "[" + i + "] of step " + step);
        }
    }
}
