// Optimizers over a whole block of parameters.
#include "common.cuh"

// What is below these is rounded away, so that moments decay to zero and not into subnormal numbers; as on the CPU, where such
// numbers are slow, so that both backends agree.
#define TINY_GRADIENT 1e-10f
#define TINY_FIRST 1e-23f
#define TINY_SECOND 1e-31f

struct Rates {
    float beta1;
    float beta2;
    float keep1;
    float keep2;
    float rate;
    float root;
    float epsilon;
};

static __device__ __forceinline__ void adam(float &p, float &m, float &v, float g, Rates rates) {
    float gradient = (g + TINY_GRADIENT) - TINY_GRADIENT;
    m = (rates.beta1 * m + rates.keep1 * gradient + TINY_FIRST) - TINY_FIRST;
    v = (rates.beta2 * v + rates.keep2 * gradient * gradient + TINY_SECOND) - TINY_SECOND;
    p -= rates.rate * m / (sqrtf(v) * rates.root + rates.epsilon);
}

// Four parameters with all that belongs to them.
struct Four {
    float4 p;
    float4 m;
    float4 v;
    float4 g;
};

static __device__ __forceinline__ int left_of(long long count, long long i) {
    return count - i < 4 ? (int)(count - i) : 4;
}

static __device__ __forceinline__ Four load(
    const float *p, const float *m, const float *v, const float *g, long long i, long long count) {
    int left = left_of(count, i);
    Four four = {load_four(p + i, left), load_four(m + i, left), load_four(v + i, left), load_four(g + i, left)};
    return four;
}

// One Adam step (Kingma, Ba 2014); nothing moves once halted.
extern "C" __global__ void optimizer_adam(
    float *p, float *m, float *v, const float *g, const double *scalars, long long count, float beta1, float beta2,
    float epsilon) {
    // A quotient and a root in double precision are slow on many devices: one thread does them for its block, while the
    // first values are on their way.
    __shared__ float shared_rates[2];
    long long i = 4 * first_element();
    Four four = {};
    if (i < count) {
        four = load(p, m, v, g, i, count);
    }
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    if (threadIdx.x == 0) {
        shared_rates[0] = (float)(scalars[LEARNING_RATE] / scalars[ADAM_CORRECTION_1]);
        shared_rates[1] = (float)(1 / sqrt(scalars[ADAM_CORRECTION_2]));
    }
    __syncthreads();
    Rates rates = {beta1, beta2, 1.f - beta1, 1.f - beta2, shared_rates[0], shared_rates[1], epsilon};
    while (i < count) {
        adam(four.p.x, four.m.x, four.v.x, four.g.x, rates);
        adam(four.p.y, four.m.y, four.v.y, four.g.y, rates);
        adam(four.p.z, four.m.z, four.v.z, four.g.z, rates);
        adam(four.p.w, four.m.w, four.v.w, four.g.w, rates);
        int left = left_of(count, i);
        store_four(p + i, four.p, left);
        store_four(m + i, four.m, left);
        store_four(v + i, four.v, left);
        i += 4 * element_stride();
        if (i < count) {
            four = load(p, m, v, g, i, count);
        }
    }
}

// AdamW (Loshchilov, Hutter 2019) with the gradients times scale times what clipping leaves of them; the decay of each parameter
// may be null. Nothing moves once halted.
extern "C" __global__ void optimizer_adamw(
    float *p, float *m, float *v, const float *g, const float *decay, const double *scalars, long long count, float beta1,
    float beta2, float epsilon, float scale) {
    __shared__ float shared_rates[4];
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    if (threadIdx.x == 0) {
        shared_rates[0] = (float)(scalars[LEARNING_RATE] / scalars[ADAM_CORRECTION_1]);
        shared_rates[1] = (float)(1 / sqrt(scalars[ADAM_CORRECTION_2]));
        shared_rates[2] = (float)scalars[LEARNING_RATE];
        shared_rates[3] = (float)(scale * scalars[GRADIENT_SCALE]);
    }
    __syncthreads();
    Rates rates = {beta1, beta2, 1.f - beta1, 1.f - beta2, shared_rates[0], shared_rates[1], epsilon};
    float rate = shared_rates[2];
    float share = shared_rates[3];
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = left_of(count, i);
        Four four = load(p, m, v, g, i, count);
        float4 d = decay ? load_four(decay + i, left) : make_float4(0.f, 0.f, 0.f, 0.f);
        four.p.x -= rate * d.x * four.p.x;
        four.p.y -= rate * d.y * four.p.y;
        four.p.z -= rate * d.z * four.p.z;
        four.p.w -= rate * d.w * four.p.w;
        adam(four.p.x, four.m.x, four.v.x, share * four.g.x, rates);
        adam(four.p.y, four.m.y, four.v.y, share * four.g.y, rates);
        adam(four.p.z, four.m.z, four.v.z, share * four.g.z, rates);
        adam(four.p.w, four.m.w, four.v.w, share * four.g.w, rates);
        store_four(p + i, four.p, left);
        store_four(m + i, four.m, left);
        store_four(v + i, four.v, left);
    }
}

// total += x.
extern "C" __global__ void optimizer_add(float *total, const float *x, long long count) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = left_of(count, i);
        float4 a = load_four(total + i, left);
        float4 b = load_four(x + i, left);
        store_four(total + i, make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w), left);
    }
}

// parts = one sum of squares per block, of the elements that come its way.
extern "C" __global__ void optimizer_squares(double *parts, const float *g, long long count) {
    __shared__ double sums[WARP];
    double total = 0;
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        float4 v = load_four(g + i, left_of(count, i));
        total += ((double)v.x * v.x + (double)v.y * v.y) + ((double)v.z * v.z + (double)v.w * v.w);
    }
    total = block_sum(total, sums);
    if (threadIdx.x == 0) {
        parts[blockIdx.x] = total;
    }
}

// The norm of scale times the gradients, and what clipping to the limit leaves of them: min(1, limit / (norm + 1e-6)); unless
// halted. One block of whole warps.
extern "C" __global__ void optimizer_norm(
    double *scalars, const double *parts, int count, float scale, float limit) {
    __shared__ double sums[WARP];
    double total = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        total += parts[i];
    }
    total = block_sum(total, sums);
    if (threadIdx.x != 0 || scalars[HALTED_AT] != 0) {
        return;
    }
    double norm = scale * sqrt(total);
    double share = limit / (norm + 1e-6);
    // With a norm that is not a number the others stay as they are, so that the parameter at fault is the one that shows.
    scalars[GRADIENT_SCALE] = share < 1 ? share : 1;
    scalars[GRADIENT_NORM_SUM] += norm;
    scalars[GRADIENT_NORM_MAX] = norm > scalars[GRADIENT_NORM_MAX] ? norm : scalars[GRADIENT_NORM_MAX];
}

// average += (p - average) (1 - decay) / (1 - decay^STEP); nothing moves once halted.
extern "C" __global__ void optimizer_average(
    float *average, const float *p, const double *scalars, long long count, double decay) {
    __shared__ float shared_share;
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    if (threadIdx.x == 0) {
        shared_share = (float)((1 - decay) / (1 - exp(scalars[STEP] * log(decay))));
    }
    __syncthreads();
    float share = shared_share;
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = left_of(count, i);
        float4 a = load_four(average + i, left);
        float4 b = load_four(p + i, left);
        store_four(
            average + i,
            make_float4(
                fmaf(share, b.x - a.x, a.x), fmaf(share, b.y - a.y, a.y), fmaf(share, b.z - a.z, a.z),
                fmaf(share, b.w - a.w, a.w)),
            left);
    }
}
