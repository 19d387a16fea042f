// Batch and layer norm over [rows, columns], and dropout.
#include "philox.cuh"

// Threads of a block, of which some are side by side in columns and the others in rows.
#define THREADS 256
// Rows of a thread that are on their way at once.
#define HELD 8

// ---- moments of columns

// Of so many values: their mean, and the sum of their squared deviations from it.
struct Moments {
    float count;
    float mean;
    float squares;
};

// Chan, Golub, LeVeque, Algorithms for computing the sample variance (1983).
static __device__ __forceinline__ Moments combined(Moments a, Moments b) {
    if (b.count == 0.f) {
        return a;
    }
    float delta = b.mean - a.mean;
    float count = a.count + b.count;
    float share = b.count / count;
    Moments both = {count, fmaf(delta, share, a.mean), a.squares + fmaf(delta * delta, a.count * share, b.squares)};
    return both;
}

// Over the rows of threads of a block, as a tree; complete where threadIdx.y is zero.
static __device__ __forceinline__ Moments over_rows(Moments mine) {
    __shared__ float counts[THREADS];
    __shared__ float means[THREADS];
    __shared__ float squares[THREADS];
    int at = threadIdx.y * blockDim.x + threadIdx.x;
    for (int half = blockDim.y / 2; half > 0; half /= 2) {
        counts[at] = mine.count;
        means[at] = mine.mean;
        squares[at] = mine.squares;
        __syncthreads();
        if ((int)threadIdx.y < half) {
            int other = at + half * blockDim.x;
            Moments below = {counts[other], means[other], squares[other]};
            mine = combined(mine, below);
        }
        __syncthreads();
    }
    return mine;
}

// Means and sums of squared deviations of the columns of each tile of rows: [tile, c]. Everything is taken relative to the first
// row of x, so that a mean far from zero costs no precision; means of tiles are left so. With one tile only, the mean itself and
// the variance. A block is (columns, rows at a time); first the mean of the few values a thread holds, then their deviations.
extern "C" __global__ void __launch_bounds__(THREADS) norm_moments(
    float *mean, float *variance, const float *x, int rows, int columns, int rows_per_tile) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    long long first = (long long)blockIdx.y * rows_per_tile;
    long long end = first + rows_per_tile < rows ? first + rows_per_tile : rows;
    int step = blockDim.y;
    Moments total = {0.f, 0.f, 0.f};
    float origin = 0.f;
    if (column < columns) {
        origin = x[column];
        for (long long r0 = first + threadIdx.y; r0 < end; r0 += (long long)HELD * step) {
            float values[HELD];
            float sum = 0.f;
            float count = 0.f;
#pragma unroll
            for (int k = 0; k < HELD; k++) {
                long long r = r0 + k * step;
                values[k] = r < end ? x[r * columns + column] - origin : 0.f;
                count += r < end ? 1.f : 0.f;
                sum += values[k];
            }
            Moments few = {count, sum / count, 0.f};
#pragma unroll
            for (int k = 0; k < HELD; k++) {
                float deviation = values[k] - few.mean;
                few.squares += r0 + k * step < end ? deviation * deviation : 0.f;
            }
            total = combined(total, few);
        }
    }
    total = over_rows(total);
    if (threadIdx.y == 0 && column < columns) {
        long long at = (long long)blockIdx.y * columns + column;
        bool all = gridDim.y == 1;
        mean[at] = all ? origin + total.mean : total.mean;
        variance[at] = all ? total.squares / (float)rows : total.squares;
    }
}

// Mean and variance out of those of tiles.
extern "C" __global__ void __launch_bounds__(THREADS) norm_moments_of_tiles(
    float *mean, float *variance, const float *tile_means, const float *tile_squares, const float *x, int rows, int columns,
    int rows_per_tile, int tiles) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    Moments total = {0.f, 0.f, 0.f};
    if (column < columns) {
        for (int tile = threadIdx.y; tile < tiles; tile += blockDim.y) {
            long long first = (long long)tile * rows_per_tile;
            long long count = first + rows_per_tile < rows ? rows_per_tile : rows - first;
            long long at = (long long)tile * columns + column;
            Moments one = {(float)count, tile_means[at], tile_squares[at]};
            total = combined(total, one);
        }
    }
    total = over_rows(total);
    if (threadIdx.y == 0 && column < columns) {
        mean[column] = x[column] + total.mean;
        variance[column] = total.squares / (float)rows;
    }
}

