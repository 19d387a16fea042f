// Negative log-likelihood rows of tensor/Density.java in nats, their gradients and means; and the Laplace distribution. Blocks are
// (threads per row, rows), a thread takes one value at a time. Parameter p of value d lies as tensor/LikelihoodOps.java says.
#include "common.cuh"

// The order is that of tensor/Density.java.
enum Density { CONTINUOUS_BERNOULLI, GAUSSIAN, DISCRETIZED_LOGISTIC, CATEGORICAL };

#define LOG_TWO 0.693147181f
#define LOG_TWO_PI 1.83787707f
#define LEAST_LOGVAR -12.f
#define LEAST_LOG_SCALE -8.f
#define TOP_LEVEL 255.f
#define LOG_TOP_LEVEL 5.54126355f

// log(1 + exp(x))
static __device__ __forceinline__ float softplus(float x) {
    return fmaxf(x, 0.f) + log1pf(expf(-fabsf(x)));
}

static __device__ __forceinline__ float sigmoid(float x) {
    float e = expf(-fabsf(x));
    float larger = 1.f / (1.f + e);
    return x >= 0.f ? larger : e * larger;
}

// log((1 - exp(-a)) / a) for a >= 0: -a/2 + log(sinh(a/2) / (a/2)), by its Taylor series where that is short.
static __device__ __forceinline__ float log_mean_exp(float a) {
    if (a < 1.f) {
        float s = a * a;
        return fmaf(-0.5f, a, s * fmaf(s, fmaf(s, fmaf(s, -1.f / 9676800, 1.f / 181440), -1.f / 2880), 1.f / 24));
    }
    return log1pf(-expf(-a)) - logf(a);
}

// a / (exp(a) - 1) for a >= 0.
static __device__ __forceinline__ float over_expm1(float a) {
    if (a < 0.5f) {
        float s = a * a;
        return fmaf(-0.5f, a, fmaf(s, fmaf(s, fmaf(s, 1.f / 30240, -1.f / 720), 1.f / 12), 1.f));
    }
    float e = expf(-a);
    return a * e / (1.f - e);
}

// 1 / (1 - exp(-l)) - 1 / l, the derivative of the continuous Bernoulli's log normalizer.
static __device__ __forceinline__ float expected(float l) {
    if (fabsf(l) < 1.f) {
        float s = l * l;
        return fmaf(l, fmaf(s, fmaf(s, fmaf(s, -1.f / 1209600, 1.f / 30240), -1.f / 720), 1.f / 12), 0.5f);
    }
    // From the side on which nothing overflows; the mean of -l is one less that of l.
    float a = fabsf(l);
    float mean = 1.f / (1.f - expf(-a)) - 1.f / a;
    return l > 0.f ? mean : 1.f - mean;
}

static __device__ __forceinline__ float level_of(float x, float top) {
    return fminf(fmaxf(floorf(fmaf(x, top, 0.5f)), 0.f), top);
}

static __device__ __forceinline__ float continuous_bernoulli(float l, float x, float weight, float *dl) {
    if (dl) {
        *dl = weight * (expected(l) - x);
    }
    return (l > 0.f ? l * (1.f - x) : -l * x) + log_mean_exp(fabsf(l));
}

static __device__ __forceinline__ float gaussian(
    const float *parameters, int run, float x, float weight, float *gradient) {
    float above = parameters[run] - LEAST_LOGVAR;
    float v = LEAST_LOGVAR + softplus(above);
    float difference = parameters[0] - x;
    float precision = expf(-v);
    float square = difference * difference * precision;
    if (gradient) {
        gradient[0] = weight * difference * precision;
        gradient[run] = weight * 0.5f * (1.f - square) * sigmoid(above);
    }
    return 0.5f * (LOG_TWO_PI + v + square);
}

// With a and b the bounds of the level in scales, sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(-(a - b))).
static __device__ __forceinline__ float logistic(
    const float *parameters, int run, float x, float weight, float *gradient) {
    float level = level_of(x, TOP_LEVEL);
    float above = parameters[run] - LEAST_LOG_SCALE;
    float s = LEAST_LOG_SCALE + softplus(above);
    float inverse = expf(-s);
    float offset = level / TOP_LEVEL - parameters[0];
    float a = (offset + 0.5f / TOP_LEVEL) * inverse;
    float b = (offset - 0.5f / TOP_LEVEL) * inverse;
    bool has_upper = level < TOP_LEVEL;
    bool has_lower = level > 0.f;
    float sum = (has_upper ? softplus(-a) : 0.f) + (has_lower ? softplus(b) : 0.f);
    float span = inverse / TOP_LEVEL;
    bool inner = has_upper && has_lower;
    if (inner) {
        sum += s + LOG_TOP_LEVEL - log_mean_exp(span);
    }
    if (gradient) {
        float upper = has_upper ? sigmoid(-a) : 0.f;
        float lower = has_lower ? sigmoid(b) : 0.f;
        gradient[0] = weight * inverse * (upper - lower);
        float dscale = a * upper - b * lower + (inner ? over_expm1(span) : 0.f);
        gradient[run] = weight * dscale * sigmoid(above);
    }
    return sum;
}

// Logits of `count` levels, `run` apart.
static __device__ __forceinline__ float largest_of(const float *logits, int count, int run) {
    float largest = logits[0];
    for (int p = 1; p < count; p++) {
        largest = fmaxf(largest, logits[(long long)p * run]);
    }
    return largest;
}

