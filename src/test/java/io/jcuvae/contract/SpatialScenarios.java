package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.UNIT;
import static io.jcuvae.contract.Tolerances.each;
import static java.lang.Math.abs;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.IntToDoubleFunction;

/** Each verb on pictures with its inputs and the tolerance of what it writes. */
final class SpatialScenarios {
    private SpatialScenarios() {}

    /**
     * A convolution's shapes.
     *
     * @param batch B
     * @param window over the pictures
     * @param out O, channels of the side of the positions
     * @param room samples whose columns there is room for
     */
    record Case(int batch, Window window, int out, int room) {
        static Case of(int batch, int h, int w, int c, int kernel, int stride, int padding, int out, int room) {
            return new Case(batch, new Window(h, w, c, kernel, stride, padding), out, room);
        }

        int[] pictures() {
            return new int[] {batch, window.height(), window.width(), window.channels()};
        }

        int[] positions() {
            return new int[] {batch, window.outHeight(), window.outWidth(), out};
        }

        int rows() {
            return batch * window.positions();
        }

        /** Most windows that see one pixel. */
        int overlap() {
            int once = (window.kernel() + window.stride() - 1) / window.stride();
            return once * once;
        }

        Pair columns(Lab lab) {
            return window.isPoint() ? null : lab.scratch("columns", room * window.positions(), window.seen());
        }

        @Override
        public String toString() {
            return batch + "x[" + window.height() + "x" + window.width() + "x" + window.channels() + "], kernel "
                    + window.kernel() + ", stride " + window.stride() + ", padding " + window.padding() + ", " + out
                    + " out, room for " + room;
        }
    }

    /** Shapes for several threads, pieces and thread blocks, no multiples of a vector. */
    static Map<String, List<Scenario>> large() {
        Case wide = Case.of(37, 13, 11, 7, 4, 2, 1, 33, 9);
        Case gaps = Case.of(19, 23, 16, 3, 2, 3, 0, 40, 19);
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("unfold", List.of(unfold(wide)));
        verbs.put("fold", List.of(fold(wide), fold(gaps)));
        verbs.put("swapAxes", List.of(swapAxes(11, 49, 65)));
        verbs.put("upsample", List.of(upsample(5, 7, 9, 11, 2)));
        verbs.put("upsampleBackward", List.of(upsampleBackward(5, 7, 9, 11, 2)));
        verbs.put("add", List.of(add(70_001, false)));
        verbs.put("conv2d", List.of(conv2d(Activation.RELU, wide, true), conv2d(Activation.GELU, gaps, false)));
        verbs.put(
                "conv2dBackward",
                List.of(conv2dBackward(Activation.RELU, wide, true), conv2dBackward(Activation.SILU, gaps, true)));
        verbs.put(
                "convTranspose2d",
                List.of(convTranspose2d(Activation.RELU, wide, true), convTranspose2d(Activation.GELU, gaps, false)));
        verbs.put(
                "convTranspose2dBackward",
                List.of(
                        convTranspose2dBackward(Activation.RELU, wide, true),
                        convTranspose2dBackward(Activation.SILU, gaps, true)));
        return verbs;
    }

    // ---- primitives

    static Scenario unfold(Case c) {
        return new Scenario("unfold " + c, lab -> {
            Pair x = lab.normal("x", 1, c.pictures());
            Pair columns = lab.blank("columns", c.rows(), c.window().seen());
            lab.run(s -> s.ops().unfold(s.at(columns), s.at(x), c.window()));
            lab.expectExact(columns);
        });
    }

    static Scenario fold(Case c) {
        return new Scenario("fold " + c, lab -> {
            Pair columns = lab.normal("columns", 1, c.rows(), c.window().seen());
            Pair x = lab.blank("x", c.pictures());
            lab.run(s -> s.ops().fold(s.at(x), s.at(columns), c.window()));
            lab.expect(x, () -> {
                Plain plain = new Plain();
                Tensor sums = plain.tensor(null, c.pictures());
                Shape shape = columns.shape();
                plain.backend.ops().fold(sums, plain.magnitudes(columns, shape.extents()), c.window());
                double[] magnitudes = plain.backend.values(sums);
                return each(x.count(), i -> Tolerances.sum(c.overlap()) * magnitudes[i]);
            });
        });
    }