// ---- batch norm

static __device__ __forceinline__ float inverse_deviation(float variance, float epsilon) {
    return 1.f / sqrtf(variance + epsilon);
}

static __device__ __forceinline__ float4 inverse_deviations(float4 variance, float epsilon) {
    return make_float4(
        inverse_deviation(variance.x, epsilon),
        inverse_deviation(variance.y, epsilon),
        inverse_deviation(variance.z, epsilon),
        inverse_deviation(variance.w, epsilon));
}

// y = weight (x - mean) / sqrt(variance + epsilon) + bias. A block is (fours of columns, rows). The same arithmetic for every
// row, so that its bits do not depend on the others.
extern "C" __global__ void norm_columns(
    float *y, const float *x, const float *mean, const float *variance, const float *weight, const float *bias, int rows,
    int columns, float epsilon) {
    int column = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = columns - column;
    if (left <= 0) {
        return;
    }
    float4 m = load_four(mean + column, left);
    float4 w = load_four(weight + column, left);
    float4 b = load_four(bias + column, left);
    float4 s = inverse_deviations(load_four(variance + column, left), epsilon);
    s = make_float4(s.x * w.x, s.y * w.y, s.z * w.z, s.w * w.w);
    for (long long r = blockIdx.y * blockDim.y + threadIdx.y; r < rows; r += gridDim.y * blockDim.y) {
        float4 v = load_four(x + r * columns + column, left);
        v = make_float4(
            fmaf(v.x - m.x, s.x, b.x),
            fmaf(v.y - m.y, s.y, b.y),
            fmaf(v.z - m.z, s.z, b.z),
            fmaf(v.w - m.w, s.w, b.w));
        store_four(y + r * columns + column, v, left);
    }
}

// Over the rows of threads of a block, as a tree, two sums at once; complete where threadIdx.y is zero.
static __device__ __forceinline__ float2 sums_over_rows(float2 mine) {
    __shared__ float firsts[THREADS];
    __shared__ float seconds[THREADS];
    int at = threadIdx.y * blockDim.x + threadIdx.x;
    for (int half = blockDim.y / 2; half > 0; half /= 2) {
        firsts[at] = mine.x;
        seconds[at] = mine.y;
        __syncthreads();
        if ((int)threadIdx.y < half) {
            mine.x += firsts[at + half * blockDim.x];
            mine.y += seconds[at + half * blockDim.x];
        }
        __syncthreads();
    }
    return mine;
}

// The sums of dy n and of dy over each tile of rows, [tile, c]; n = (x - mean) / sqrt(spread + epsilon) with both of the column,
// or, if by_row, (x - mean) spread with both of the row. A block is (columns, rows at a time).
extern "C" __global__ void __launch_bounds__(THREADS) norm_backward_sums(
    float *dweight, float *dbias, const float *dy, const float *x, const float *mean, const float *spread, int rows,
    int columns, int rows_per_tile, float epsilon, int by_row) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    long long first = (long long)blockIdx.y * rows_per_tile;
    long long end = first + rows_per_tile < rows ? first + rows_per_tile : rows;
    int step = blockDim.y;
    float2 sums = make_float2(0.f, 0.f);
    if (column < columns) {
        float m = by_row ? 0.f : mean[column];
        float s = by_row ? 0.f : inverse_deviation(spread[column], epsilon);
        for (long long r0 = first + threadIdx.y; r0 < end; r0 += (long long)HELD * step) {
            float d[HELD];
            float v[HELD];
#pragma unroll
            for (int k = 0; k < HELD; k++) {
                long long r = r0 + k * step;
                d[k] = r < end ? dy[r * columns + column] : 0.f;
                v[k] = r < end ? x[r * columns + column] : 0.f;
            }
#pragma unroll
            for (int k = 0; k < HELD; k++) {
                long long r = r0 + k * step;
                if (r < end) {
                    float n = by_row ? (v[k] - mean[r]) * spread[r] : (v[k] - m) * s;
                    sums.x = fmaf(d[k], n, sums.x);
                    sums.y += d[k];
                }
            }
        }
    }
    sums = sums_over_rows(sums);
    if (threadIdx.y == 0 && column < columns) {
        long long at = (long long)blockIdx.y * columns + column;
        dweight[at] = sums.x;
        dbias[at] = sums.y;
    }
}

