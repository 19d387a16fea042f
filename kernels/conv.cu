// Pictures, the channels of a pixel side by side: what windows see of them and its sums, exchanged axes, upsampling.
//
// A window of kernel x kernel pixels moves over [height, width, channels] by `stride` pixels, with `padding` pixels of zeros
// around; it has out_height x out_width positions.
#include "common.cuh"

#define SQUARE 32

// columns[(b, i, j), (u, v, c)] = x[b, i stride - padding + u, j stride - padding + v, c], zero outside. `half`: where the
// columns also go as bfloat16, or null. A block is (fours of what is seen, positions).
extern "C" __global__ void conv_unfold(
    float *columns, unsigned short *half, const float *x, int rows, int height, int width, int channels, int out_height,
    int out_width, int kernel, int stride, int padding) {
    int seen = kernel * kernel * channels;
    int column = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = seen - column;
    if (left <= 0) {
        return;
    }
    // Four values of one pixel where the channels come in fours, else of up to four.
    bool one = channels % 4 == 0;
    int u[4], v[4], c[4];
#pragma unroll
    for (int k = 0; k < 4; k++) {
        int pixel = (column + k) / channels;
        u[k] = pixel / kernel - padding;
        v[k] = pixel % kernel - padding;
        c[k] = (column + k) % channels;
    }
    for (int r = blockIdx.y * blockDim.y + threadIdx.y; r < rows; r += gridDim.y * blockDim.y) {
        int top = r / out_width % out_height * stride;
        int side = r % out_width * stride;
        const float *picture = x + (long long)(r / out_width / out_height) * height * width * channels;
        float values[4] = {0.f, 0.f, 0.f, 0.f};
        if (one) {
            int h = top + u[0];
            int w = side + v[0];
            if (h >= 0 && h < height && w >= 0 && w < width) {
                float4 four = load_four(picture + ((long long)h * width + w) * channels + c[0], 4);
                values[0] = four.x;
                values[1] = four.y;
                values[2] = four.z;
                values[3] = four.w;
            }
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                int h = top + u[k];
                int w = side + v[k];
                if (k < left && h >= 0 && h < height && w >= 0 && w < width) {
                    values[k] = picture[((long long)h * width + w) * channels + c[k]];
                }
            }
        }
        float4 four = make_float4(values[0], values[1], values[2], values[3]);
        long long at = (long long)r * seen + column;
        store_four(columns + at, four, left);
        if (half) {
            store_four_bfloat16(half + at, four, left);
        }
    }
}

// x[b, h, w, c] = the sum of all columns that were taken from there, the upper rows of windows first, then their left pixels.
// A block is (fours of channels, pixels).
extern "C" __global__ void conv_fold(
    float *x, const float *columns, int pixels, int height, int width, int channels, int out_height, int out_width,
    int kernel, int stride, int padding) {
    int channel = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = channels - channel;
    if (left <= 0) {
        return;
    }
    for (int p = blockIdx.y * blockDim.y + threadIdx.y; p < pixels; p += gridDim.y * blockDim.y) {
        int h = p / width % height + padding;
        int w = p % width + padding;
        long long picture = (long long)(p / width / height) * out_height;
        float4 sum = make_float4(0.f, 0.f, 0.f, 0.f);
        // Only windows whose distance is a multiple of the stride show this pixel.
        for (int u = h % stride; u < kernel && u <= h; u += stride) {
            int i = (h - u) / stride;
            if (i >= out_height) {
                continue;
            }
            for (int v = w % stride; v < kernel && v <= w; v += stride) {
                int j = (w - v) / stride;
                if (j >= out_width) {
                    continue;
                }
                long long row = (picture + i) * out_width + j;
                float4 four = load_four(columns + ((row * kernel + u) * kernel + v) * channels + channel, left);
                sum = make_float4(sum.x + four.x, sum.y + four.y, sum.z + four.z, sum.w + four.w);
            }
        }
        store_four(x + (long long)p * channels + channel, sum, left);
    }
}

// y[b, m, n] = x[b, n, m], a square at a time. A block is 32 by 8 threads; squares in x, samples in y.
extern "C" __global__ void __launch_bounds__(SQUARE * 8) conv_swap_axes(
    float *y, const float *x, int batch, int n, int m) {
    __shared__ float square[SQUARE][SQUARE + 1];
    int across = (m + SQUARE - 1) / SQUARE;
    int n0 = blockIdx.x / across * SQUARE;
    int m0 = blockIdx.x % across * SQUARE;
    int lane = threadIdx.x;
    for (int b = blockIdx.y; b < batch; b += gridDim.y) {
        long long start = (long long)b * n * m;
        for (int i = threadIdx.y; i < SQUARE; i += blockDim.y) {
            if (n0 + i < n && m0 + lane < m) {
                square[i][lane] = x[start + (long long)(n0 + i) * m + m0 + lane];
            }
        }
        __syncthreads();
        for (int i = threadIdx.y; i < SQUARE; i += blockDim.y) {
            if (m0 + i < m && n0 + lane < n) {
                y[start + (long long)(m0 + i) * n + n0 + lane] = square[lane][i];
            }
        }
        __syncthreads();
    }
}

// y[b, i, j, c] = x[b, i / factor, j / factor, c]; width is that of x. A block is (fours of channels, pixels of y).
extern "C" __global__ void conv_upsample(
    float *y, const float *x, int pixels, int width, int channels, int factor) {
    int channel = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = channels - channel;
    if (left <= 0) {
        return;
    }
    int wide = width * factor;
    for (int p = blockIdx.y * blockDim.y + threadIdx.y; p < pixels; p += gridDim.y * blockDim.y) {
        int w = p % wide / factor;
        // Rows of all pictures in turn: their heights are multiples of the factor.
        int h = p / wide / factor;
        long long from = (long long)h * width + w;
        store_four(y + (long long)p * channels + channel, load_four(x + from * channels + channel, left), left);
    }
}

// dx = the sum of dy over the square of each pixel, row by row; width is that of dx. A block is (fours of channels,
// pixels of dx).
extern "C" __global__ void conv_upsample_backward(
    float *dx, const float *dy, int pixels, int width, int channels, int factor) {
    int channel = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
    int left = channels - channel;
    if (left <= 0) {
        return;
    }
    for (int p = blockIdx.y * blockDim.y + threadIdx.y; p < pixels; p += gridDim.y * blockDim.y) {
        int w = p % width * factor;
        long long h = (long long)(p / width) * factor;
        float4 sum = make_float4(0.f, 0.f, 0.f, 0.f);
        for (int u = 0; u < factor; u++) {
            for (int v = 0; v < factor; v++) {
                long long from = (h + u) * width * factor + w + v;
                float4 four = load_four(dy + from * channels + channel, left);
                sum = make_float4(sum.x + four.x, sum.y + four.y, sum.z + four.z, sum.w + four.w);
            }
        }
        store_four(dx + (long long)p * channels + channel, sum, left);
    }
}

// y = a + b; y may be a.
extern "C" __global__ void conv_add(float *y, const float *a, const float *b, long long count) {
    for (long long i = 4 * first_element(); i < count; i += 4 * element_stride()) {
        int left = count - i < 4 ? (int)(count - i) : 4;
        float4 p = load_four(a + i, left);
        float4 q = load_four(b + i, left);
        store_four(y + i, make_float4(p.x + q.x, p.y + q.y, p.z + q.z, p.w + q.w), left);
    }
}
