/**
 * NVIDIA GPUs through JCuda: the driver, cuBLAS, cuRAND and our own kernels from {@code kernels/}. A recorded step is a CUDA
 * graph. The only package that names JCuda.
 */
package io.jcuvae.cuda;
