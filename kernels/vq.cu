// Codebooks: the nearest code of each slot, its vector, and the moving averages that the codebook follows. Slots are rows of
// `size` values; the number of a code is kept as a float.
#include "philox.cuh"

// norms = the squared norm of each code. Blocks are (threads per row, rows).
extern "C" __global__ void vq_norms(float *norms, const float *codebook, int codes, int size) {
    long long row = block_row();
    float sum = 0.f;
    if (row < codes) {
        for (int e = threadIdx.x; e < size; e += blockDim.x) {
            float value = codebook[row * size + e];
            sum = fmaf(value, value, sum);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < codes) {
        norms[row] = sum;
    }
}

// The number of the least norms - 2 products of each row, of equal ones the first. Blocks are (one warp per row, rows).
extern "C" __global__ void vq_least(float *codes, const float *products, const float *norms, int rows, int count) {
    long long row = block_row();
    float least = 3.402823466e38f;
    int code = count;
    if (row < rows) {
        for (int k = threadIdx.x; k < count; k += WARP) {
            // Doubling is exact: one rounding, fused or not.
            float distance = fmaf(-2.f, products[row * count + k], norms[k]);
            if (distance < least || (code == count && distance == least)) {
                least = distance;
                code = k;
            }
        }
    }
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        float other = __shfl_xor_sync(WHOLE_WARP, least, offset);
        int number = __shfl_xor_sync(WHOLE_WARP, code, offset);
        if (other < least || (other == least && number < code)) {
            least = other;
            code = number;
        }
    }
    if (threadIdx.x == 0 && row < rows) {
        codes[row] = code == count ? 0.f : (float)code;
    }
}

// z = the codes' vectors, sums = factor |x - z|^2. Blocks are (threads per row, rows).
extern "C" __global__ void vq_look_up(
    float *z, float *sums, const float *x, const float *codes, const float *codebook, int rows, int slots, int size,
    float factor) {
    long long row = block_row();
    long long width = (long long)slots * size;
    float sum = 0.f;
    if (row < rows) {
        for (long long i = threadIdx.x; i < width; i += blockDim.x) {
            long long code = (long long)codes[row * slots + i / size];
            float value = codebook[code * size + i % size];
            float away = x[row * width + i] - value;
            z[row * width + i] = value;
            sum = fmaf(away, away, sum);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        sums[row] = factor * sum;
    }
}

// dx = dz + weight (x - z).
extern "C" __global__ void vq_straight_through(
    float *dx, const float *dz, const float *x, const float *z, long long count, float weight) {
    for (long long i = first_element(); i < count; i += element_stride()) {
        dx[i] = fmaf(weight, x[i] - z[i], dz[i]);
    }
}

// The moving averages of how many slots a code has and of what they add up to. A block is a code's, (values, slots) with 256
// threads: each takes its share of the slots in their order, then the shares are added in turn.
extern "C" __global__ void vq_track(
    float *counts, float *sums, const float *x, const float *codes, const double *scalars, int rows, int size,
    float decay) {
    __shared__ double parts[256];
    __shared__ int numbers[256];
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    int code = blockIdx.x;
    int at = threadIdx.y * blockDim.x + threadIdx.x;
    double keep = decay;
    for (int first = 0; first < size; first += blockDim.x) {
        int e = first + threadIdx.x;
        double part = 0;
        int number = 0;
        for (long long n = threadIdx.y; n < rows; n += blockDim.y) {
            if ((int)codes[n] == code) {
                number++;
                part += e < size ? (double)x[n * size + e] : 0.0;
            }
        }
        parts[at] = part;
        numbers[at] = number;
        __syncthreads();
        if (threadIdx.y == 0 && e < size) {
            double sum = 0;
            int all = 0;
            for (int t = 0; t < (int)blockDim.y; t++) {
                sum += parts[t * blockDim.x + threadIdx.x];
                all += numbers[t * blockDim.x + threadIdx.x];
            }
            long long to = (long long)code * size + e;
            sums[to] = (float)(keep * sums[to] + (1.0 - keep) * sum);
            if (e == 0) {
                counts[code] = (float)(keep * counts[code] + (1.0 - keep) * all);
            }
        }
        __syncthreads();
    }
}

static __device__ __forceinline__ bool is_dead(float count, float total, int codes, float threshold) {
    return (double)count <= (double)threshold * total / codes;
}

// total = the sum of the counts, and the dead codes are counted. One block of whole warps.
extern "C" __global__ void vq_total(
    float *total, float *revived, const float *counts, const double *scalars, int codes, float threshold) {
    __shared__ double sums[WARP];
    __shared__ double numbers[WARP];
    __shared__ float whole;
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    double sum = 0;
    for (int k = threadIdx.x; k < codes; k += blockDim.x) {
        sum += counts[k];
    }
    sum = block_sum(sum, sums);
    if (threadIdx.x == 0) {
        whole = (float)sum;
        total[0] = whole;
    }
    __syncthreads();
    double dead = 0;
    for (int k = threadIdx.x; k < codes; k += blockDim.x) {
        dead += is_dead(counts[k], whole, codes, threshold) ? 1.0 : 0.0;
    }
    dead = block_sum(dead, numbers);
    if (threadIdx.x == 0) {
        float counted = revived[0] + (float)dead;
        bool carry = counted >= 1048576.f;
        revived[0] = carry ? counted - 1048576.f : counted;
        revived[1] += carry ? 1.f : 0.f;
    }
}

// Codes become the smoothed means of their slots; dead ones go onto a slot. Blocks are (threads per code, codes).
extern "C" __global__ void vq_renew(
    float *codebook, float *counts, float *sums, const float *total, const float *x, const double *scalars, int rows,
    int codes, int size, float threshold, long long key) {
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    long long code = block_row();
    float count = code < codes ? counts[code] : 0.f;
    float whole = total[0];
    // Everybody has read the count before it changes.
    __syncthreads();
    if (code >= codes) {
        return;
    }
    if (!is_dead(count, whole, codes, threshold)) {
        double smooth = ((double)count + 1e-5) / ((double)whole + codes * 1e-5) * whole;
        for (int e = threadIdx.x; e < size; e += blockDim.x) {
            codebook[code * size + e] = (float)(sums[code * size + e] / smooth);
        }
        return;
    }
    long long number = (long long)scalars[ROWS_TRAINED] * codes + code;
    uint4 bits = philox_group(key, 0, number >> 2);
    int lane = (int)(number & 3);
    unsigned int own = lane == 0 ? bits.x : lane == 1 ? bits.y : lane == 2 ? bits.z : bits.w;
    double place = ((double)code + philox_uniform(own)) * rows / codes;
    long long row = place < rows - 1 ? (long long)place : rows - 1;
    float share = whole / (float)codes;
    for (int e = threadIdx.x; e < size; e += blockDim.x) {
        float value = x[row * size + e];
        codebook[code * size + e] = value;
        sums[code * size + e] = share * value;
    }
    if (threadIdx.x == 0) {
        counts[code] = share;
    }
}
