// What CUDA C++ adds to C++, so that the project's kernels compile with an ordinary compiler. The build includes this file
// ahead of every .cu source; see README.md for what is simulated and how.
//
// Threads of a block run one after the other on the calling thread. One that has to wait (a barrier, an exchange within its
// warp) stays behind on its own stack while the next ones start; a block whose threads never wait is a plain loop.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <type_traits>
#include <utility>

// ---- types

struct uint3 { unsigned x, y, z; };
struct int2 { int x, y; } __attribute__((aligned(8)));
struct int4 { int x, y, z, w; } __attribute__((aligned(16)));
struct uint2 { unsigned x, y; } __attribute__((aligned(8)));
struct uint4 { unsigned x, y, z, w; } __attribute__((aligned(16)));
struct float2 { float x, y; } __attribute__((aligned(8)));
struct float3 { float x, y, z; };
struct float4 { float x, y, z, w; } __attribute__((aligned(16)));
struct double2 { double x, y; } __attribute__((aligned(16)));
struct uchar4 { unsigned char x, y, z, w; } __attribute__((aligned(4)));
struct ushort2 { unsigned short x, y; } __attribute__((aligned(4)));
struct ushort4 { unsigned short x, y, z, w; } __attribute__((aligned(8)));
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

// ---- the machine

namespace sim {

constexpr int kWarp = 32;

// A CUDA thread as far as its kernel sees it.
struct Thread { uint3 index; unsigned linear; };

// The block that runs now. One at a time in the whole process: the driver holds a lock.
struct Block {
    uint3 index;
    dim3 threads;
    dim3 blocks;
    unsigned count;     // threads of the block
    unsigned started;   // of them, how many have begun
    unsigned finished;
    uint3 next;         // index of the next to begin
};

extern Block block;
extern Thread* current;  // the CUDA thread that runs now

// Waits for all threads of the block. line tells barriers apart: all threads must wait at the same one.
void barrier(int line);

enum Exchange : int { kShuffle, kDown, kUp, kXor, kBallot, kSync };

// Waits for the lanes in the mask and gives this lane what it asked of another.
uint64_t exchange(int line, unsigned mask, Exchange kind, uint64_t value, int operand, int width);

// Takes up the next thread of the block, if one is left to begin.
static inline __attribute__((always_inline)) bool advance() {
    if (block.started == block.count) return false;
    current->index = block.next;
    current->linear = block.started++;
    if (++block.next.x == block.threads.x) {
        block.next.x = 0;
        if (++block.next.y == block.threads.y) {
            block.next.y = 0;
            ++block.next.z;
        }
    }
    return true;
}

// What the driver knows of an entry point.
struct Entry {
    const char* name;
    const char* parameters;  // one letter each: p pointer, l eight-byte integer, i four-byte integer, f float, d double
    bool checked;            // compiled with every access checked
    void (*loop)(void* const* arguments);  // runs threads of the block until none is left to begin
    Entry* following;
    static Entry* first;
};

template <typename T>
constexpr char letter() {
    if constexpr (std::is_pointer_v<T>) return 'p';
    else if constexpr (std::is_same_v<T, float>) return 'f';
    else if constexpr (std::is_same_v<T, double>) return 'd';
    else {
        static_assert(std::is_integral_v<T> && (sizeof(T) == 8 || sizeof(T) == 4),
                "kernels take pointers, int, long long, float and double");
        return sizeof(T) == 8 ? 'l' : 'i';
    }
}

template <auto kernel>
struct Kernel;

template <typename... P, void (*kernel)(P...)>
struct Kernel<kernel> {
    static constexpr char letters[] = {letter<P>()..., 0};

    template <size_t... I>
    static void run(void* const* arguments, std::index_sequence<I...>) {
        while (advance()) {
            kernel(*static_cast<std::remove_const_t<P>*>(arguments[I])...);
            ++block.finished;
        }
    }

    static void loop(void* const* arguments) { run(arguments, std::index_sequence_for<P...>{}); }
};

struct Registration {
    Entry entry;
    template <typename K>
    Registration(K, const char* name, bool checked) : entry{name, K::letters, checked, K::loop, Entry::first} {
        Entry::first = &entry;
    }
};

}  // namespace sim

#ifndef SIM_CHECKED
#define SIM_CHECKED 0
#endif
#define SIM_KERNEL(name) static sim::Registration sim_kernel_##name(sim::Kernel<&name>(), #name, SIM_CHECKED);

// ---- the language

#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#if SIM_CHECKED
// In a section of its own, so that it can be filled with nonsense before every block.
#define __shared__ static __attribute__((section("sim_shared")))
#else
#define __shared__ static
#endif

#define threadIdx (sim::current->index)
#define blockIdx (sim::block.index)
#define blockDim (sim::block.threads)
#define gridDim (sim::block.blocks)
#define warpSize 32

#define __syncthreads() sim::barrier(__LINE__)
#define __syncwarp(...) sim::synchronizeWarp(__LINE__, ##__VA_ARGS__)
#define __shfl_sync(mask, value, ...) sim::shuffle(__LINE__, mask, sim::kShuffle, value, __VA_ARGS__)
#define __shfl_down_sync(mask, value, ...) sim::shuffle(__LINE__, mask, sim::kDown, value, __VA_ARGS__)
#define __shfl_up_sync(mask, value, ...) sim::shuffle(__LINE__, mask, sim::kUp, value, __VA_ARGS__)
#define __shfl_xor_sync(mask, value, ...) sim::shuffle(__LINE__, mask, sim::kXor, value, __VA_ARGS__)
#define __ballot_sync(mask, predicate) sim::ballot(__LINE__, mask, predicate)
#define __any_sync(mask, predicate) (sim::ballot(__LINE__, mask, predicate) != 0)
#define __all_sync(mask, predicate) (sim::ballot(__LINE__, mask, predicate) == (mask))
#define __threadfence() ((void) 0)
#define __threadfence_block() ((void) 0)

