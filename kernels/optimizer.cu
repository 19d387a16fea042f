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

// One Adam step (Kingma, Ba 2014); nothing moves once halted.
extern "C" __global__ void optimizer_adam(
    float *p, float *m, float *v, const float *g, const double *scalars, long long count, float beta1, float beta2,
    float epsilon) {
    // A quotient and a root in double precision are slow on many devices: one thread does them for its block.
    __shared__ float shared_rates[2];
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    if (threadIdx.x == 0) {
        shared_rates[0] = (float)(scalars[LEARNING_RATE] / scalars[ADAM_CORRECTION_1]);
        shared_rates[1] = (float)(1 / sqrt(scalars[ADAM_CORRECTION_2]));
    }
    __syncthreads();
    Rates rates = {beta1, beta2, 1.f - beta1, 1.f - beta2, shared_rates[0], shared_rates[1], epsilon};
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        float4 ps = load_four(p + i, left);
        float4 ms = load_four(m + i, left);
        float4 vs = load_four(v + i, left);
        float4 gs = load_four(g + i, left);
        adam(ps.x, ms.x, vs.x, gs.x, rates);
        adam(ps.y, ms.y, vs.y, gs.y, rates);
        adam(ps.z, ms.z, vs.z, gs.z, rates);
        adam(ps.w, ms.w, vs.w, gs.w, rates);
        store_four(p + i, ps, left);
        store_four(m + i, ms, left);
        store_four(v + i, vs, left);
    }
}
