// What all kernels share. No CUDA header is needed, so that the same text also compiles as plain C++ for the software device.
//
// Arguments: outputs first, then inputs, saved values, sizes. Pointers may have any alignment of their element: views start
// anywhere. Sums have an order that depends on shapes alone, never on alignment, and there are no atomics.
#pragma once

#define WARP 32
#define WHOLE_WARP 0xffffffffu

// The slots of the scalars; the order is that of tensor/Scalars.java.
enum Slot {
    STEP,
    EPOCH,
    NOISE_POSITION,
    ORDER_POSITION,
    ROWS_TRAINED,
    SCHEDULE_START,
    LEARNING_RATE,
    BETA,
    CAPACITY,
    ADAM_CORRECTION_1,
    ADAM_CORRECTION_2,
    GRADIENT_SCALE,
    GRADIENT_NORM_SUM,
    GRADIENT_NORM_MAX,
    LOSS_SUM,
    RECONSTRUCTION_SUM,
    KL_SUM,
    TERM_SUM,
    SAMPLES,
    HALTED_AT
};

static __device__ __forceinline__ float not_a_number() {
    return __uint_as_float(0x7fffffffu);
}

static __device__ __forceinline__ bool aligned(const void *pointer, int bytes) {
    return ((unsigned long long)pointer & (unsigned long long)(bytes - 1)) == 0;
}

// ---- four elements at a time, or the `left` ones that there are; absent ones read as zero

static __device__ __forceinline__ float4 load_four(const float *from, int left) {
    if (left >= 4 && aligned(from, 16)) {
        return *(const float4 *)from;
    }
    return make_float4(
        from[0], left > 1 ? from[1] : 0.f, left > 2 ? from[2] : 0.f, left > 3 ? from[3] : 0.f);
}

static __device__ __forceinline__ void store_four(float *to, float4 values, int left) {
    if (left >= 4 && aligned(to, 16)) {
        *(float4 *)to = values;
        return;
    }
    to[0] = values.x;
    if (left > 1) to[1] = values.y;
    if (left > 2) to[2] = values.z;
    if (left > 3) to[3] = values.w;
}

// ---- bfloat16: a float's upper half, rounded to nearest, ties to even

static __device__ __forceinline__ unsigned int bfloat16(float value) {
    unsigned int bits = __float_as_uint(value);
    if (value != value) {
        return (bits >> 16) | 0x40u;  // Stays a NaN whichever bits were set.
    }
    return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

static __device__ __forceinline__ void store_four_bfloat16(unsigned short *to, float4 values, int left) {
    unsigned int x = bfloat16(values.x);
    unsigned int y = bfloat16(values.y);
    unsigned int z = bfloat16(values.z);
    unsigned int w = bfloat16(values.w);
    if (left >= 4 && aligned(to, 8)) {
        *(uint2 *)to = make_uint2(x | (y << 16), z | (w << 16));
        return;
    }
    to[0] = (unsigned short)x;
    if (left > 1) to[1] = (unsigned short)y;
    if (left > 2) to[2] = (unsigned short)z;
    if (left > 3) to[3] = (unsigned short)w;
}

// ---- sums in fixed order

// Over a warp, in every lane.
static __device__ __forceinline__ float warp_sum(float value) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(WHOLE_WARP, value, offset);
    }
    return value;
}

static __device__ __forceinline__ double warp_sum(double value) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(WHOLE_WARP, value, offset);
    }
    return value;
}

// Over the threads of one row, threadIdx.x, of which there is a multiple of 32; complete where threadIdx.x is zero. All
// threads of the block take part; a kernel calls it once.
static __device__ __forceinline__ float row_sum(float value) {
    __shared__ float sums[WARP];
    value = warp_sum(value);
    int warps = blockDim.x / WARP;
    if (warps == 1) {
        return value;
    }
    if (threadIdx.x % WARP == 0) {
        sums[threadIdx.y * warps + threadIdx.x / WARP] = value;
    }
    __syncthreads();
    if (threadIdx.x < WARP) {
        value = warp_sum((int)threadIdx.x < warps ? sums[threadIdx.y * warps + threadIdx.x] : 0.f);
    }
    return value;
}

// Over a one-dimensional block of whole warps; complete in thread zero. `sums` is shared memory of its own.
static __device__ __forceinline__ double block_sum(double value, double *sums) {
    value = warp_sum(value);
    if (threadIdx.x % WARP == 0) {
        sums[threadIdx.x / WARP] = value;
    }
    __syncthreads();
    if (threadIdx.x < WARP) {
        value = warp_sum(threadIdx.x < blockDim.x / WARP ? sums[threadIdx.x] : 0.0);
    }
    return value;
}

// The row that this thread works on where a block is (threads per row, rows).
static __device__ __forceinline__ long long block_row() {
    return (long long)blockIdx.x * blockDim.y + threadIdx.y;
}

// The first of the elements of this thread where a block is one-dimensional, and how far it is to the next ones.
static __device__ __forceinline__ long long first_element() {
    return (long long)blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ __forceinline__ long long element_stride() {
    return (long long)gridDim.x * blockDim.x;
}
