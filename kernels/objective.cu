// How the terms of a row make its loss.
#include "common.cuh"

// loss = reconstruction + beta kl, and the weight of the KL term, scale beta.
extern "C" __global__ void objective_elbo(
    float *loss, float *kl_weights, const float *reconstruction, const float *kl, const double *scalars, int rows,
    float scale) {
    float beta = (float)scalars[BETA];
    for (long long r = first_element(); r < rows; r += element_stride()) {
        loss[r] = fmaf(beta, kl[r], reconstruction[r]);
        kl_weights[r] = scale * beta;
    }
}

// loss = reconstruction + beta sign(mean(kl) - C) (kl - C), whose mean over the rows is reconstruction + beta |mean(kl) - C|, and
// the weight of the KL term, scale beta sign. One block of whole warps.
extern "C" __global__ void objective_capacity(
    float *loss, float *kl_weights, const float *reconstruction, const float *kl, const double *scalars, int rows,
    float scale) {
    __shared__ double sums[WARP];
    __shared__ float sign;
    double total = 0;
    for (int r = threadIdx.x; r < rows; r += blockDim.x) {
        total += kl[r];
    }
    total = block_sum(total, sums);
    double capacity = scalars[CAPACITY];
    if (threadIdx.x == 0) {
        double excess = total / rows - capacity;
        sign = excess > 0 ? 1.f : excess < 0 ? -1.f : 0.f;
    }
    __syncthreads();
    float weight = (float)scalars[BETA] * sign;
    for (int r = threadIdx.x; r < rows; r += blockDim.x) {
        loss[r] = fmaf(weight, kl[r] - (float)capacity, reconstruction[r]);
        kl_weights[r] = scale * weight;
    }
}