    static Scenario swapAxes(int batch, int n, int m) {
        return new Scenario("swapAxes [" + batch + "x" + n + "x" + m + "]", lab -> {
            Pair x = lab.normal("x", 1, batch, n, m);
            Pair y = lab.blank("y", batch, m, n);
            lab.run(s -> s.ops().swapAxes(s.at(y), s.at(x)));
            lab.expectExact(y);
        });
    }

    static Scenario upsample(int batch, int h, int w, int c, int factor) {
        String label = "upsample [" + batch + "x" + h + "x" + w + "x" + c + "] by " + factor;
        return new Scenario(label, lab -> {
            Pair x = lab.normal("x", 1, batch, h, w, c);
            Pair y = lab.blank("y", batch, h * factor, w * factor, c);
            lab.run(s -> s.ops().upsample(s.at(y), s.at(x)));
            lab.expectExact(y);
        });
    }

    static Scenario upsampleBackward(int batch, int h, int w, int c, int factor) {
        String label = "upsampleBackward [" + batch + "x" + h + "x" + w + "x" + c + "] by " + factor;
        return new Scenario(label, lab -> {
            // All of one sign, so that a sum's magnitude is the sum.
            Pair dy = lab.uniform("dy", 0, 1, batch, h * factor, w * factor, c);
            Pair dx = lab.blank("dx", batch, h, w, c);
            lab.run(s -> s.ops().upsampleBackward(s.at(dx), s.at(dy)));
            lab.expect(dx, () -> Tolerances.all(dx.count(), Tolerances.sum((long) factor * factor) * factor * factor));
        });
    }

    static Scenario add(int count, boolean inPlace) {
        return new Scenario("add [" + count + "]" + (inPlace ? ", y = a" : ""), lab -> {
            Pair a = lab.normal("a", 1, count);
            Pair b = lab.normal("b", 1, count);
            Pair y = inPlace ? a : lab.blank("y", count);
            lab.run(s -> s.ops().add(s.at(y), s.at(a), s.at(b)));
            lab.expect(y, () -> each(count, i -> UNIT * (abs(a.at(i)) + abs(b.at(i)))));
        });
    }

    // ---- convolutions

    /** Forward passes of either kind. */
    private interface Forward {
        void run(Lab.Side side, Pair y, Pair a, Pair x, Pair w, Pair bias, Pair columns);

        void plain(Plain plain, Tensor y, Tensor x, Tensor w, Tensor bias, Tensor columns);
    }

    static Scenario conv2d(Activation f, Case c, boolean inPlace) {
        return forward(
                "conv2d", f, c, inPlace, c.pictures(), c.positions(), c.window().seen(), new Forward() {
                    @Override
                    public void run(Lab.Side s, Pair y, Pair a, Pair x, Pair w, Pair bias, Pair columns) {
                        s.ops().conv2d(s.at(y), s.at(a), s.at(x), s.at(w), s.at(bias), f, c.window(), s.at(columns));
                    }

                    @Override
                    public void plain(Plain plain, Tensor y, Tensor x, Tensor w, Tensor bias, Tensor columns) {
                        plain.backend.ops().conv2d(y, y, x, w, bias, Activation.IDENTITY, c.window(), columns);
                    }
                });
    }

    static Scenario convTranspose2d(Activation f, Case c, boolean inPlace) {
        int terms = c.out() * c.overlap();
        return forward("convTranspose2d", f, c, inPlace, c.positions(), c.pictures(), terms, new Forward() {
            @Override
            public void run(Lab.Side s, Pair y, Pair a, Pair x, Pair w, Pair bias, Pair columns) {
                s.ops().convTranspose2d(s.at(y), s.at(a), s.at(x), s.at(w), s.at(bias), f, c.window(), s.at(columns));
            }

            @Override
            public void plain(Plain plain, Tensor y, Tensor x, Tensor w, Tensor bias, Tensor columns) {
                plain.backend.ops().convTranspose2d(y, y, x, w, bias, Activation.IDENTITY, c.window(), columns);
            }
        });
    }

