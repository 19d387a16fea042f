// Negative log-likelihood rows in nats and their gradients. Blocks are (threads per row, rows); a thread takes four columns at a
// time, whether or not they can be loaded at once, so that alignment never shows in a sum.
#include "common.cuh"

#define LOG_TWO_PI 1.83787707f

// Cross-entropy of x under sigmoid(l), max(l, 0) - l x + log(1 + exp(-|l|)), and its gradient weight (sigmoid(l) - x).
static __device__ __forceinline__ float bernoulli(float l, float x, float weight, float *gradient) {
    float e = expf(-fabsf(l));
    float larger = 1.f / (1.f + e);
    *gradient = weight * ((l >= 0.f ? larger : e * larger) - x);
    return fmaf(-l, x, fmaxf(l, 0.f)) + log1pf(e);
}

// The rows, the gradient, or both; what is not asked for is null, weights with it.
extern "C" __global__ void likelihood_bernoulli(
    float *sums, float *dlogits, const float *logits, const float *x, const float *weights, int rows, int width) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        float weight = dlogits ? weights[row] : 0.f;
        for (int d = 4 * threadIdx.x; d < width; d += 4 * blockDim.x) {
            long long at = row * width + d;
            int left = width - d;
            float4 l = load_four(logits + at, left);
            float4 v = load_four(x + at, left);
            float4 gradient;
            sum += bernoulli(l.x, v.x, weight, &gradient.x);
            float second = bernoulli(l.y, v.y, weight, &gradient.y);
            float third = bernoulli(l.z, v.z, weight, &gradient.z);
            float fourth = bernoulli(l.w, v.w, weight, &gradient.w);
            sum += left > 1 ? second : 0.f;
            sum += left > 2 ? third : 0.f;
            sum += left > 3 ? fourth : 0.f;
            if (dlogits) {
                store_four(dlogits + at, gradient, left);
            }
        }
    }
    if (sums) {
        sum = row_sum(sum);
        if (threadIdx.x == 0 && row < rows) {
            sums[row] = sum;
        }
    }
}

static __device__ __forceinline__ float squared(float4 a, float4 b) {
    float x = a.x - b.x;
    float y = a.y - b.y;
    float z = a.z - b.z;
    float w = a.w - b.w;
    return fmaf(x, x, y * y) + fmaf(z, z, w * w);
}

// sum of (x - mean)^2, or with a log variance v of all outputs (width (log(2 pi) + v) + sum of (x - mean)^2 exp(-v)) / 2.
extern "C" __global__ void likelihood_squared(
    float *sums, const float *mean, const float *x, const float *logvar, int rows, int width) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        for (int d = 4 * threadIdx.x; d < width; d += 4 * blockDim.x) {
            long long at = row * width + d;
            sum += squared(load_four(mean + at, width - d), load_four(x + at, width - d));
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        if (logvar) {
            float v = logvar[0];
            sum = 0.5f * fmaf(sum, expf(-v), (float)width * (LOG_TWO_PI + v));
        }
        sums[row] = sum;
    }
}

// dmean = 2 weight (mean - x), or with a log variance weight (mean - x) exp(-v). Where `terms` is not null it receives each
// row's part of the log variance's gradient, weight (width - sum of (x - mean)^2 exp(-v)) / 2.
extern "C" __global__ void likelihood_squared_backward(
    float *dmean, float *terms, const float *mean, const float *x, const float *logvar, const float *weights, int rows,
    int width) {
    long long row = block_row();
    float sum = 0.f;
    float weight = row < rows ? weights[row] : 0.f;
    float precision = logvar ? expf(-logvar[0]) : 2.f;
    if (row < rows) {
        float factor = weight * precision;
        for (int d = 4 * threadIdx.x; d < width; d += 4 * blockDim.x) {
            long long at = row * width + d;
            int left = width - d;
            float4 m = load_four(mean + at, left);
            float4 v = load_four(x + at, left);
            sum += squared(m, v);
            float4 gradient = make_float4(
                factor * (m.x - v.x), factor * (m.y - v.y), factor * (m.z - v.z), factor * (m.w - v.w));
            store_four(dmean + at, gradient, left);
        }
    }
    if (terms) {
        sum = row_sum(sum);
        if (threadIdx.x == 0 && row < rows) {
            terms[row] = 0.5f * weight * ((float)width - sum * precision);
        }
    }
}

// total[0] = the sum of the terms, by one block.
extern "C" __global__ void likelihood_total(float *total, const float *terms, int count) {
    __shared__ double sums[WARP];
    double sum = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        sum += terms[i];
    }
    sum = block_sum(sum, sums);
    if (threadIdx.x == 0) {
        total[0] = (float)sum;
    }
}
