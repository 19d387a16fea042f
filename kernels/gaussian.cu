// The Gaussian posterior; a row of head is [mu(Z) | logvar(Z)]. Blocks are (threads per row, rows).
#include "common.cuh"

// z = mu + exp(logvar / 2) noise and kl = sum (mu^2 + (exp(logvar) - 1) - logvar) / 2: expm1 keeps the difference of a posterior
// near the prior. z (with noise) or kl may be null.
extern "C" __global__ void gaussian_sample(
    float *z, float *kl, const float *head, const float *noise, int rows, int latents) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        for (int i = threadIdx.x; i < latents; i += blockDim.x) {
            float mu = head[2 * row * latents + i];
            float logvar = head[(2 * row + 1) * latents + i];
            if (z) {
                z[row * latents + i] = fmaf(expf(0.5f * logvar), noise[row * latents + i], mu);
            }
            sum += mu * mu + (expm1f(logvar) - logvar);
        }
    }
    if (kl) {
        sum = row_sum(sum);
        if (threadIdx.x == 0 && row < rows) {
            kl[row] = 0.5f * sum;
        }
    }
}

// dmu = dz + w mu, dlogvar = (dz noise exp(logvar / 2) + w (exp(logvar) - 1)) / 2.
extern "C" __global__ void gaussian_backward(
    float *dhead, const float *dz, const float *head, const float *noise, const float *weights, int rows, int latents) {
    long long row = block_row();
    if (row >= rows) {
        return;
    }
    float weight = weights[row];
    for (int i = threadIdx.x; i < latents; i += blockDim.x) {
        long long mean = 2 * row * latents + i;
        float mu = head[mean];
        float logvar = head[mean + latents];
        float gradient = dz[row * latents + i];
        float deviation = expf(0.5f * logvar);
        dhead[mean] = fmaf(weight, mu, gradient);
        dhead[mean + latents] = 0.5f * fmaf(weight, expm1f(logvar), gradient * noise[row * latents + i] * deviation);
    }
}

// ratio = sum (logvar + noise^2 - z^2) / 2.
extern "C" __global__ void gaussian_log_ratio(
    float *ratio, const float *z, const float *head, const float *noise, int rows, int latents) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        for (int i = threadIdx.x; i < latents; i += blockDim.x) {
            float e = noise[row * latents + i];
            float value = z[row * latents + i];
            sum += head[(2 * row + 1) * latents + i] + (e * e - value * value);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        ratio[row] = 0.5f * sum;
    }
}
