// Labels as one-hot rows, and columns put behind others.
#include "common.cuh"

// y[r, k] = 1 where k is the class of row order[ORDER_POSITION + r], else 0. What lies outside of the order, the labels or the
// classes becomes NaN, since nobody could be told at once.
extern "C" __global__ void condition_gather(
    float *y, const int *labels, const int *order, const double *scalars, int classes, long long samples, long long length,
    long long count) {
    for (long long i = first_element(); i < count; i += element_stride()) {
        long long position = (long long)scalars[ORDER_POSITION] + i / classes;
        long long row = position >= 0 && position < length ? order[position] : -1;
        int label = row >= 0 && row < samples ? labels[row] : -1;
        bool inside = label >= 0 && label < classes;
        y[i] = !inside ? not_a_number() : label == i % classes ? 1.f : 0.f;
    }
}

// y[r] = front columns of a[r], and behind them those of b[r / times].
extern "C" __global__ void condition_join(
    float *y, const float *a, const float *b, int front, int behind, int times, long long count) {
    int width = front + behind;
    for (long long i = first_element(); i < count; i += element_stride()) {
        long long r = i / width;
        int c = (int)(i - r * width);
        y[i] = c < front ? a[r * front + c] : b[r / times * behind + c - front];
    }
}

// x[r] = the first columns of y[r], which has width of them.
extern "C" __global__ void condition_first(float *x, const float *y, int front, int width, long long count) {
    for (long long i = first_element(); i < count; i += element_stride()) {
        long long r = i / front;
        x[i] = y[r * width + (i - r * front)];
    }
}
