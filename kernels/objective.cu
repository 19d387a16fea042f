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
