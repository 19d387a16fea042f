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
