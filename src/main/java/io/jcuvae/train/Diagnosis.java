package io.jcuvae.train;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
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
}
