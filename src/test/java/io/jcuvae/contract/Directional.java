package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.fail;

import io.jcuvae.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * Closed-form gradients against finite differences in double precision, along random directions. Five points, so that the
 * truncation error is of fourth order in the step and rounding is what remains.
 */
public final class Directional {
    private static final double STEP = 1e-5;

    /** Relative to the terms of the inner product of gradient and direction, which may cancel. */
    private static final double AGREEMENT = 1e-8;

    /** Ten roundings of the loss, divided by the step: what differences cannot tell apart. */
    private static final double ROUNDING = 10 * 0x1p-53 / STEP;

    private static final int DIRECTIONS = 3;

    /** A tensor that the loss depends on, and what its gradient is said to be. */
    private record Variable(String name, Tensor tensor, double[] gradient) {}

    private final ReferenceBackend backend;
    private final DoubleSupplier loss;
    private final List<Variable> variables = new ArrayList<>();

    /**
     * Starts with a function.
     *
     * @param loss reads the variables' present values
     */
    public Directional(ReferenceBackend backend, DoubleSupplier loss) {
        this.backend = backend;
        this.loss = loss;
    }

    /** Adds a variable and the gradient to prove. */
    public Directional with(String name, Tensor variable, double[] gradient) {
        variables.add(new Variable(name, variable, gradient.clone()));
        return this;
    }

    /** Checks each variable alone, so that a small gradient does not hide behind a large one, and all at once. */
    public void check(String what, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < DIRECTIONS; i++) {
            for (Variable variable : variables) {
                check(what + ", d " + variable.name(), List.of(variable), random);
            }
            check(what + ", all variables", variables, random);
        }
    }

    private void check(String what, List<Variable> moved, SplittableRandom random) {
        List<double[]> origins = new ArrayList<>();
        List<double[]> directions = new ArrayList<>();
        double claimed = 0;
        double squares = 0;
        for (Variable variable : moved) {
            double[] direction =
                    random.doubles(variable.gradient().length, -1, 1).toArray();
            for (int i = 0; i < direction.length; i++) {
                double term = variable.gradient()[i] * direction[i];
                claimed += term;
                squares += term * term;
            }
            origins.add(backend.values(variable.tensor()));
            directions.add(direction);
        }
        double near = at(moved, origins, directions, STEP) - at(moved, origins, directions, -STEP);
        double far = at(moved, origins, directions, 2 * STEP) - at(moved, origins, directions, -2 * STEP);
        double found = (8 * near - far) / (12 * STEP);
        at(moved, origins, directions, 0);
        double tolerance = AGREEMENT * Math.sqrt(squares) + ROUNDING * Math.abs(loss.getAsDouble());
        double share = Closeness.share(found, claimed, tolerance);
        if (share > 1) {
            fail(String.format(
                    "%s: finite differences give %.12g along a direction, the gradient %.12g: off by %.3g times the tolerance"
                            + " of %.3g",
                    what, found, claimed, share, tolerance));
        }
    }

    /** The loss at a distance from where all began; leaves the variables there. */
    private double at(List<Variable> moved, List<double[]> origins, List<double[]> directions, double distance) {
        for (int v = 0; v < moved.size(); v++) {
            double[] point = origins.get(v).clone();
            for (int i = 0; i < point.length; i++) {
                point[i] += distance * directions.get(v)[i];
            }
            backend.set(moved.get(v).tensor(), point);
        }
        return loss.getAsDouble();
    }
}
