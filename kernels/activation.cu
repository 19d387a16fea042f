// Biases, activations and their derivatives, and sums over rows.
#include "common.cuh"

#define LEAKY_SLOPE 0.01f
#define COLUMNS 16

// The order is that of tensor/Activation.java.
enum Activation { IDENTITY, RELU, TANH, LEAKY_RELU, SIGMOID, SOFTPLUS, ELU, GELU, SILU };

static __device__ __forceinline__ float sigmoid(float x) {
    float e = expf(-fabsf(x));
    float larger = 1.f / (1.f + e);
    return x >= 0.f ? larger : e * larger;
}

// Phi(x) = erfc(-x / sqrt 2) / 2.
static __device__ __forceinline__ float normal_distribution(float x) {
    return 0.5f * erfcf(-0.707106781f * x);
}

// f(x); NaN passes through all of them.
static __device__ __forceinline__ float activation(float x, int f) {
    switch (f) {
        case RELU:
            return x < 0.f ? 0.f : x;
        case TANH:
            return tanhf(x);
        case LEAKY_RELU:
            return x > 0.f ? x : LEAKY_SLOPE * x;
        case SIGMOID:
            return sigmoid(x);
        case SOFTPLUS:
            return fmaxf(x, 0.f) + log1pf(expf(-fabsf(x)));
        case ELU:
            return x > 0.f ? x : expm1f(x);
        case GELU:
            return x * normal_distribution(x);
        case SILU:
            return x * sigmoid(x);
        default:
            return x;
    }
}

// f', from what was saved: the input of GELU and SILU, the output of the others.
static __device__ __forceinline__ float derivative(float saved, int f) {
    switch (f) {
        case RELU:
            return saved > 0.f ? 1.f : saved <= 0.f ? 0.f : saved;
        case TANH:
            return 1.f - saved * saved;
        case LEAKY_RELU:
            return saved > 0.f ? 1.f : saved <= 0.f ? LEAKY_SLOPE : saved;
        case SIGMOID:
            return saved * (1.f - saved);
        case SOFTPLUS:
            return -expm1f(-saved);
        case ELU:
            return saved > 0.f ? 1.f : 1.f + saved;
        case GELU:
            return normal_distribution(saved) + saved * 0.398942280f * expf(-0.5f * saved * saved);
        case SILU: {
            float s = sigmoid(saved);
            return s * (1.f + saved * (1.f - s));
        }
        default:
            return 1.f;
    }
}

// f of four values, in turns: the code of all functions four times over would take the driver long to compile.
static __device__ __forceinline__ float4 activation_four(float4 x, int f) {
    if (f == RELU) {
        return make_float4(activation(x.x, RELU), activation(x.y, RELU), activation(x.z, RELU), activation(x.w, RELU));
    }
#pragma unroll 1
    for (int k = 0; k < 4; k++) {
        x = make_float4(x.y, x.z, x.w, activation(x.x, f));
    }
    return x;
}

// d f', likewise.
static __device__ __forceinline__ float4 backward_four(float4 d, float4 saved, int f) {
    if (f == RELU) {
        return make_float4(
            d.x * derivative(saved.x, RELU),
            d.y * derivative(saved.y, RELU),
            d.z * derivative(saved.z, RELU),
            d.w * derivative(saved.w, RELU));
    }
#pragma unroll 1
    for (int k = 0; k < 4; k++) {
        d = make_float4(d.y, d.z, d.w, d.x * derivative(saved.x, f));
        saved = make_float4(saved.y, saved.z, saved.w, saved.x);
    }
    return d;
}

// y = f(x); y may be x.
extern "C" __global__ void activation_forward(float *y, const float *x, long long count, int f) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        store_four(y + i, activation_four(load_four(x + i, left), f), left);
    }
}

// a += bias in each row, y = f(a); y may be a, which is then left as y. `half`: where y also goes as bfloat16, or null.
// A block is (fours of columns, rows).
extern "C" __global__ void activation_bias(
    float *y, float *a, unsigned short *half, const float *bias, int rows, int columns, int f) {
    int column = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = columns - column;
    if (left <= 0) {
        return;
    }
    float4 b = load_four(bias + column, left);
    for (int r = blockIdx.y * blockDim.y + threadIdx.y; r < rows; r += gridDim.y * blockDim.y) {
        long long at = (long long)r * columns + column;
        float4 v = load_four(a + at, left);
        v = make_float4(v.x + b.x, v.y + b.y, v.z + b.z, v.w + b.w);
        if (a != y) {
            store_four(a + at, v, left);
        }
        if (f != IDENTITY) {
            v = activation_four(v, f);
        }
        store_four(y + at, v, left);
        if (half) {
            store_four_bfloat16(half + at, v, left);
        }
    }
}

// dx = dy f'; dx may be dy.
extern "C" __global__ void activation_backward(
    float *dx, const float *dy, const float *saved, long long count, int f) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        float4 d = load_four(dy + i, left);
        if (f != IDENTITY) {
            d = backward_four(d, load_four(saved + i, left), f);
        }
        store_four(dx + i, d, left);
    }
}

// Four elements of a column, 32 rows apart; zero where there is no row.
static __device__ __forceinline__ float4 load_column(const float *x, long long r, long long end, int columns, int column) {
    const float *from = x + r * columns + column;
    long long step = (long long)WARP * columns;
    return make_float4(
        from[0],
        r + WARP < end ? from[step] : 0.f,
        r + 2 * WARP < end ? from[2 * step] : 0.f,
        r + 3 * WARP < end ? from[3 * step] : 0.f);
}

// da = dy f' and the sums of its columns over each tile of rows: sums[tile, c]. da may be dy, or null where only the sums are
// asked for; `half`: where da also goes as bfloat16, or null; `saved` is not read where f is the identity.
// A block is (16 columns, 32 rows at a time); four rows of a thread are on their way at once.
extern "C" __global__ void __launch_bounds__(COLUMNS * WARP) activation_backward_sums(
    float *sums, float *da, unsigned short *half, const float *dy, const float *saved, int rows, int columns,
    int rows_per_tile, int f) {
    __shared__ float partial[WARP][COLUMNS + 1];
    int column = blockIdx.x * COLUMNS + threadIdx.x;
    long long first = (long long)blockIdx.y * rows_per_tile;
    long long end = first + rows_per_tile < rows ? first + rows_per_tile : rows;
    float sum = 0.f;
    if (column < columns) {
        for (long long r0 = first + threadIdx.y; r0 < end; r0 += 4 * WARP) {
            float4 d = load_column(dy, r0, end, columns, column);
            if (f != IDENTITY) {
                d = backward_four(d, load_column(saved, r0, end, columns, column), f);
            }
            float values[4] = {d.x, d.y, d.z, d.w};
#pragma unroll
            for (int k = 0; k < 4; k++) {
                long long r = r0 + k * WARP;
                if (r < end) {
                    if (da) {
                        da[r * columns + column] = values[k];
                    }
                    if (half) {
                        half[r * columns + column] = (unsigned short)bfloat16(values[k]);
                    }
                    sum += values[k];
                }
            }
        }
    }
    partial[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    // A warp per column, a lane per row of threads.
    int thread = threadIdx.y * COLUMNS + threadIdx.x;
    int mine = thread / WARP;
    float total = warp_sum(partial[thread % WARP][mine]);
    if (thread % WARP == 0 && (int)blockIdx.x * COLUMNS + mine < columns) {
        sums[(long long)blockIdx.y * columns + blockIdx.x * COLUMNS + mine] = total;
    }
}