    private static Scenario forward(
            String verb, Activation f, Case c, boolean inPlace, int[] in, int[] out, int terms, Forward forward) {
        return new Scenario(verb + " " + f + " " + c + (inPlace ? ", a = y" : ""), lab -> {
            int channels = out[3];
            Pair x = lab.normal("x", 1, in);
            Pair w = lab.normal("w", 1 / Math.sqrt(terms), c.out(), c.window().seen());
            Pair bias = lab.normal("bias", 1, channels);
            Pair y = lab.blank("y", out);
            Pair a = inPlace ? y : lab.blank("a", out);
            Pair columns = c.columns(lab);
            lab.run(s -> forward.run(s, y, a, x, w, bias, columns));
            // The same in double precision: of the magnitudes, which bound the error, and as it is.
            double[] magnitude = new double[y.count()];
            double[] exact = new double[y.count()];
            Plain plain = new Plain();
            Tensor result = plain.tensor(null, out);
            Tensor room = plain.room(c);
            forward.plain(
                    plain,
                    result,
                    plain.magnitudes(x, in),
                    plain.magnitudes(w, c.out(), c.window().seen()),
                    plain.magnitudes(bias, channels),
                    room);
            System.arraycopy(plain.backend.values(result), 0, magnitude, 0, magnitude.length);
            forward.plain(
                    plain,
                    result,
                    plain.tensor(x.initial(), in),
                    plain.tensor(w.initial(), c.out(), c.window().seen()),
                    plain.tensor(bias.initial(), channels),
                    room);
            System.arraycopy(plain.backend.values(result), 0, exact, 0, exact.length);
            IntToDoubleFunction ofSums = i -> lab.products(terms + 1) * magnitude[i] + FLUSH;
            if (!inPlace) {
                lab.expect(a, () -> each(a.count(), ofSums));
            }
            lab.expect(
                    y,
                    () -> each(
                            y.count(),
                            i -> Tolerances.steepest(f) * ofSums.applyAsDouble(i)
                                    + Tolerances.activation(f, exact[i])));
        });
    }

    /** Backward passes of either kind. */
    private interface Backward {
        void run(Lab.Side side, Tensors<Pair> t, Pair columns);

        void plain(Plain plain, Tensors<Tensor> t, Tensor columns);
    }

    /** What a backward verb takes. */
    private record Tensors<T>(T dx, T dw, T dbias, T dy, T x, T w, T a, T y) {}

    static Scenario conv2dBackward(Activation f, Case c, boolean withInput) {
        int terms = c.out() * c.overlap();
        return backward(
                "conv2dBackward", f, c, withInput, c.pictures(), c.positions(), terms, c.rows(), new Backward() {
                    @Override
                    public void run(Lab.Side s, Tensors<Pair> t, Pair columns) {
                        s.ops()
                                .conv2dBackward(
                                        s.at(t.dx()),
                                        s.at(t.dw()),
                                        s.at(t.dbias()),
                                        s.at(t.dy()),
                                        s.at(t.x()),
                                        s.at(t.w()),
                                        s.at(t.a()),
                                        s.at(t.y()),
                                        f,
                                        c.window(),
                                        s.at(columns));
                    }

                    @Override
                    public void plain(Plain plain, Tensors<Tensor> t, Tensor columns) {
                        plain.backend
                                .ops()
                                .conv2dBackward(
                                        t.dx(),
                                        t.dw(),
                                        t.dbias(),
                                        t.dy(),
                                        t.x(),
                                        t.w(),
                                        t.y(),
                                        t.y(),
                                        Activation.IDENTITY,
                                        c.window(),
                                        columns);
                    }
                });
    }

    static Scenario convTranspose2dBackward(Activation f, Case c, boolean withInput) {
        int terms = c.window().seen();
        return backward(
                "convTranspose2dBackward",
                f,
                c,
                withInput,
                c.positions(),
                c.pictures(),
                terms,
                c.rows(),
                new Backward() {
                    @Override
                    public void run(Lab.Side s, Tensors<Pair> t, Pair columns) {
                        s.ops()
                                .convTranspose2dBackward(
                                        s.at(t.dx()),
                                        s.at(t.dw()),
                                        s.at(t.dbias()),
                                        s.at(t.dy()),
                                        s.at(t.x()),
                                        s.at(t.w()),
                                        s.at(t.a()),
                                        s.at(t.y()),
                                        f,
                                        c.window(),
                                        s.at(columns));
                    }

                    @Override
                    public void plain(Plain plain, Tensors<Tensor> t, Tensor columns) {
                        plain.backend
                                .ops()
                                .convTranspose2dBackward(
                                        t.dx(),
                                        t.dw(),
                                        t.dbias(),
                                        t.dy(),
                                        t.x(),
                                        t.w(),
                                        t.y(),
                                        t.y(),
                                        Activation.IDENTITY,
                                        c.window(),
                                        columns);
                    }
                });
    }

