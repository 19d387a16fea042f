/**
 * The contract between a model and a device: tensors as views of opaque memory, the operations on them, and the
 * recorded step. Knows no device and no model.
 */
package io.jcuvae.tensor;
