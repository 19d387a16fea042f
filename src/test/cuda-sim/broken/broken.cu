// Kernels with the mistakes that hardware forgives now and then: each must be caught by the software device.

/** Right: twice the input. */
extern "C" __global__ void broken_none(float* y, const float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        y[i] = 2 * x[i];
    }
}

/** Writes one element past the end. */
extern "C" __global__ void broken_writesBehind(float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) {
        y[i] = 1;
    }
}

/** Reads one element past the end. */
extern "C" __global__ void broken_readsBehind(float* y, const float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        y[i] = x[i + 1];
    }
}

/** Writes far past the end, where nothing is. */
extern "C" __global__ void broken_writesFar(float* y, long long distance) {
    if (threadIdx.x == 0) {
        y[distance] = 1;
    }
}

/** Loads four floats from an address that may be no multiple of 16. */
extern "C" __global__ void broken_unaligned(float* y, const float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        float4 four = *reinterpret_cast<const float4*>(x + i);
        y[i] = four.x + four.w;
    }
}

/** Only half of the block comes to the barrier. */
extern "C" __global__ void broken_halfBarrier(float* y) {
    __shared__ float seen[1024];
    seen[threadIdx.x] = threadIdx.x;
    if (threadIdx.x < blockDim.x / 2) {
        __syncthreads();
    }
    y[threadIdx.x] = seen[blockDim.x - 1 - threadIdx.x];
}

/** Two halves come to two barriers. */
extern "C" __global__ void broken_twoBarriers(float* y) {
    if (threadIdx.x < blockDim.x / 2) {
        y[threadIdx.x] = 1;
        __syncthreads();
    } else {
        __syncthreads();
        y[threadIdx.x] = 2;
    }
}

/** No barrier between writing and reading shared memory. */
extern "C" __global__ void broken_noBarrier(float* y) {
    __shared__ float seen[1024];
    seen[threadIdx.x] = threadIdx.x;
    y[threadIdx.x] = seen[blockDim.x - 1 - threadIdx.x];
}

/** Lanes wait for lanes that have left. */
extern "C" __global__ void broken_shuffleAfterReturn(float* y, int n) {
    if (threadIdx.x >= n) {
        return;
    }
    y[threadIdx.x] = __shfl_down_sync(0xffffffffu, y[threadIdx.x], 1);
}

/** A barrier, shuffles and shared memory, rightly used: y[block] = sum of x over the block. */
extern "C" __global__ void broken_noneSum(float* y, const float* x, int n) {
    __shared__ float parts[32];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float sum = i < n ? x[i] : 0;
    for (int step = 16; step > 0; step /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, step);
    }
    if (threadIdx.x % 32 == 0) {
        parts[threadIdx.x / 32] = sum;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        float total = 0;
        for (int w = 0; w < blockDim.x / 32; w++) {
            total += parts[w];
        }
        y[blockIdx.x] = total;
    }
}

/** Parameters of every kind. */
extern "C" __global__ void broken_noneKinds(double* y, int a, long long b, float c, double d) {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        y[0] = a + 10.0 * b + 100.0 * c + 1000.0 * d;
    }
}

/** Divides by a zero. */
extern "C" __global__ void broken_division(int* y, int zero) {
    y[threadIdx.x] = 7 / zero;
}