namespace sim {

static inline __attribute__((unused)) void synchronizeWarp(int line, unsigned mask = 0xffffffffu) {
    exchange(line, mask, kSync, 0, 0, kWarp);
}

template <typename T>
static inline T shuffle(int line, unsigned mask, Exchange kind, T value, int operand, int width = kWarp) {
    static_assert(sizeof(T) <= sizeof(uint64_t));
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(T));
    bits = exchange(line, mask, kind, bits, operand, width);
    memcpy(&value, &bits, sizeof(T));
    return value;
}

static inline __attribute__((unused)) unsigned ballot(int line, unsigned mask, bool predicate) {
    return (unsigned) exchange(line, mask, kBallot, predicate, 0, kWarp);
}

template <typename To, typename From>
static inline To bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof(To));
    return to;
}

// A value that the compiler may not fold into a neighbouring operation.
static inline __attribute__((unused)) float rounded(float x) {
    asm("" : "+x"(x));
    return x;
}

}  // namespace sim

// ---- functions

#define SIM_INLINE static inline __attribute__((unused))

SIM_INLINE int2 make_int2(int x, int y) { return {x, y}; }
SIM_INLINE int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
SIM_INLINE uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
SIM_INLINE uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
SIM_INLINE uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
SIM_INLINE float2 make_float2(float x, float y) { return {x, y}; }
SIM_INLINE float3 make_float3(float x, float y, float z) { return {x, y, z}; }
SIM_INLINE float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
SIM_INLINE double2 make_double2(double x, double y) { return {x, y}; }
SIM_INLINE uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) { return {x, y, z, w}; }
SIM_INLINE ushort2 make_ushort2(unsigned short x, unsigned short y) { return {x, y}; }
SIM_INLINE ushort4 make_ushort4(unsigned short x, unsigned short y, unsigned short z, unsigned short w) {
    return {x, y, z, w};
}

template <typename A, typename B>
static inline auto min(A a, B b) { using T = std::common_type_t<A, B>; return (T) b < (T) a ? (T) b : (T) a; }
template <typename A, typename B>
static inline auto max(A a, B b) { using T = std::common_type_t<A, B>; return (T) a < (T) b ? (T) b : (T) a; }

SIM_INLINE float rsqrtf(float x) { return 1.0f / sqrtf(x); }
SIM_INLINE double rsqrt(double x) { return 1.0 / sqrt(x); }
SIM_INLINE float normcdff(float x) { return 0.5f * erfcf(x * -0.70710678f); }
SIM_INLINE float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1.0f) : 0.0f; }
SIM_INLINE float __fdividef(float a, float b) { return a / b; }
SIM_INLINE float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
SIM_INLINE double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
SIM_INLINE float __fadd_rn(float a, float b) { return sim::rounded(a + b); }
SIM_INLINE float __fsub_rn(float a, float b) { return sim::rounded(a - b); }
SIM_INLINE float __fmul_rn(float a, float b) { return sim::rounded(a * b); }
SIM_INLINE float __fdiv_rn(float a, float b) { return sim::rounded(a / b); }
SIM_INLINE float __fsqrt_rn(float a) { return sqrtf(a); }
SIM_INLINE float __frcp_rn(float a) { return 1.0f / a; }
SIM_INLINE int __float2int_rn(float x) { return (int) rintf(x); }
SIM_INLINE unsigned __float2uint_rn(float x) { return (unsigned) rintf(x); }
SIM_INLINE int __float2int_rz(float x) { return (int) x; }
SIM_INLINE float __int2float_rn(int x) { return (float) x; }
SIM_INLINE float __uint2float_rn(unsigned x) { return (float) x; }
SIM_INLINE unsigned __float_as_uint(float x) { return sim::bits<unsigned>(x); }
SIM_INLINE int __float_as_int(float x) { return sim::bits<int>(x); }
SIM_INLINE float __uint_as_float(unsigned x) { return sim::bits<float>(x); }
SIM_INLINE float __int_as_float(int x) { return sim::bits<float>(x); }
SIM_INLINE long long __double_as_longlong(double x) { return sim::bits<long long>(x); }
SIM_INLINE double __longlong_as_double(long long x) { return sim::bits<double>(x); }
SIM_INLINE unsigned __umulhi(unsigned a, unsigned b) { return (unsigned) ((uint64_t) a * b >> 32); }
SIM_INLINE unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long) ((unsigned __int128) a * b >> 64);
}
SIM_INLINE int __popc(unsigned x) { return __builtin_popcount(x); }
SIM_INLINE int __clz(int x) { return x == 0 ? 32 : __builtin_clz((unsigned) x); }
SIM_INLINE int __ffs(int x) { return __builtin_ffs(x); }

template <typename T>
static inline T __ldg(const T* p) { return *p; }
template <typename T>
static inline T __ldcs(const T* p) { return *p; }
template <typename T>
static inline void __stcs(T* p, T value) { *p = value; }

// The C library has some of these names for itself: macros, therefore.
#define __expf(x) expf(x)
#define __logf(x) logf(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __powf(x, y) powf(x, y)
#define __sincosf(x, s, c) sincosf(x, s, c)
#ifndef __CUDACC__
#define CUDART_INF_F __builtin_inff()
#define CUDART_NAN_F __builtin_nanf("")
#endif
