// Mixtures of diagonal normals as priors. Means and log variances of a component are rows of two tables with the same stride.
#include "common.cuh"

static __device__ __forceinline__ float warp_max(float value) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        value = fmaxf(value, __shfl_xor_sync(WHOLE_WARP, value, offset));
    }
    return value;
}

// terms[r, k] = log N(z_r; mean_k, exp(logvar_k)) without its log(2 pi).
extern "C" __global__ void prior_terms(
    float *terms, const float *z, const float *means, const float *logvars, int stride, int components, int latents,
    long long count) {
    for (long long at = first_element(); at < count; at += element_stride()) {
        const float *own = z + at / components * latents;
        long long row = at % components * stride;
        float sum = 0.f;
        for (int d = 0; d < latents; d++) {
            float logvar = logvars[row + d];
            float distance = own[d] - means[row + d];
            sum += logvar + distance * distance * expf(-logvar);
        }
        terms[at] = -0.5f * sum;
    }
}

// The terms become shares of their sum, each with its weight softmax(logits), or 1 / components where there are none; ratio = log of
// that sum - log q(z | x). Blocks are (a warp, rows).
extern "C" __global__ void prior_rows(
    float *ratio, float *shares, const float *head, const float *noise, const float *logits, int rows, int draws,
    int components, int latents) {
    long long row = block_row();
    if (row >= rows) {
        return;
    }
    const float nothing = -3.402823466e38f;
    int lane = threadIdx.x;
    const float *logvars = head + (2 * (row / draws) + 1) * latents;
    float posterior = 0.f;
    for (int d = lane; d < latents; d += WARP) {
        float e = noise[row * latents + d];
        posterior += logvars[d] + e * e;
    }
    posterior = warp_sum(posterior);
    float all = logf((float)components);
    if (logits) {
        float most = nothing;
        for (int k = lane; k < components; k += WARP) {
            most = fmaxf(most, logits[k]);
        }
        most = warp_max(most);
        float sum = 0.f;
        for (int k = lane; k < components; k += WARP) {
            sum += expf(logits[k] - most);
        }
        all = most + logf(warp_sum(sum));
    }
    float *own = shares + row * components;
    float most = nothing;
    for (int k = lane; k < components; k += WARP) {
        own[k] += (logits ? logits[k] : 0.f) - all;
        most = fmaxf(most, own[k]);
    }
    most = warp_max(most);
    float sum = 0.f;
    for (int k = lane; k < components; k += WARP) {
        own[k] = expf(own[k] - most);
        sum += own[k];
    }
    sum = warp_sum(sum);
    for (int k = lane; k < components; k += WARP) {
        own[k] /= sum;
    }
    if (lane == 0) {
        ratio[row] = most + logf(sum) + 0.5f * posterior;
    }
}

// slope = sum over k of shares (z - mean_k) / exp(logvar_k).
extern "C" __global__ void prior_slope(
    float *slope, const float *shares, const float *z, const float *means, const float *logvars, int stride,
    int components, int latents, long long count) {
    for (long long at = first_element(); at < count; at += element_stride()) {
        const float *share = shares + at / latents * components;
        long long d = at % latents;
        float sum = 0.f;
        for (int k = 0; k < components; k++) {
            long long place = (long long)k * stride + d;
            sum += share[k] * (z[at] - means[place]) * expf(-logvars[place]);
        }
        slope[at] = sum;
    }
}

// dmean_k = -sum over r of w s (z - mean) / v and dlogvar_k = -1/2 sum of w s ((z - mean)^2 / v - 1), with v = exp(logvar_k).
extern "C" __global__ void prior_components(
    float *dmeans, float *dlogvars, const float *shares, const float *z, const float *means, const float *logvars,
    const float *weights, int stride, int components, int latents, int rows) {
    for (long long at = first_element(); at < (long long)components * latents; at += element_stride()) {
        long long k = at / latents;
        long long d = at % latents;
        long long place = k * stride + d;
        float precision = expf(-logvars[place]);
        float dmean = 0.f;
        float dlogvar = 0.f;
        for (long long r = 0; r < rows; r++) {
            float share = weights[r] * shares[r * components + k];
            float distance = z[r * latents + d] - means[place];
            dmean -= share * distance;
            dlogvar -= share * (distance * distance * precision - 1.f);
        }
        dmeans[place] = dmean * precision;
        dlogvars[place] = 0.5f * dlogvar;
    }
}

// dlogit_k = -sum over r of w (s - p), with p = softmax(logits).
extern "C" __global__ void prior_logits(
    float *dlogits, const float *shares, const float *logits, const float *weights, int components, int rows) {
    for (long long k = first_element(); k < components; k += element_stride()) {
        float most = logits[0];
        for (int j = 1; j < components; j++) {
            most = fmaxf(most, logits[j]);
        }
        float all = 0.f;
        for (int j = 0; j < components; j++) {
            all += expf(logits[j] - most);
        }
        float probability = expf(logits[k] - most) / all;
        float sum = 0.f;
        for (long long r = 0; r < rows; r++) {
            sum += weights[r] * (probability - shares[r * components + k]);
        }
        dlogits[k] = sum;
    }
}

// mean = factor times the mean of the rows of a sample.
extern "C" __global__ void prior_mean_of_draws(float *mean, const float *rows, int samples, int draws, float factor) {
    for (long long b = first_element(); b < samples; b += element_stride()) {
        float sum = 0.f;
        for (int k = 0; k < draws; k++) {
            sum += rows[b * draws + k];
        }
        mean[b] = factor * (sum / draws);
    }
}

// y = x within the bounds, else the nearer bound.
extern "C" __global__ void prior_clamp(float *y, const float *x, float low, float high, long long count) {
    for (long long i = first_element(); i < count; i += element_stride()) {
        y[i] = x[i] < low ? low : x[i] > high ? high : x[i];
    }
}

// dx = dy within the bounds, and outside where a step against dy leads back; else 0.
extern "C" __global__ void prior_clamp_backward(
    float *dx, const float *dy, const float *x, float low, float high, long long count) {
    for (long long i = first_element(); i < count; i += element_stride()) {
        dx[i] = (x[i] < low && dy[i] > 0.f) || (x[i] > high && dy[i] < 0.f) ? 0.f : dy[i];
    }
}
