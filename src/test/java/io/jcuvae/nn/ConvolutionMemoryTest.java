package io.jcuvae.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What convolutions of pictures of 64x64 in batches of 512 allocate: their values and gradients, and one room for columns. */
class ConvolutionMemoryTest {
    private static final int BATCH = 512;

    private static final List<LayerSpec> STAGES = List.of(
            new Conv2dSpec(32, 4, 2, 1, Activation.RELU),
            new Conv2dSpec(64, 4, 2, 1, Activation.RELU),
            new Conv2dSpec(128, 4, 2, 1, Activation.RELU),
            new Conv2dSpec(256, 4, 2, 1, Activation.RELU),
            new ConvTranspose2dSpec(128, 4, 2, 1, 0, Activation.RELU),
            new ConvTranspose2dSpec(64, 4, 2, 1, 0, Activation.RELU),
            new ConvTranspose2dSpec(32, 4, 2, 1, 0, Activation.RELU),
            new ConvTranspose2dSpec(3, 4, 2, 1, 0, Activation.IDENTITY));

    /** Elements of no memory: only their number is of interest. */
    private record Unreal(ElementType type, long length) implements Buffer {}

    /** Elements that binding the stages allocates on a backend that wants so many columns at once. */
    private static long allocated(long columnsAtOnce, boolean training) {
        List<Long> counts = new ArrayList<>();
        Backend backend = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "allocate":
                            counts.add((Long) arguments[1]);
                            return new Unreal((ElementType) arguments[0], (Long) arguments[1]);
                        case "columnsAtOnce":
                            return columnsAtOnce;
                        case "ops":
                            return null;
                        default:
                            throw new AssertionError(method);
                    }
                });
        ParameterLayout layout = new ParameterLayout();
        Sequential.declare(layout, STAGES, "layer", Shape.of(3, 64, 64));
        Parameters values = Parameters.allocate(layout, backend);
        Parameters gradients = training ? Parameters.allocate(layout, backend) : null;
        counts.clear();
        Sequential stack = Arena.bind(backend, arena -> {
            Tensor input = arena.tensor("x", Shape.of(BATCH, 64, 64, 3));
            return Sequential.bind(
                    new Binding(backend.ops(), values, gradients, arena, BATCH), STAGES, "layer", input, null);
        });
        assertEquals(Shape.of(BATCH, 64, 64, 3), stack.output().shape());
        assertEquals(1, counts.size(), "one block");
        return counts.get(0);
    }

    /** Elements of all values between the layers. */
    private static long values() {
        long count = 0;
        Shape shape = Shape.of(3, 64, 64);
        for (LayerSpec stage : STAGES) {
            shape = stage.outputShape(shape);
            count += BATCH * shape.count();
        }
        return count;
    }

    @Test
    void columnsAreBounded() {
        long input = BATCH * 64L * 64 * 3;
        // Each weight once more in the order of its window, and the largest one's gradient.
        long weights = 2 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256) * 16 + 128 * 256 * 16;
        long padding = 64 * 16;
        for (long columns : new long[] {0, 1 << 20, 1 << 24}) {
            long training = allocated(columns, true) - input - 2 * values();
            assertTrue(training <= columns + weights + padding, training + " for " + columns);
            long inference = allocated(columns, false) - input - values();
            assertTrue(inference <= columns + weights + padding, inference + " for " + columns);
        }
        // All at once they would be 67 million, those of the second stage.
        assertTrue(allocated(Long.MAX_VALUE, true) > allocated(1 << 24, true) + 50_000_000L);
    }
}