// Both sums out of those of tiles.
extern "C" __global__ void __launch_bounds__(THREADS) norm_sums_of_tiles(
    float *dweight, float *dbias, const float *tile_dweights, const float *tile_dbiases, int tiles, int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    float2 sums = make_float2(0.f, 0.f);
    if (column < columns) {
        for (int tile = threadIdx.y; tile < tiles; tile += blockDim.y) {
            long long at = (long long)tile * columns + column;
            sums.x += tile_dweights[at];
            sums.y += tile_dbiases[at];
        }
    }
    sums = sums_over_rows(sums);
    if (threadIdx.y == 0 && column < columns) {
        dweight[column] = sums.x;
        dbias[column] = sums.y;
    }
}

// scale (dy - shift - (x - mean) slope)
static __device__ __forceinline__ float centred(float dy, float x, float mean, float scale, float shift, float slope) {
    return scale * fmaf(mean - x, slope, dy - shift);
}

// dx = weight / deviation (dy - dbias / rows - n dweight / rows). A block is (fours of columns, rows).
extern "C" __global__ void norm_columns_backward(
    float *dx, const float *dy, const float *x, const float *mean, const float *variance, const float *weight,
    const float *dweight, const float *dbias, int rows, int columns, float epsilon) {
    int column = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = columns - column;
    if (left <= 0) {
        return;
    }
    float count = (float)rows;
    float4 m = load_four(mean + column, left);
    float4 w = load_four(weight + column, left);
    float4 s = inverse_deviations(load_four(variance + column, left), epsilon);
    float4 dw = load_four(dweight + column, left);
    float4 db = load_four(dbias + column, left);
    float4 slope = make_float4(s.x * dw.x / count, s.y * dw.y / count, s.z * dw.z / count, s.w * dw.w / count);
    float4 shift = make_float4(db.x / count, db.y / count, db.z / count, db.w / count);
    s = make_float4(s.x * w.x, s.y * w.y, s.z * w.z, s.w * w.w);
    for (long long r = blockIdx.y * blockDim.y + threadIdx.y; r < rows; r += gridDim.y * blockDim.y) {
        float4 v = load_four(x + r * columns + column, left);
        float4 d = load_four(dy + r * columns + column, left);
        d = make_float4(
            centred(d.x, v.x, m.x, s.x, shift.x, slope.x),
            centred(d.y, v.y, m.y, s.y, shift.y, slope.y),
            centred(d.z, v.z, m.z, s.z, shift.z, slope.z),
            centred(d.w, v.w, m.w, s.w, shift.w, slope.w));
        store_four(dx + r * columns + column, d, left);
    }
}

// running = (1 - momentum) running + momentum batch, the variance times `unbiased`; counts the batch in two floats, the
// remainder and the quotient by 2^20. Nothing moves once halted.
extern "C" __global__ void norm_track(
    float *running_mean, float *running_variance, float *batches, const float *mean, const float *variance,
    const double *scalars, int columns, float unbiased, float momentum) {
    if (scalars[HALTED_AT] != 0) {
        return;
    }
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column == 0) {
        bool carry = batches[0] + 1.f == 1048576.f;
        batches[1] += carry ? 1.f : 0.f;
        batches[0] = carry ? 0.f : batches[0] + 1.f;
    }
    for (; column < columns; column += gridDim.x * blockDim.x) {
        running_mean[column] = (1.f - momentum) * running_mean[column] + momentum * mean[column];
        running_variance[column] =
            (1.f - momentum) * running_variance[column] + momentum * (variance[column] * unbiased);
    }
}

// ---- layer norm; a block is (threads of a row, a multiple of 32; rows)

// Over the threads of one row, in all of them. All threads of the block take part. `sums`: shared, WARP floats.
static __device__ __forceinline__ float row_total(float value, float *sums) {
    value = warp_sum(value);
    int warps = blockDim.x / WARP;
    if (warps == 1) {
        return value;
    }
    __syncthreads();
    if (threadIdx.x % WARP == 0) {
        sums[threadIdx.y * warps + threadIdx.x / WARP] = value;
    }
    __syncthreads();
    float total = 0.f;
    for (int w = 0; w < warps; w++) {
        total += sums[threadIdx.y * warps + w];
    }
    return total;
}