    // Long because it draws eight tensors and derives the bounds of four from one another.
    private static Scenario backward(
            String verb,
            Activation f,
            Case c,
            boolean withInput,
            int[] in,
            int[] out,
            int terms,
            int rows,
            Backward backward) {
        return new Scenario(verb + " " + f + " " + c + (withInput ? "" : ", dx = null"), lab -> {
            int channels = out[3];
            Pair x = lab.normal("x", 1, in);
            Pair w = lab.normal("w", 1 / Math.sqrt(terms), c.out(), c.window().seen());
            double[] before = new double[(int) Shape.of(out).count()];
            Arrays.setAll(before, i -> (float) (2 * lab.random().nextGaussian()));
            Pair y = lab.given("y", Scenarios.outputs(f, before), out);
            Pair a = f.derivativeFromOutput() ? y : lab.given("a", before, out);
            Pair dy = lab.normal("dy", 1, out);
            Pair dx = withInput ? lab.blank("dx", in) : null;
            Pair dw = lab.blank("dw", c.out(), c.window().seen());
            Pair dbias = lab.blank("dbias", channels);
            Pair columns = c.columns(lab);
            lab.run(s -> backward.run(s, new Tensors<>(dx, dw, dbias, dy, x, w, a, y), columns));
            IntToDoubleFunction da = i -> Tolerances.derivative(f, before[i]) * abs(dy.at(i)) + Scenarios.flush(f);
            lab.expect(dy, () -> each(dy.count(), da));
            // What each element of da adds to the error of a sum that it is part of, by that sum's share; the sums of
            // these
            // are the bounds.
            DoubleFunction<IntToDoubleFunction> within =
                    share -> i -> share * Tolerances.steepest(f) * abs(dy.at(i)) + da.applyAsDouble(i);
            int pixels = dy.count() / channels;
            lab.expect(dbias, () -> Tolerances.columns(pixels, channels, 1, within.apply(Tolerances.sum(pixels))));
            DoubleFunction<Tensors<Tensor>> bounds = share -> {
                Plain plain = new Plain();
                Tensors<Tensor> t = new Tensors<>(
                        plain.tensor(null, in),
                        plain.tensor(null, c.out(), c.window().seen()),
                        plain.tensor(null, channels),
                        plain.tensor(each(dy.count(), within.apply(share)), out),
                        plain.magnitudes(x, in),
                        plain.magnitudes(w, c.out(), c.window().seen()),
                        null,
                        plain.tensor(null, out));
                backward.plain(plain, t, plain.room(c));
                return t;
            };
            lab.expect(dw, () -> values(bounds.apply(lab.products(rows)).dw()));
            if (withInput) {
                lab.expect(dx, () -> values(bounds.apply(lab.products(terms)).dx()));
            }
        });
    }

    private static double[] values(Tensor bounds) {
        return Arrays.stream(new ReferenceBackend().values(bounds))
                .map(bound -> bound + FLUSH)
                .toArray();
    }

    /** Double precision beside the two sides of a scenario, for what their tolerances are made of. */
    private static final class Plain {
        private final ReferenceBackend backend = new ReferenceBackend();

        Tensor tensor(double[] values, int... extents) {
            Shape shape = Shape.of(extents);
            Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
            if (values != null) {
                backend.set(tensor, values);
            }
            return tensor;
        }

        Tensor magnitudes(Pair pair, int... extents) {
            return tensor(Arrays.stream(pair.initial()).map(Math::abs).toArray(), extents);
        }

        Tensor room(Case c) {
            return tensor(null, c.window().positions(), c.window().seen());
        }
    }
}
