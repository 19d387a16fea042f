package io.jcuvae.vae;

import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Tensor;

/**
 * What a model that trains is bound to.
 *
 * @param values parameters
 * @param buffers what the spec's {@link VaeSpec#buffers} names; moved by the backward pass
 * @param gradients where the backward pass puts the gradients; overwritten by each
 * @param scalars of the step: they place what layers draw, and say when nothing may move
 * @param seed of what layers draw
 */
public record Learning(Parameters values, Parameters buffers, Parameters gradients, Tensor scalars, long seed) {}
