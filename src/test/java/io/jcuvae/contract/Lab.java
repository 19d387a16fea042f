package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.fail;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Plays a scenario on a backend and on an oracle: the same seeded values on both, the same calls, then every output within
 * its tolerance, every input untouched, and nothing written outside of any view.
 *
 * <p>Every tensor lies within a buffer of its own, between guards of random length; the view may also start at the buffer's
 * first element or end at its last. Outputs hold NaN before the call.
 */
final class Lab {
    private static final float GUARD = 12345.678f;
    private static final int LONGEST_GUARD = 40;

    /** One of the two sides of a call. */
    interface Side {
        Ops ops();

        /** The side's own tensor; null for null. */
        Tensor at(Pair pair);
    }

    private final Backend tested;
    private final Backend oracle;
    private final String label;
    private final Precision precision;
    private final RandomGenerator random;
    private final List<Pair> pairs = new ArrayList<>();
    private final Set<Pair> outputs = new HashSet<>();
    private final List<long[]> bits = new ArrayList<>();
    private boolean blocks;

    private Lab(Backend tested, Backend oracle, Precision precision, String label, long seed) {
        this.tested = tested;
        this.oracle = oracle;
        this.precision = precision;
        this.label = label + ", seed " + seed;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Plays a scenario on both backends and compares.
     *
     * @param precision of the tested backend's matrix products
     */
    static void compare(Backend tested, Backend oracle, Precision precision, Scenario scenario) {
        Lab lab = new Lab(tested, oracle, precision, scenario.label(), scenario.seed());
        scenario.body().accept(lab);
        lab.finish();
    }

    /** Plays a scenario on one backend and gives the bits of all outputs. */
    static List<long[]> bits(Backend backend, Scenario scenario) {
        Lab lab = new Lab(backend, null, Precision.FP32, scenario.label(), scenario.seed());
        scenario.body().accept(lab);
        lab.finish();
        return lab.bits;
    }

    RandomGenerator random() {
        return random;
    }

    // ---- tensors

    /** Normally distributed floats. */
    Pair normal(String name, double scale, int... extents) {
        return drawn(name, () -> scale * random.nextGaussian(), extents);
    }

    /** Uniform floats. */
    Pair uniform(String name, double low, double high, int... extents) {
        return drawn(name, () -> low + (high - low) * random.nextDouble(), extents);
    }

    /** Floats from a source. */
    Pair drawn(String name, DoubleSupplier source, int... extents) {
        Shape shape = Shape.of(extents);
        double[] values = new double[(int) shape.count()];
        Arrays.setAll(values, i -> (float) source.getAsDouble());
        return floats(name, values, shape);
    }

    /** Given floats. */
    Pair given(String name, double[] values, int... extents) {
        return floats(name, values, Shape.of(extents));
    }

    /** An output: NaN before the call. */
    Pair blank(String name, int... extents) {
        Shape shape = Shape.of(extents);
        double[] values = new double[(int) shape.count()];
        Arrays.fill(values, Double.NaN);
        return floats(name, values, shape);
    }

    /** Room that calls may use as they like. */
    Pair scratch(String name, int... extents) {
        Pair pair = blank(name, extents);
        outputs.add(pair);
        return pair;
    }

    /** Says that calls may write over an input. */
    Pair usedUp(Pair pair) {
        outputs.add(pair);
        return pair;
    }

    private Pair floats(String name, double[] values, Shape shape) {
        return place(name, values, ElementType.F32, shape);
    }

    /** The slots of a step; those not given are zero. */
    Pair scalars(Map<Scalars, Double> slots) {
        double[] values = new double[Scalars.COUNT];
        slots.forEach((slot, value) -> values[slot.ordinal()] = value);
        return place("scalars", values, ElementType.F64, Shape.of(Scalars.COUNT));
    }

    /** Given doubles. */
    Pair doubles(String name, double[] values, int... extents) {
        return place(name, values, ElementType.F64, Shape.of(extents));
    }

    /** Integers from 0 to 2^31 - 1. */
    Pair integers(String name, int[] values) {
        return place(name, Arrays.stream(values).asDoubleStream().toArray(), ElementType.I32, Shape.of(values.length));
    }

    /** Unsigned bytes. */
    Pair bytes(String name, int... extents) {
        Shape shape = Shape.of(extents);
        double[] values = new double[(int) shape.count()];
        Arrays.setAll(values, i -> random.nextInt(256));
        return place(name, values, ElementType.U8, shape);
    }

    private Pair place(String name, double[] values, ElementType type, Shape shape) {
        int before = blocks ? 0 : guard();
        int after = guard();
        Tensor onTested = place(tested, values, type, shape, before, after);
        Tensor onOracle = oracle == null ? null : place(oracle, values, type, shape, before, after);
        Pair pair = new Pair(name, values, onTested, onOracle);
        pairs.add(pair);
        return pair;
    }

    /** No guard at all every fourth time. */
    private int guard() {
        return random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(LONGEST_GUARD);
    }

    private static double guard(ElementType type) {
        return type == ElementType.U8 ? 77 : type == ElementType.I32 ? Integer.MAX_VALUE : GUARD;
    }

    private static Tensor place(
            Backend backend, double[] values, ElementType type, Shape shape, int before, int after) {
        int count = before + values.length + after;
        Tensor whole = Tensor.of(backend.allocate(type, count), Shape.of(count));
        double[] contents = new double[count];
        Arrays.fill(contents, guard(type));
        System.arraycopy(values, 0, contents, before, values.length);
        Access.upload(backend, whole, contents);
        return whole.view(before, shape);
    }

    /** From here on all tensors start at the first element of their buffers, as whole blocks of parameters do. */
    void wholeBlocks() {
        blocks = true;
    }

    // ---- running and comparing

    /** Calls both sides. */
    void run(Consumer<Side> call) {
        call.accept(side(tested, false));
        if (oracle != null) {
            call.accept(side(oracle, true));
        }
    }

    /** Makes a part of the noise sequence available, as a trainer does outside of its steps. */
    void reserveNoise(long key, long first, long count) {
        tested.reserveNoise(key, first, count);
        if (oracle != null) {
            oracle.reserveNoise(key, first, count);
        }
    }

    private static Side side(Backend backend, boolean isOracle) {
        return new Side() {
            @Override
            public Ops ops() {
                return backend.ops();
            }

            @Override
            public Tensor at(Pair pair) {
                return pair == null ? null : isOracle ? pair.oracle() : pair.tested();
            }
        };
    }

    /** Says that the calls write this tensor, and how close it must be. */
    void expect(Pair output, Supplier<double[]> tolerance) {
        outputs.add(output);
        double[] got = Access.values(tested, output.tested());
        long[] gotBits = new long[got.length];
        Arrays.setAll(gotBits, i -> Double.doubleToRawLongBits(got[i]));
        bits.add(gotBits);
        if (oracle == null) {
            return;
        }
        double[] want = Access.values(oracle, output.oracle());
        for (int i = 0; i < want.length; i++) {
            if (Double.isNaN(want[i])) {
                fail(label + ": " + output.name() + ": the oracle left element " + i + " unwritten or not a number");
            }
        }
        Closeness.check(label + ": " + output.name() + output.shape(), output.shape(), got, want, tolerance.get());
    }

    /** The tolerance of a sum of n products that a matrix product makes, as a share of the sum of their magnitudes. */
    double products(long n) {
        return Tolerances.sum(n) + Tolerances.factors(precision);
    }

    /** Says that the calls write this tensor, in the very bits of the oracle rounded to floats. */
    void expectExact(Pair output) {
        expect(output, () -> Tolerances.all(output.count(), Tolerances.EXACT));
    }

    private void finish() {
        for (Pair pair : pairs) {
            Tensor view = pair.tested();
            Tensor whole = Tensor.of(view.buffer(), Shape.of((int) view.buffer().length()));
            double[] contents = Access.values(tested, whole);
            double guard = guard(pair.type());
            int start = (int) view.offset();
            boolean written = outputs.contains(pair);
            for (int i = 0; i < contents.length; i++) {
                int at = i - start;
                boolean inside = at >= 0 && at < pair.count();
                if (!inside && contents[i] != guard) {
                    fail(label + ": written outside of " + pair.name() + pair.shape() + ", at element " + at);
                }
                if (inside && !written && Double.compare(contents[i], pair.at(at)) != 0) {
                    fail(label + ": the input " + pair.name() + pair.shape() + " was changed at element " + at);
                }
            }
        }
    }
}
