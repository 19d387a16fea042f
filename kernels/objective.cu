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

// ---- importance weights over `draws` codes of each sample: row r belongs to sample r / draws

// z = mu + exp(logvar / 2) noise and ratio = sum (logvar + noise^2 - z^2) / 2. Blocks are (threads per row, rows).
extern "C" __global__ void objective_draw(
    float *z, float *ratio, const float *head, const float *noise, int rows, int draws, int latents) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        long long mean = 2 * (row / draws) * latents;
        for (int i = threadIdx.x; i < latents; i += blockDim.x) {
            float logvar = head[mean + latents + i];
            float e = noise[row * latents + i];
            float value = fmaf(expf(0.5f * logvar), e, head[mean + i]);
            z[row * latents + i] = value;
            sum += logvar + (e * e - value * value);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        ratio[row] = 0.5f * sum;
    }
}

// With log w = beta ratio - rows: loss = -log mean w, reconstruction = mean rows, and of each row its normalised weight n times
// scale and scale beta, and 1 - beta (1 - n), where there is room for it.
extern "C" __global__ void objective_importance(
    float *loss, float *reconstruction, float *weights, float *ratio_weights, float *factors, const float *rows,
    const float *ratio, const double *scalars, int samples, int draws, float scale) {
    float beta = (float)scalars[BETA];
    for (long long b = first_element(); b < samples; b += element_stride()) {
        long long first = b * draws;
        float most = fmaf(beta, ratio[first], -rows[first]);
        for (int k = 1; k < draws; k++) {
            most = fmaxf(most, fmaf(beta, ratio[first + k], -rows[first + k]));
        }
        float sum = 0.f;
        float total = 0.f;
        for (int k = 0; k < draws; k++) {
            sum += expf(fmaf(beta, ratio[first + k], -rows[first + k]) - most);
            total += rows[first + k];
        }
        loss[b] = -(most + logf(sum / draws));
        reconstruction[b] = total / draws;
        for (int k = 0; k < draws; k++) {
            float share = expf(fmaf(beta, ratio[first + k], -rows[first + k]) - most) / sum;
            weights[first + k] = scale * share;
            ratio_weights[first + k] = scale * beta * share;
            if (factors) {
                factors[first + k] = 1.f - beta * (1.f - share);
            }
        }
    }
}

// With w a row's ratio weight and g = dz + w z: dmu = sum g and dlogvar = sum (g noise exp(logvar / 2) - w) / 2 over the draws of
// a sample. With factors f, g = f (dz + w (z - noise / exp(logvar / 2))) and dlogvar = sum g noise exp(logvar / 2) / 2.
extern "C" __global__ void objective_draw_backward(
    float *dhead, const float *dz, const float *head, const float *noise, const float *z, const float *ratio_weights,
    const float *factors, int samples, int draws, int latents) {
    long long sample = block_row();
    if (sample >= samples) {
        return;
    }
    for (int i = threadIdx.x; i < latents; i += blockDim.x) {
        long long mean = 2 * sample * latents + i;
        float deviation = expf(0.5f * head[mean + latents]);
        float dmu = 0.f;
        float dlogvar = 0.f;
        for (int k = 0; k < draws; k++) {
            long long row = sample * draws + k;
            long long at = row * latents + i;
            float weight = ratio_weights[row];
            float e = noise[at];
            float g = factors ? factors[row] * fmaf(weight, z[at] - e / deviation, dz[at]) : fmaf(weight, z[at], dz[at]);
            dmu += g;
            dlogvar += g * e * deviation - (factors ? 0.f : weight);
        }
        dhead[mean] = dmu;
        dhead[mean + latents] = 0.5f * dlogvar;
    }
}
