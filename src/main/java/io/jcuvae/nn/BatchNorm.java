package io.jcuvae.nn;

import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;

/**
 * A bound batch norm, see {@link BatchNormSpec}. Its input is columns: a picture held channels last has one per channel, a row
 * one per feature.
 */
final class BatchNorm implements Layer {
    private final Ops ops;
    private final BatchNormSpec spec;
    private final boolean training;
    private final Tensor weight;
    private final Tensor bias;
    private final Tensor dweight;
    private final Tensor dbias;
    private final Tensor runningMean;
    private final Tensor runningVariance;
    private final Tensor batches;
    private final Tensor scalars;
    private final Tensor input;
    private final Tensor inputGradient;
    private final Tensor mean;
    private final Tensor variance;
    private final Tensor output;
    private final Tensor outputGradient;

    /**
     * Binds the layer.
     *
     * @param name names its parameters, buffers and activations
     * @param input [B, ...] with C values in the last extents
     * @param inputGradient as large, or null
     * @throws UserError when it is to train on one value per column, which has no variance
     */
    BatchNorm(BatchNormSpec spec, Binding binding, String name, Tensor input, Tensor inputGradient) {
        ops = binding.ops();
        this.spec = spec;
        training = binding.training();
        weight = binding.values().get(name + ".weight");
        bias = binding.values().get(name + ".bias");
        runningMean = binding.buffers().get(name + ".running_mean");
        runningVariance = binding.buffers().get(name + ".running_var");
        batches = binding.buffers().get(name + ".num_batches_tracked");
        scalars = binding.scalars();
        this.input = columns(input, weight);
        this.inputGradient = inputGradient == null ? null : columns(inputGradient, weight);
        output = binding.arena().tensor(name + ".out", input.shape());
        if (!training) {
            dweight = null;
            dbias = null;
            mean = runningMean;
            variance = runningVariance;
            outputGradient = null;
            return;
        }
        if (this.input.rows() == 1) {
            throw new UserError(name + ", " + spec.describe() + ": a training batch of " + binding.rows()
                    + " row gives it one value per " + (weight.count() == input.columns() ? "feature" : "channel")
                    + ", which has no variance; choose a --batch, or a --limit of the training rows, that leaves no"
                    + " single row over at the end of an epoch");
        }
        dweight = binding.gradients().get(name + ".weight");
        dbias = binding.gradients().get(name + ".bias");
        mean = binding.arena().tensor(name + ".mean", weight.shape());
        variance = binding.arena().tensor(name + ".var", weight.shape());
        outputGradient = binding.arena().tensor(name + ".dout", input.shape());
    }

    /** A tensor as [R, C]. */
    static Tensor columns(Tensor tensor, Tensor weight) {
        int columns = Math.toIntExact(weight.count());
        return tensor.reshape(Shape.of(Math.toIntExact(tensor.count() / columns), columns));
    }

    @Override
    public Tensor output() {
        return output;
    }

    @Override
    public Tensor outputGradient() {
        return outputGradient;
    }

    @Override
    public boolean outputMayChange() {
        return true;
    }

    @Override
    public void forward() {
        if (training) {
            ops.columnMoments(mean, variance, input);
        }
        ops.normalizeColumns(columns(output, weight), input, mean, variance, weight, bias, (float) spec.epsilon());
    }

    /** The running statistics move here and not before: only now it is known whether the step counts. */
    @Override
    public void backward() {
        ops.trackMoments(
                runningMean, runningVariance, batches, mean, variance, scalars, input.rows(), (float) spec.momentum());
        ops.batchNormBackward(
                inputGradient, dweight, dbias, columns(outputGradient, weight), input, mean, variance, weight, (float)
                        spec.epsilon());
    }
}
