package io.jcuvae.nn;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;

/**
 * One block of a layout on a device: the parameters, or their gradients, or one of the optimizer's moments.
 *
 * @param layout names and places
 * @param block all of it, [count]; null for a layout without entries
 */
public record Parameters(ParameterLayout layout, Tensor block) {
    /**
     * A zeroed block.
     *
     * @throws UserError when the layout has more parameters than a block has places
     */
    public static Parameters allocate(ParameterLayout layout, Backend backend) {
        if (layout.count() > Integer.MAX_VALUE) {
            throw new UserError("the model would have " + layout.count() + " parameters, at most " + Integer.MAX_VALUE
                    + " are possible; make its layers narrower, or --latent smaller");
        }
        Shape shape = Shape.of((int) layout.count());
        return new Parameters(layout, Tensor.of(backend.allocate(ElementType.F32, layout.count()), shape));
    }

    /**
     * A layout's buffers with the values they start at; without a block where there are none.
     *
     * @param layout of the parameters beside them
     */
    public static Parameters buffers(ParameterLayout layout, Backend backend) {
        ParameterLayout buffers = layout.buffers();
        if (buffers.count() == 0) {
            return new Parameters(buffers, null);
        }
        Parameters made = allocate(buffers, backend);
        made.upload(backend, Initialisation.TORCH.values(buffers, 0));
        return made;
    }

    /** All values, in the layout's order. */
    public float[] download(Backend backend) {
        float[] values = new float[Math.toIntExact(layout.count())];
        if (block != null) {
            backend.download(values, 0, block);
        }
        return values;
    }

    /** Sets all values, in the layout's order. */
    public void upload(Backend backend, float[] values) {
        if (block != null) {
            backend.upload(block, values, 0);
        }
    }

    /** The tensor of that name. */
    public Tensor get(String name) {
        ParameterLayout.Entry entry = layout.entry(name);
        return block.view(entry.offset(), entry.shape());
    }

    /**
     * Two neighbouring tensors of equal row width as one, so that one matrix product serves both.
     *
     * @param first the upper rows
     * @param second the lower rows, declared right after
     */
    public Tensor joined(String first, String second) {
        ParameterLayout.Entry upper = layout.entry(first);
        ParameterLayout.Entry lower = layout.entry(second);
        if (lower.offset() != upper.offset() + upper.shape().count()
                || upper.shape().columns() != lower.shape().columns()) {
            throw new IllegalArgumentException(first + " and " + second + " do not join");
        }
        int[] extents = upper.shape().extents();
        extents[0] += lower.shape().rows();
        return block.view(upper.offset(), Shape.of(extents));
    }
}
