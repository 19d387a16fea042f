package io.jcuvae.train;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.vae.Vae;

/** Finds what went wrong first in a step whose loss is not finite. A halted state still holds that step's values. */
final class Diagnosis {
    private Diagnosis() {}

    /** One line naming the step and the first non-finite quantity in the order of computation. */
    static String of(TrainState state, Vae vae, Backend backend, long step, int epoch) {
        String where = "step " + step + " (epoch " + epoch + "): ";
        for (ParameterLayout.Entry entry : state.values().layout().entries()) {
            if (nonFinite(state.values().get(entry.name()), backend)) {
                return where + "parameter " + entry.name() + " is not finite: its gradient overflowed in step "
                        + (step - 1);
            }
        }
        for (ParameterLayout.Entry entry : state.buffers().layout().entries()) {
            if (nonFinite(state.buffers().get(entry.name()), backend)) {
                return where + "running statistic " + entry.name()
                        + " is not finite: its batch's values overflowed in step " + (step - 1);
            }
        }
        for (Arena.Entry entry : vae.tensors()) {
            boolean gradient = entry.name().endsWith(".dout") || entry.name().equals("dz");
            if (!gradient && nonFinite(entry.tensor(), backend)) {
                return where + "the loss is not finite; the first quantity that is not is " + entry.name() + " "
                        + entry.tensor().shape();
            }
        }
        return where + "the sum of the loss is not finite";
    }

    private static boolean nonFinite(Tensor tensor, Backend backend) {
        float[] values = new float[Math.toIntExact(tensor.count())];
        backend.download(values, 0, tensor);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Refuses to go on from a state that holds more than numbers. Parameters can be finite where the moments are not: a
     * gradient whose square leaves the range of floats freezes its parameter for good.
     *
     * @param advice ends the message
     */
    static void requireFinite(TrainState state, Backend backend, String advice) {
        requireFinite("", state.values(), state, backend, advice);
        requireFinite("running statistic ", state.buffers(), state, backend, advice);
        requireFinite("Adam's first moment of ", state.firstMoments(), state, backend, advice);
        requireFinite("Adam's second moment of ", state.secondMoments(), state, backend, advice);
        if (state.average() != null) {
            requireFinite("the average of ", state.average(), state, backend, advice);
        }
    }

    private static void requireFinite(
            String what, Parameters parameters, TrainState state, Backend backend, String advice) {
        for (ParameterLayout.Entry entry : parameters.layout().entries()) {
            float[] values = new float[Math.toIntExact(entry.shape().count())];
            backend.download(values, 0, parameters.get(entry.name()));
            for (float value : values) {
                if (!Float.isFinite(value)) {
                    double[] scalars = new double[Scalars.COUNT];
                    backend.download(scalars, state.scalars());
                    throw new Failure("step " + (long) scalars[Scalars.STEP.ordinal()] + " (epoch "
                            + (int) scalars[Scalars.EPOCH.ordinal()] + "): " + what + entry.name() + " is not finite ("
                            + value + "): its " + (parameters.equals(state.buffers()) ? "batch's values" : "gradient")
                            + " overflowed" + advice);
                }
            }
        }
    }
}
