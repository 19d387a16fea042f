// The maximum mean discrepancy between the codes of a batch and draws from the prior, with inverse multiquadratic kernels.
#include "common.cuh"

static __device__ __forceinline__ float squared_distance(const float *a, const float *b, int latents) {
    float sum = 0.f;
    for (int d = 0; d < latents; d++) {
        float difference = a[d] - b[d];
        sum = fmaf(difference, difference, sum);
    }
    return sum;
}

// The sum over the scales of C / (C + distance), and of C / (C + distance)^2, with C = 2 Z scale.
static __device__ __forceinline__ float kernel(float distance, int latents, float *slope) {
    const float scales[] = {0.1f, 0.2f, 0.5f, 1.f, 2.f, 5.f, 10.f};
    float value = 0.f;
    *slope = 0.f;
#pragma unroll
    for (int s = 0; s < 7; s++) {
        float c = 2.f * latents * scales[s];
        float share = c / (c + distance);
        value += share;
        *slope += share * share / c;
    }
    return value;
}

// values[i] = sum over j other than i of (k(z_i, z_j) + k(p_i, p_j)) / (rows - 1), less 2 / rows times the sum over j of k(p_i, z_j);
// slopes = g(z_i, z_j), then g(p_i, z_j). Blocks are (threads per row, rows).
extern "C" __global__ void mmd_rows(
    float *values, float *slopes, const float *z, const float *prior, int rows, int latents) {
    long long i = block_row();
    float sum = 0.f;
    if (i < rows && rows > 1) {
        const float *code = z + i * latents;
        const float *draw = prior + i * latents;
        for (int j = threadIdx.x; j < rows; j += blockDim.x) {
            const float *other = z + (long long)j * latents;
            float slope;
            float unused;
            float own = kernel(squared_distance(code, other, latents), latents, &slope);
            slopes[i * rows + j] = slope;
            own += kernel(squared_distance(draw, prior + (long long)j * latents, latents), latents, &unused);
            float cross = kernel(squared_distance(draw, other, latents), latents, &slope);
            slopes[(rows + i) * rows + j] = slope;
            sum += (j == i ? 0.f : own / (rows - 1)) - 2.f * cross / rows;
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && i < rows) {
        values[i] = sum;
    }
}

// dz_j += 4 weight (sum over i of g(p_i, z_j) (z_j - p_i) / rows - sum over i of g(z_i, z_j) (z_j - z_i) / (rows - 1)).
extern "C" __global__ void mmd_backward(
    float *dz, const float *slopes, const float *z, const float *prior, int rows, int latents, float weight) {
    if (rows == 1) {
        return;
    }
    for (long long at = first_element(); at < (long long)rows * latents; at += element_stride()) {
        long long j = at / latents;
        int d = (int)(at % latents);
        float value = z[at];
        float own = 0.f;
        float cross = 0.f;
        for (long long i = 0; i < rows; i++) {
            own += slopes[i * rows + j] * (value - z[i * latents + d]);
            cross += slopes[(rows + i) * rows + j] * (value - prior[i * latents + d]);
        }
        dz[at] += 4.f * weight * (cross / rows - own / (rows - 1));
    }
}