static __device__ __forceinline__ float categorical(
    const float *logits, int count, int run, float x, float weight, float *gradient) {
    int level = (int)level_of(x, (float)(count - 1));
    float largest = largest_of(logits, count, run);
    float total = 0.f;
    for (int p = 0; p < count; p++) {
        total += expf(logits[(long long)p * run] - largest);
    }
    if (gradient) {
        float scale = 1.f / total;
        for (int p = 0; p < count; p++) {
            float probability = expf(logits[(long long)p * run] - largest) * scale;
            gradient[(long long)p * run] = weight * (probability - (p == level ? 1.f : 0.f));
        }
    }
    return largest - logits[(long long)level * run] + logf(total);
}

static __device__ __forceinline__ long long place(long long row, int d, int width, int count, int run) {
    return row * width * count + (long long)(d / run) * run * count + d % run;
}

// The rows, the gradient, or both; what is not asked for is null, weights with it. `count` parameters of each value.
extern "C" __global__ void density_score(
    float *sums, float *doutput, const float *output, const float *x, const float *weights, int rows, int width,
    int count, int run, int density) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        float weight = doutput ? weights[row] : 0.f;
        for (int d = threadIdx.x; d < width; d += blockDim.x) {
            long long at = place(row, d, width, count, run);
            const float *parameters = output + at;
            float *gradient = doutput ? doutput + at : 0;
            float value = x[row * width + d];
            switch (density) {
            case CONTINUOUS_BERNOULLI:
                sum += continuous_bernoulli(parameters[0], value, weight, gradient);
                break;
            case GAUSSIAN:
                sum += gaussian(parameters, run, value, weight, gradient);
                break;
            case DISCRETIZED_LOGISTIC:
                sum += logistic(parameters, run, value, weight, gradient);
                break;
            default:
                sum += categorical(parameters, count, run, value, weight, gradient);
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

// The mean of a logistic distribution that is clipped to [0, 1]: s (softplus(m / s) - softplus((m - 1) / s)).
static __device__ __forceinline__ float clipped_logistic(float mean, float log_scale) {
    float scale = expf(fminf(log_scale, 30.f));
    float width = 1.f / scale;
    // Where the scale is large the two terms nearly cancel.
    return width < 1.f ? -scale * log1pf(sigmoid(mean * width) * expm1f(-width))
                       : scale * (softplus(mean * width) - softplus((mean - 1.f) * width));
}

static __device__ __forceinline__ float categorical_mean(const float *logits, int count, int run) {
    float largest = largest_of(logits, count, run);
    float total = 0.f;
    float sum = 0.f;
    for (int p = 0; p < count; p++) {
        float e = expf(logits[(long long)p * run] - largest);
        total += e;
        sum = fmaf(e, (float)p, sum);
    }
    return sum / (total * (float)(count - 1));
}

// mean may be the output where a value has one parameter.
extern "C" __global__ void density_mean(
    float *mean, const float *output, int rows, int width, int count, int run, int density) {
    long long row = block_row();
    if (row >= rows) {
        return;
    }
    for (int d = threadIdx.x; d < width; d += blockDim.x) {
        const float *parameters = output + place(row, d, width, count, run);
        float value;
        switch (density) {
        case CONTINUOUS_BERNOULLI:
            value = expected(parameters[0]);
            break;
        case GAUSSIAN:
            value = parameters[0];
            break;
        case DISCRETIZED_LOGISTIC:
            value = clipped_logistic(
                parameters[0], LEAST_LOG_SCALE + softplus(parameters[run] - LEAST_LOG_SCALE));
            break;
        default:
            value = categorical_mean(parameters, count, run);
        }
        mean[row * width + d] = value;
    }
}

// width (log(2) + s) + sum of |x - mean| exp(-s).
extern "C" __global__ void density_laplace(
    float *sums, const float *mean, const float *x, const float *logscale, int rows, int width) {
    long long row = block_row();
    float sum = 0.f;
    if (row < rows) {
        for (int d = threadIdx.x; d < width; d += blockDim.x) {
            long long at = row * width + d;
            sum += fabsf(mean[at] - x[at]);
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        float s = logscale[0];
        sums[row] = fmaf(sum, expf(-s), (float)width * (LOG_TWO + s));
    }
}

// dmean = weight sign(mean - x) exp(-s); terms are each row's part of the log scale's gradient, weight (width - sum of |x - mean|
// exp(-s)).
extern "C" __global__ void density_laplace_backward(
    float *dmean, float *terms, const float *mean, const float *x, const float *logscale, const float *weights, int rows,
    int width) {
    long long row = block_row();
    float sum = 0.f;
    float weight = row < rows ? weights[row] : 0.f;
    float inverse = expf(-logscale[0]);
    if (row < rows) {
        float factor = weight * inverse;
        for (int d = threadIdx.x; d < width; d += blockDim.x) {
            long long at = row * width + d;
            float difference = mean[at] - x[at];
            sum += fabsf(difference);
            dmean[at] = difference > 0.f ? factor : difference < 0.f ? -factor : difference * factor;
        }
    }
    sum = row_sum(sum);
    if (threadIdx.x == 0 && row < rows) {
        terms[row] = weight * ((float)width - sum * inverse);
    }
}
