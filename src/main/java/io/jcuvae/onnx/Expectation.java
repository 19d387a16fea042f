package io.jcuvae.onnx;

import io.jcuvae.onnx.Graph.Attribute;
import io.jcuvae.onnx.Graph.Type;
import io.jcuvae.tensor.Density;
import io.jcuvae.vae.Likelihood;
import java.util.List;

/**
 * What a decoder says to the expected data: the means of the likelihoods, see {@link
 * io.jcuvae.tensor.LikelihoodOps#densityMean}.
 */
final class Expectation {
    private final Graph graph;

    Expectation(Graph graph) {
        this.graph = graph;
    }

    /**
     * The expected values of anything but tables.
     *
     * @param output [B, P, D]: the P parameters of each value
     * @return as many rows of D values, in one way or another
     */
    String of(Likelihood likelihood, String output, int parameters) {
        return switch (likelihood) {
            case BERNOULLI -> graph.op("Sigmoid", output);
            case MSE, GAUSSIAN, GAUSSIAN_LEARNED, LAPLACE -> output;
            case CONTINUOUS_BERNOULLI -> continuousBernoulli(output);
            case GAUSSIAN_PER_VALUE -> parameter(output, 0);
            case DISCRETIZED_LOGISTIC -> clippedLogistic(parameter(output, 0), parameter(output, 1));
            case CATEGORICAL -> meanLevel(output, parameters);
            case TABLE -> throw new IllegalStateException("a table has columns");
        };
    }

    private String parameter(String output, int number) {
        return graph.op("Gather", List.of(output, graph.longs(number)), Attribute.of("axis", 1L));
    }

    /** 1 / (1 - exp(-l)) - 1 / l, near 0 its series; in double precision, as both terms cancel. */
    private String continuousBernoulli(String output) {
        String l = graph.cast(output, Type.DOUBLE);
        String one = real(1);
        String square = graph.op("Mul", List.of(l, l));
        // 1/2 + l (1/12 - l^2 (1/720 - l^2 / 30240)).
        String series = sum(real(-1 / 720.0), graph.op("Mul", List.of(square, real(1 / 30240.0))));
        series = sum(real(1 / 12.0), graph.op("Mul", List.of(square, series)));
        series = sum(real(0.5), graph.op("Mul", List.of(l, series)));
        String away = graph.op("Sub", List.of(one, graph.op("Exp", graph.op("Neg", l))));
        String whole = graph.op("Sub", List.of(graph.op("Div", List.of(one, away)), graph.op("Div", List.of(one, l))));
        String near = graph.op("Less", List.of(graph.op("Abs", l), real(0.1)));
        return graph.cast(graph.op("Where", List.of(near, series, whole)), Type.FLOAT);
    }

    private String sum(String a, String b) {
        return graph.op("Add", List.of(a, b));
    }

    private String real(double value) {
        return graph.doubles(new double[] {value});
    }

    /** s (softplus(m / s) - softplus((m - 1) / s)) with s = exp(F + softplus(u - F)): a logistic's mean, clipped to [0, 1]. */
    private String clippedLogistic(String m, String u) {
        String floor = graph.number(Density.LEAST_LOG_SCALE);
        String s = graph.op("Exp", sum(floor, graph.op("Softplus", graph.op("Sub", List.of(u, floor)))));
        String above = graph.op("Softplus", graph.op("Div", List.of(m, s)));
        String less = graph.op("Sub", List.of(m, graph.number(1)));
        String beyond = graph.op("Softplus", graph.op("Div", List.of(less, s)));
        return graph.op("Mul", List.of(s, graph.op("Sub", List.of(above, beyond))));
    }

    /** The sum over the levels k of softmax(l)[k] k / (L - 1). */
    private String meanLevel(String output, int levels) {
        float[] values = new float[levels];
        for (int k = 0; k < levels; k++) {
            values[k] = k / (levels - 1f);
        }
        String shares = graph.op("Softmax", output, Attribute.of("axis", 1L));
        String weighed = graph.op("Mul", List.of(shares, graph.floats(values, levels, 1)));
        return graph.op("ReduceSum", List.of(weighed, graph.longs(1)), Attribute.of("keepdims", 0L));
    }
}
