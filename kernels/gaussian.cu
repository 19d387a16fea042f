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

// active = 1 where the mean over the rows of a latent's kl is at least the floor, else 0. Blocks are (latents, rows of a turn).
extern "C" __global__ void gaussian_active(float *active, const float *head, int rows, int latents, float floor) {
    __shared__ double sums[256];
    int latent = blockIdx.x * blockDim.x + threadIdx.x;
    double sum = 0;
    if (latent < latents) {
        for (long long r = threadIdx.y; r < rows; r += blockDim.y) {
            float mu = head[2 * r * latents + latent];
            float logvar = head[(2 * r + 1) * latents + latent];
            sum += 0.5f * (mu * mu + (expm1f(logvar) - logvar));
        }
    }
    sums[threadIdx.y * blockDim.x + threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && latent < latents) {
        for (int y = 1; y < (int)blockDim.y; y++) {
            sum += sums[y * blockDim.x + threadIdx.x];
        }
        active[latent] = sum / rows >= floor ? 1.f : 0.f;
    }
}

// kl = sum over latents of their kl where they are active, of the floor where they are not.
extern "C" __global__ void gaussian_floored(
    float *kl, const float *head, const float *active, int rows, int latents, float floor) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        for (int i = threadIdx.x; i < latents; i += blockDim.x) {
            float mu = head[2 * row * latents + i];
            float logvar = head[(2 * row + 1) * latents + i];
            // A value that is not finite shows in any case: a floor must not hide it.
            float own = 0.5f * (mu * mu + (expm1f(logvar) - logvar));
            sum += active[i] != 0.f || !isfinite(own) ? own : floor;
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        kl[row] = sum;
    }
}

// dmu = dz + w mu, dlogvar = (dz noise exp(logvar / 2) + w (exp(logvar) - 1)) / 2, with w the row's weight, times the latent's
// where there are such.
extern "C" __global__ void gaussian_backward(
    float *dhead, const float *dz, const float *head, const float *noise, const float *weights,
    const float *latent_weights, int rows, int latents) {
    long long row = block_row();
    if (row >= rows) {
        return;
    }
    float row_weight = weights[row];
    for (int i = threadIdx.x; i < latents; i += blockDim.x) {
        float weight = latent_weights ? row_weight * latent_weights[i] : row_weight;
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
