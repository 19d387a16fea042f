// What a training step needs besides the model: its data, its noise, its books, and moving memory about.
#include "philox.cuh"

// ---- the books; one thread each, but for the sums

// t = STEP + 1 and Adam's corrections 1 - beta^t, unless halted.
extern "C" __global__ void step_begin(double *scalars, float beta1, float beta2) {
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    double t = scalars[STEP] + 1;
    scalars[STEP] = t;
    // exp and log make a power to 4e-16, as the error of t log(beta) counts only as far as beta^t has not vanished.
    scalars[ADAM_CORRECTION_1] = 1 - exp(t * log((double)beta1));
    scalars[ADAM_CORRECTION_2] = 1 - exp(t * log((double)beta2));
}

// LEARNING_RATE, BETA and CAPACITY of this step: row STEP - 1 - SCHEDULE_START of the table. Outside of it they are NaN, which
// halts the run.
extern "C" __global__ void step_schedule(double *scalars, const double *table, int rows) {
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    long long row = (long long)(scalars[STEP] - 1 - scalars[SCHEDULE_START]);
    bool inside = row >= 0 && row < rows;
    scalars[LEARNING_RATE] = inside ? table[3 * row] : not_a_number();
    scalars[BETA] = inside ? table[3 * row + 1] : not_a_number();
    scalars[CAPACITY] = inside ? table[3 * row + 2] : not_a_number();
}

// Adds the rows to the sums, or halts where one of the sums is not finite. One block of whole warps.
extern "C" __global__ void step_record_loss(
    double *scalars, const float *loss, const float *reconstruction, const float *kl, int rows) {
    __shared__ double sums[3][WARP];
    double total[3] = {0, 0, 0};
    for (int r = threadIdx.x; r < rows; r += blockDim.x) {
        total[0] += loss[r];
        total[1] += reconstruction[r];
        total[2] += kl[r];
    }
    for (int k = 0; k < 3; k++) {
        total[k] = block_sum(total[k], sums[k]);
    }
    if (threadIdx.x != 0 || scalars[HALTED_AT] != 0) {
        return;
    }
    if (!isfinite(total[0]) || !isfinite(total[1]) || !isfinite(total[2])) {
        scalars[HALTED_AT] = scalars[STEP];
        return;
    }
    scalars[LOSS_SUM] += total[0];
    scalars[RECONSTRUCTION_SUM] += total[1];
    scalars[KL_SUM] += total[2];
    scalars[SAMPLES] += rows;
}

// ORDER_POSITION and ROWS_TRAINED += rows, NOISE_POSITION += noise_values, unless halted.
extern "C" __global__ void step_end(double *scalars, int rows, long long noise_values) {
    if (scalars[HALTED_AT] == 0) {
        scalars[ORDER_POSITION] += rows;
        scalars[ROWS_TRAINED] += rows;
        scalars[NOISE_POSITION] += (double)noise_values;
    }
}

// ---- data

static __device__ __forceinline__ float stored(const unsigned char *data, long long at) {
    return (float)data[at] / 255.f;
}

static __device__ __forceinline__ float stored(const float *data, long long at) {
    return data[at];
}

static __device__ __forceinline__ bool four_at_once(const unsigned char *data, float4 *values) {
    if (!aligned(data, 4)) {
        return false;
    }
    uchar4 bytes = *(const uchar4 *)data;
    *values = make_float4(
        (float)bytes.x / 255.f, (float)bytes.y / 255.f, (float)bytes.z / 255.f, (float)bytes.w / 255.f);
    return true;
}

static __device__ __forceinline__ bool four_at_once(const float *data, float4 *values) {
    if (!aligned(data, 16)) {
        return false;
    }
    *values = *(const float4 *)data;
    return true;
}

static __device__ __forceinline__ float drawn(float value, unsigned int bits, int binarization) {
    return binarization == 0 ? value : philox_uniform(bits) < value ? 1.f : 0.f;
}

