// Log-likelihoods estimated with many draws: row r belongs to sample r / draws.
#include "common.cuh"

// max(l, 0) - l x without the logarithm, and the factor 1 + exp(-|l|) whose logarithm it lacks.
static __device__ __forceinline__ float linear(float l, float x, float *factor) {
    *factor *= 1.f + expf(-fabsf(l));
    return fmaf(-l, x, fmaxf(l, 0.f));
}

// Cross-entropy of the row's sample under sigmoid(l); one logarithm for four columns. Blocks are (threads per row, rows).
extern "C" __global__ void measure_bernoulli(
    float *sums, const float *logits, const float *x, int rows, int draws, int width) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        long long sample = row / draws;
        for (int d = 4 * threadIdx.x; d < width; d += 4 * blockDim.x) {
            int left = width - d;
            float4 l = load_four(logits + row * width + d, left);
            float4 v = load_four(x + sample * width + d, left);
            float factor = 1.f;
            sum += linear(l.x, v.x, &factor);
            if (left > 1) sum += linear(l.y, v.y, &factor);
            if (left > 2) sum += linear(l.z, v.z, &factor);
            if (left > 3) sum += linear(l.w, v.w, &factor);
            sum += logf(factor);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        sums[row] = sum;
    }
}

// No weights yet.
extern "C" __global__ void measure_start(double *state, int samples) {
    for (long long b = first_element(); b < samples; b += element_stride()) {
        state[2 * b] = -(double)INFINITY;
        state[2 * b + 1] = 0;
    }
}

// Adds exp(ratio - rows) of the first `counted` of a sample's draws. A block of at most 256 threads, a power of two, for each sample.
extern "C" __global__ void measure_add(
    double *state, const float *rows, const float *ratio, int draws, int counted) {
    __shared__ double largest[256];
    __shared__ double sums[WARP];
    long long sample = blockIdx.x;
    long long first = sample * draws;
    double most = state[2 * sample];
    for (int k = threadIdx.x; k < counted; k += blockDim.x) {
        double log = (double)ratio[first + k] - rows[first + k];
        most = log > most ? log : most;
    }
    largest[threadIdx.x] = most;
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if ((int)threadIdx.x < half) {
            double other = largest[threadIdx.x + half];
            largest[threadIdx.x] = other > largest[threadIdx.x] ? other : largest[threadIdx.x];
        }
    }
    __syncthreads();
    most = largest[0];
    double sum = 0;
    for (int k = threadIdx.x; k < counted; k += blockDim.x) {
        double log = (double)ratio[first + k] - rows[first + k];
        // A weight of zero adds nothing; NaN must not hide.
        sum += log == -(double)INFINITY ? 0 : exp(log - most);
    }
    sum = block_sum(sum, sums);
    if (threadIdx.x == 0) {
        double before = state[2 * sample + 1];
        state[2 * sample + 1] = sum + (before == 0 ? 0 : before * exp(state[2 * sample] - most));
        state[2 * sample] = most;
    }
}

// loss = log(draws) - the logarithm of the summed weights.
extern "C" __global__ void measure_mean(float *loss, const double *state, int samples, double log_draws) {
    for (long long b = first_element(); b < samples; b += element_stride()) {
        loss[b] = (float)(log_draws - state[2 * b] - log(state[2 * b + 1]));
    }
}