// y = weight (x - mean) deviation + bias, with the mean of the row and deviation = 1 / sqrt(its variance + epsilon).
extern "C" __global__ void norm_rows(
    float *y, float *mean, float *deviation, const float *x, const float *weight, const float *bias, int rows, int columns,
    float epsilon) {
    __shared__ float sums[WARP];
    long long row = block_row();
    bool inside = row < rows;
    const float *from = x + (inside ? row : 0) * columns;
    // Relative to the first value of the row, so that a mean far from zero costs no precision.
    float origin = from[0];
    float sum = 0.f;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        sum += from[c] - origin;
    }
    float offset = row_total(sum, sums) / (float)columns;
    float squares = 0.f;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        float d = (from[c] - origin) - offset;
        squares = fmaf(d, d, squares);
    }
    float s = inverse_deviation(row_total(squares, sums) / (float)columns, epsilon);
    if (!inside) {
        return;
    }
    float m = origin + offset;
    if (threadIdx.x == 0) {
        mean[row] = m;
        deviation[row] = s;
    }
    for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        y[row * columns + c] = fmaf((from[c] - m) * s, weight[c], bias[c]);
    }
}

// dx = deviation (g - mean of g - n (mean of g n)) with g = weight dy, n = (x - mean) deviation.
extern "C" __global__ void norm_rows_backward(
    float *dx, const float *dy, const float *x, const float *mean, const float *deviation, const float *weight, int rows,
    int columns) {
    __shared__ float sums[WARP];
    long long row = block_row();
    bool inside = row < rows;
    long long start = (inside ? row : 0) * columns;
    float m = mean[inside ? row : 0];
    float s = deviation[inside ? row : 0];
    float first = 0.f;
    float second = 0.f;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        float g = weight[c] * dy[start + c];
        first += g;
        second = fmaf(g, (x[start + c] - m) * s, second);
    }
    first = row_total(first, sums) / (float)columns;
    second = row_total(second, sums) / (float)columns;
    if (!inside) {
        return;
    }
    for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        float n = (x[start + c] - m) * s;
        dx[start + c] = s * (weight[c] * dy[start + c] - first - n * second);
    }
}

// ---- dropout

static __device__ __forceinline__ float kept(unsigned int bits, float rate, float scale) {
    return philox_uniform(bits) < rate ? 0.f : scale;
}

// mask = 0 where the uniform is below the rate, else scale; uniform n = ROWS_TRAINED columns + i of the key's sequence for
// element i. y = x mask unless y is null. A thread takes one group of four uniforms.
extern "C" __global__ void norm_dropout(
    float *y, float *mask, const float *x, const double *scalars, int columns, long long count, float rate, float scale,
    long long key) {
    long long first = (long long)scalars[ROWS_TRAINED] * columns;
    int lead = (int)(first & 3);
    for (long long i = 4 * first_element() - lead; i < count; i += 4 * element_stride()) {
        uint4 bits = philox_group(key, 0, (first + i) >> 2);
        float4 m = make_float4(
            kept(bits.x, rate, scale), kept(bits.y, rate, scale), kept(bits.z, rate, scale), kept(bits.w, rate, scale));
        if (i >= 0) {
            int left = count - i < 4 ? (int)(count - i) : 4;
            store_four(mask + i, m, left);
            if (y) {
                float4 v = load_four(x + i, left);
                store_four(y + i, make_float4(v.x * m.x, v.y * m.y, v.z * m.z, v.w * m.w), left);
            }
        } else {
            float lanes[3] = {m.y, m.z, m.w};
#pragma unroll
            for (int k = 0; k < 3; k++) {
                long long at = i + 1 + k;
                if (at >= 0 && at < count) {
                    mask[at] = lanes[k];
                    if (y) {
                        y[at] = x[at] * lanes[k];
                    }
                }
            }
        }
    }
}

// y = a b
extern "C" __global__ void norm_multiply(float *y, const float *a, const float *b, long long count) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        float4 v = load_four(a + i, left);
        float4 w = load_four(b + i, left);
        store_four(y + i, make_float4(v.x * w.x, v.y * w.y, v.z * w.z, v.w * w.w), left);
    }
}
