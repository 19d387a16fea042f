// The prior of a code that depends on another code.
#include "common.cuh"

// ratio += upper + sum (z^2 - v - (z - m)^2 exp(-v)) / 2. Blocks are (threads per row, rows).
extern "C" __global__ void hierarchy_prior(
    float *ratio, const float *upper, const float *z, const float *prior, int rows, int latents) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        long long mean = 2 * row * latents;
        for (int i = threadIdx.x; i < latents; i += blockDim.x) {
            float value = z[row * latents + i];
            float v = prior[mean + latents + i];
            float d = value - prior[mean + i];
            sum += value * value - v - d * d * expf(-v);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        ratio[row] += fmaf(0.5f, sum, upper[row]);
    }
}

// With s = (z - m) exp(-v): dz += w (s - z), dm = -w s, dv = w (1 - (z - m) s) / 2.
extern "C" __global__ void hierarchy_prior_backward(
    float *dz, float *dprior, const float *z, const float *prior, const float *weights, int latents, long long count) {
    for (long long i = first_element(); i < count; i += element_stride()) {
        long long row = i / latents;
        long long mean = i + row * latents;
        float weight = weights[row];
        float d = z[i] - prior[mean];
        float s = d * expf(-prior[mean + latents]);
        dz[i] = fmaf(weight, s - z[i], dz[i]);
        dprior[mean] = -weight * s;
        dprior[mean + latents] = 0.5f * weight * (1.f - d * s);
    }
}

// kl[b] = the mean of -ratio over the draws of a sample.
extern "C" __global__ void hierarchy_mean(float *kl, const float *ratio, int samples, int draws) {
    for (long long b = first_element(); b < samples; b += element_stride()) {
        float sum = 0.f;
        for (int k = 0; k < draws; k++) {
            sum += ratio[b * draws + k];
        }
        kl[b] = -sum / draws;
    }
}

// The first columns of each row, and the others.
extern "C" __global__ void hierarchy_split(
    float *first, float *second, const float *both, int front, int behind, long long count) {
    int width = front + behind;
    for (long long i = first_element(); i < count; i += element_stride()) {
        long long r = i / width;
        int c = (int)(i - r * width);
        if (c < front) {
            first[r * front + c] = both[i];
        } else {
            second[r * behind + c - front] = both[i];
        }
    }
}