// One row of x per blockIdx.x. A thread takes the values of one group of the row's uniforms, n / 4 for n = sample width + d, so
// that each group is computed once. Rows outside of the order or the data become NaN, which halts the run.
template <typename T>
static __device__ __forceinline__ void gather(
    float *x, const T *data, const int *order, const double *scalars, int width, int samples, int window, long long length,
    int binarization, long long key) {
    long long position = (long long)scalars[ORDER_POSITION] + blockIdx.x;
    bool inside = position >= 0 && position < length;
    long long sample = inside ? order[position] : 0;
    inside = inside && sample >= 0 && (window > 0 || sample < samples);
    const T *from = data + (inside ? (window > 0 ? position % window : sample) * width : 0);
    float *to = x + (long long)blockIdx.x * width;
    int epoch = binarization == 2 ? (int)scalars[EPOCH] : 0;
    long long start = sample * width;
    int lead = (int)(start & 3);
    int d = 4 * (int)(blockIdx.y * blockDim.x + threadIdx.x) - lead;
    if (d >= width) {
        return;
    }
    uint4 bits = binarization == 0 ? make_uint4(0, 0, 0, 0) : philox_group(key, epoch, (start + d) >> 2);
    float4 v;
    if (inside && d >= 0 && d + 4 <= width && four_at_once(from + d, &v)) {
        v = make_float4(
            drawn(v.x, bits.x, binarization),
            drawn(v.y, bits.y, binarization),
            drawn(v.z, bits.z, binarization),
            drawn(v.w, bits.w, binarization));
        store_four(to + d, v, 4);
        return;
    }
    unsigned int lanes[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
    for (int k = 0; k < 4; k++) {
        if (d + k >= 0 && d + k < width) {
            to[d + k] = inside ? drawn(stored(from, d + k), lanes[k], binarization) : not_a_number();
        }
    }
}

// x[r] = row order[ORDER_POSITION + r] of bytes / 255, then binarized (0 not, 1 the same in every epoch, 2 anew in each). With a
// window W the row of position p of the order lies at data[p mod W].
extern "C" __global__ void step_gather_bytes(
    float *x, const unsigned char *data, const int *order, const double *scalars, int width, int samples, int window,
    long long length, int binarization, long long key) {
    gather(x, data, order, scalars, width, samples, window, length, binarization, key);
}

// The same of floats, as they are.
extern "C" __global__ void step_gather_floats(
    float *x, const float *data, const int *order, const double *scalars, int width, int samples, int window,
    long long length, int binarization, long long key) {
    gather(x, data, order, scalars, width, samples, window, length, binarization, key);
}

// ---- noise

// noise[i] = value NOISE_POSITION + i of the key's normal sequence. A thread takes one group of four values.
extern "C" __global__ void step_normal(float *noise, const double *scalars, long long count, long long key) {
    long long first = (long long)scalars[NOISE_POSITION];
    int lead = (int)(first & 3);
    for (long long i = 4 * first_element() - lead; i < count; i += 4 * element_stride()) {
        float4 values = philox_normals(key, (first + i) >> 2);
        if (i >= 0) {
            store_four(noise + i, values, count - i < 4 ? (int)(count - i) : 4);
        } else {
            float lanes[3] = {values.y, values.z, values.w};
#pragma unroll
            for (int k = 0; k < 3; k++) {
                long long at = i + 1 + k;
                if (at >= 0 && at < count) {
                    noise[at] = lanes[k];
                }
            }
        }
    }
}

// The same out of a block that was filled before: its address, the index of its first value, and their number are on the device,
// so that a replayed step finds the block of the moment. What it does not hold is NaN.
extern "C" __global__ void step_normal_reserved(
    float *noise, const double *scalars, const long long *reserve, long long count) {
    const float *block = (const float *)reserve[0];
    long long start = (long long)scalars[NOISE_POSITION] - reserve[1];
    for (long long i = first_element(); i < count; i += element_stride()) {
        bool inside = start + i >= 0 && start + i < reserve[2];
        noise[i] = inside ? block[start + i] : not_a_number();
    }
}

// Says where the noise is. A launch, and not a copy, so that it waits its turn and needs no host memory that stays.
extern "C" __global__ void step_reserve(long long *reserve, const float *block, long long first, long long count) {
    reserve[0] = (long long)block;
    reserve[1] = first;
    reserve[2] = count;
}

// ---- moving memory about

extern "C" __global__ void step_fill(float *x, float value, long long count) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        store_four(x + i, make_float4(value, value, value, value), count - i < 4 ? (int)(count - i) : 4);
    }
}

// y[r] = x[r / times]; one row of y per blockIdx.x.
extern "C" __global__ void step_repeat_rows(float *y, const float *x, int width, int times) {
    const float *from = x + (long long)(blockIdx.x / times) * width;
    float *to = y + (long long)blockIdx.x * width;
    for (int d = 4 * threadIdx.x; d < width; d += 4 * blockDim.x) {
        store_four(to + d, load_four(from + d, width - d), width - d);
    }
}

// floor(255 x + 1/2) of the exact product, clipped to 0..255; 0 for NaN. Rounding may lift 255 x + 1/2 onto an integer that it
// does not reach; the sign of the remainder, computed without that rounding, tells.
static __device__ __forceinline__ unsigned int pixel(float x) {
    float clipped = fminf(fmaxf(x, 0.f), 1.f);
    float rounded = floorf(fmaf(clipped, 255.f, 0.5f));
    if (fmaf(clipped, 255.f, 0.5f - rounded) < 0.f) {
        rounded -= 1.f;
    }
    return (unsigned int)rounded;
}

extern "C" __global__ void step_quantize(unsigned char *bytes, const float *x, long long count) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        float4 v = load_four(x + i, left);
        unsigned int pixels[4] = {pixel(v.x), pixel(v.y), pixel(v.z), pixel(v.w)};
        if (left == 4 && aligned(bytes + i, 4)) {
            *(uchar4 *)(bytes + i) = make_uchar4(
                (unsigned char)pixels[0], (unsigned char)pixels[1], (unsigned char)pixels[2], (unsigned char)pixels[3]);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                if (k < left) {
                    bytes[i + k] = (unsigned char)pixels[k];
                }
            }
        }
    }
}

// half = x as bfloat16.
extern "C" __global__ void step_bfloat16(unsigned short *half, const float *x, long long count) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        store_four_bfloat16(half + i, load_four(x + i, left), left);
    }
}
