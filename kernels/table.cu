// Rows of tables, see tensor/TableOps.java: what the encoder sees, the negative log-likelihood of the columns, and their means.
// Blocks are (threads per row, rows), a thread takes one column at a time. A value that is missing is NaN.
#include "common.cuh"

// The order is that of tensor/ColumnKind.java.
enum Kind { NUMERIC, BINARY, CATEGORICAL, COUNT };

// What tensor/TableLayout.java says of a column.
enum Field { KIND, INPUT, OUTPUT, LEVELS, MASK, SHIFT, SCALE, CONSTANT, FIELDS };

#define LOG_TWO_PI 1.83787707f
#define LEAST_LOGVAR -12.f
#define LARGEST_LOG_RATE 20.f

static __device__ __forceinline__ float softplus(float x) {
    return fmaxf(x, 0.f) + log1pf(expf(-fabsf(x)));
}

static __device__ __forceinline__ float sigmoid(float x) {
    float e = expf(-fabsf(x));
    float larger = 1.f / (1.f + e);
    return x >= 0.f ? larger : e * larger;
}

extern "C" __global__ void table_input(
    float *input, const float *x, const float *columns, int rows, int width, int inputs) {
    long long row = block_row();
    if (row >= rows) {
        return;
    }
    for (int c = threadIdx.x; c < width; c += blockDim.x) {
        const float *column = columns + (long long)c * FIELDS;
        float value = x[row * width + c];
        bool there = value == value;
        float *to = input + row * inputs + (int)column[INPUT];
        int kind = (int)column[KIND];
        if (kind == CATEGORICAL) {
            int level = there ? (int)value : -1;
            for (int l = 0; l < (int)column[LEVELS]; l++) {
                to[l] = l == level ? 1.f : 0.f;
            }
        } else if (!there) {
            *to = 0.f;
        } else {
            *to = kind == COUNT ? (log1pf(value) - column[SHIFT]) * column[SCALE] : value;
        }
        if (column[MASK] >= 0.f) {
            input[row * inputs + (int)column[MASK]] = there ? 0.f : 1.f;
        }
    }
}

static __device__ __forceinline__ float categorical(
    const float *logits, int levels, int level, float weight, float *gradient) {
    float largest = logits[0];
    for (int l = 1; l < levels; l++) {
        largest = fmaxf(largest, logits[l]);
    }
    float total = 0.f;
    for (int l = 0; l < levels; l++) {
        total += expf(logits[l] - largest);
    }
    if (gradient) {
        float scale = 1.f / total;
        for (int l = 0; l < levels; l++) {
            gradient[l] = weight * (expf(logits[l] - largest) * scale - (l == level ? 1.f : 0.f));
        }
    }
    return largest - logits[level] + logf(total);
}

// exp(d) - 1 - d
static __device__ __forceinline__ float above_tangent(float d) {
    if (fabsf(d) < 0.25f) {
        return d * d
            * fmaf(d, fmaf(d, fmaf(d, fmaf(d, fmaf(d, 1.f / 5040, 1.f / 720), 1.f / 120), 1.f / 24), 1.f / 6), 0.5f);
    }
    return expm1f(d) - d;
}

// log k! - k log k + k for k >= 1: below 8 the factorial is a small whole number.
static __device__ __forceinline__ float stirling(float k) {
    if (k < 8.f) {
        float factorial = 1.f;
        for (float i = 2.f; i <= k; i += 1.f) {
            factorial *= i;
        }
        return logf(factorial) - k * logf(k) + k;
    }
    float s = 1.f / (k * k);
    return fmaf(0.5f, logf(k) + LOG_TWO_PI, fmaf(s, fmaf(s, 1.f / 1260, -1.f / 360), 1.f / 12) / k);
}

// With d = l - log k the term is k (exp(d) - 1 - d) + (log k! - k log k + k), of which neither part cancels (Loader 2000).
static __device__ __forceinline__ float count(float l, float k, float weight, float *gradient) {
    float inside = fminf(l, LARGEST_LOG_RATE);
    float d = k > 0.f ? inside - logf(k) : 0.f;
    float slope = k > 0.f ? k * expm1f(d) : expf(inside);
    if (gradient) {
        *gradient = weight * slope;
    }
    float beyond = slope * (l - inside);
    return (k > 0.f ? fmaf(k, above_tangent(d), stirling(k)) : expf(inside)) + beyond;
}

// The rows, the gradients, or both; what is not asked for is null, weights with the gradients.
extern "C" __global__ void table_score(
    float *sums, float *doutput, float *dlogvar, const float *output, const float *x, const float *logvar,
    const float *columns, const float *weights, int rows, int width, int outputs) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        float weight = doutput ? weights[row] : 0.f;
        for (int c = threadIdx.x; c < width; c += blockDim.x) {
            const float *column = columns + (long long)c * FIELDS;
            float value = x[row * width + c];
            int place = (int)column[OUTPUT];
            const float *out = output + row * outputs + place;
            float *gradient = doutput ? doutput + row * outputs + place : 0;
            int levels = (int)column[LEVELS];
            float dvariance = 0.f;
            if (value != value) {
                for (int l = 0; gradient && l < levels; l++) {
                    gradient[l] = 0.f;
                }
            } else {
                sum += column[CONSTANT];
                switch ((int)column[KIND]) {
                case NUMERIC: {
                    float above = logvar[c] - LEAST_LOGVAR;
                    float v = LEAST_LOGVAR + softplus(above);
                    float difference = out[0] - value;
                    float precision = expf(-v);
                    float square = difference * difference * precision;
                    sum += 0.5f * (LOG_TWO_PI + v + square);
                    if (gradient) {
                        gradient[0] = weight * difference * precision;
                        dvariance = weight * 0.5f * (1.f - square) * sigmoid(above);
                    }
                    break;
                }
                case BINARY: {
                    float l = out[0];
                    sum += fmaxf(l, 0.f) - l * value + log1pf(expf(-fabsf(l)));
                    if (gradient) {
                        gradient[0] = weight * (sigmoid(l) - value);
                    }
                    break;
                }
                case CATEGORICAL:
                    sum += categorical(out, levels, (int)value, weight, gradient);
                    break;
                default:
                    sum += count(out[0], value, weight, gradient);
                }
            }
            if (dlogvar) {
                dlogvar[row * width + c] = dvariance;
            }
        }
    }
    if (sums) {
        sum = row_sum(sum);
        if (threadIdx.x == 0 && row < rows) {
            sums[row] = sum;
        }
    }
}

// mean may be the output where both have the same width.
extern "C" __global__ void table_mean(
    float *mean, const float *output, const float *columns, int rows, int width, int outputs) {
    long long row = block_row();
    if (row >= rows) {
        return;
    }
    for (int c = threadIdx.x; c < width; c += blockDim.x) {
        const float *column = columns + (long long)c * FIELDS;
        const float *out = output + row * outputs + (int)column[OUTPUT];
        float value = out[0];
        switch ((int)column[KIND]) {
        case NUMERIC:
            break;
        case BINARY:
            value = sigmoid(value);
            break;
        case CATEGORICAL: {
            int best = 0;
            for (int l = 1; l < (int)column[LEVELS]; l++) {
                best = out[l] > out[best] ? l : best;
            }
            value = (float)best;
            break;
        }
        default:
            value = expf(fminf(value, LARGEST_LOG_RATE));
        }
        mean[row * width + c] = value;
    }
}
