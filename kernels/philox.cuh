// The shared random sequence on the device: the twin of tensor/Philox.java, bit for bit in its integers and uniforms.
// Sources: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011); the cuRAND documentation for the ordering, the
// seed as key and the Box-Muller constants.
#pragma once

#include "common.cuh"

// Values 4 group .. 4 group + 3 of a key's sequence. Legacy ordering: subsequence group mod 65536, block group / 65536.
// The fourth counter word carries the epoch where values are drawn anew per epoch.
static __device__ __forceinline__ uint4 philox_group(long long key, int epoch, long long group) {
    unsigned long long block = (unsigned long long)group >> 16;
    unsigned int c0 = (unsigned int)block;
    unsigned int c1 = (unsigned int)(block >> 32);
    unsigned int c2 = (unsigned int)group & 0xffffu;
    unsigned int c3 = (unsigned int)epoch;
    unsigned int k0 = (unsigned int)key;
    unsigned int k1 = (unsigned int)((unsigned long long)key >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        unsigned int high0 = __umulhi(0xD2511F53u, c0);
        unsigned int low0 = 0xD2511F53u * c0;
        unsigned int high1 = __umulhi(0xCD9E8D57u, c2);
        unsigned int low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return make_uint4(c0, c1, c2, c3);
}

// The upper 24 bits as a float in [0, 1); exact.
static __device__ __forceinline__ float philox_uniform(unsigned int bits) {
    return (float)(bits >> 8) * 5.9604644775390625e-8f;
}

// Sine and cosine of v in [0, 2 pi], to about a last place: quarter turns taken off in two parts (Cody, Waite 1980), then
// Taylor up to r^11 and r^10, whose next terms are below 1e-9 for |r| <= pi / 4. The library's own would carry a path for large
// arguments along that needs local memory, and the fast ones are right to 2^-21 only.
static __device__ __forceinline__ float2 sine_cosine(float v) {
    float turns = floorf(fmaf(v, 0.636619772f, 0.5f));
    float r = fmaf(turns, -1.57079637f, v);
    r = fmaf(turns, 4.37113883e-8f, r);
    float q = r * r;
    float s = fmaf(q, -2.50521084e-8f, 2.75573192e-6f);
    s = fmaf(q, s, -1.98412698e-4f);
    s = fmaf(q, s, 8.33333333e-3f);
    s = fmaf(q, s, -0.166666667f);
    s = fmaf(r * q, s, r);
    float c = fmaf(q, -2.75573192e-7f, 2.48015873e-5f);
    c = fmaf(q, c, -1.38888889e-3f);
    c = fmaf(q, c, 4.16666667e-2f);
    c = fmaf(q, c, -0.5f);
    c = fmaf(q, c, 1.f);
    int quarter = (int)turns & 3;
    float sine = quarter & 1 ? c : s;
    float cosine = quarter & 1 ? s : c;
    return make_float2(quarter & 2 ? -sine : sine, quarter == 1 || quarter == 2 ? -cosine : cosine);
}

// Two normals of two values, with cuRAND's constants. Products and sums are kept apart, as in Java, lest an angle near 2 pi
// differ by a last place.
static __device__ __forceinline__ float2 box_muller(unsigned int x, unsigned int y) {
    const float unit = 2.3283064365386963e-10f;
    const float turn = 1.46291807926715968e-9f;
    float u = __fadd_rn(__fmul_rn((float)x, unit), unit / 2);
    float v = __fadd_rn(__fmul_rn((float)y, turn), turn / 2);
    float radius = sqrtf(-2.f * logf(u));
    float2 direction = sine_cosine(v);
    return make_float2(radius * direction.x, radius * direction.y);
}

// The four normals of a group.
static __device__ __forceinline__ float4 philox_normals(long long key, long long group) {
    uint4 bits = philox_group(key, 0, group);
    float2 low = box_muller(bits.x, bits.y);
    float2 high = box_muller(bits.z, bits.w);
    return make_float4(low.x, low.y, high.x, high.y);
}
