// A stand-in for cuBLAS: handles, streams, workspaces, and matrix products in plain loops, every sum in the order of its
// terms. Reduced precision rounds the factors as the hardware does and adds up in single precision.

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include <algorithm>
#include <set>
#include <vector>

#include "bridge.h"

#define API extern "C" __attribute__((visibility("default"))) int

namespace {

enum Status : int {
    kSuccess = 0,
    kNotInitialized = 1,
    kAllocFailed = 3,
    kInvalidValue = 7,
    kExecutionFailed = 13,
    kNotSupported = 15,
};

enum Type : int { kFloat = 0, kBfloat = 14 };
enum Rounding : int { kNone, kTf32 };

struct Handle {
    void* stream = nullptr;
    uint64_t workspace = 0;
    uint64_t workspaceBytes = 0;
    int mathMode = 0;
    int pointerMode = 0;
    int atomicsMode = 0;
};

std::set<void*> handles;

template <typename F>
F driver(const char* name) {
    static void* library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    return library == nullptr ? nullptr : reinterpret_cast<F>(dlsym(library, name));
}

// One product, column-major as cuBLAS has it: c [m, n] = alpha op(a) op(b) + beta c.
struct Product {
    int transposeA, transposeB, m, n, k;
    float alpha, beta;
    uint64_t a, b, c;
    int typeA, typeB;
    long lda, ldb, ldc;
    int rounding;
    uint64_t workspace, workspaceBytes;
};

constexpr int kRows = 32;
constexpr int kColumns = 4;

float fromBfloat(uint16_t bits) {
    uint32_t wide = (uint32_t) bits << 16;
    float value;
    memcpy(&value, &wide, 4);
    return value;
}

// To ten bits of mantissa, halves away from zero.
float toTf32(float value) {
    if (!isfinite(value)) return value;
    uint32_t bits;
    memcpy(&bits, &value, 4);
    bits = (bits + 0x1000u) & ~0x1fffu;
    memcpy(&value, &bits, 4);
    return value;
}

float element(uint64_t matrix, int type, long index, int rounding) {
    if (type == kBfloat) return fromBfloat(reinterpret_cast<const uint16_t*>(matrix)[index]);
    float value = reinterpret_cast<const float*>(matrix)[index];
    return rounding == kTf32 ? toTf32(value) : value;
}

// Panels of `width` rows of op(a) (or columns of op(b)), each [k, width], zeros where there is nothing.
std::vector<float> pack(uint64_t matrix, int type, long ld, bool along, int count, int k, int width, int rounding) {
    int panels = (count + width - 1) / width;
    std::vector<float> packed((size_t) panels * k * width);
    for (int p = 0; p < panels; p++) {
        int used = std::min(width, count - p * width);
        float* panel = packed.data() + (size_t) p * k * width;
        for (int i = 0; i < k; i++) {
            for (int r = 0; r < used; r++) {
                long at = p * width + r;
                panel[i * width + r] = element(matrix, type, along ? at + i * ld : i + at * ld, rounding);
            }
        }
    }
    return packed;
}

void tile(float* sums, const float* a, const float* b, int k) {
    float rows[kColumns][kRows] = {};
    for (int i = 0; i < k; i++) {
        for (int c = 0; c < kColumns; c++) {
            float factor = b[i * kColumns + c];
            for (int r = 0; r < kRows; r++) rows[c][r] += a[i * kRows + r] * factor;
        }
    }
    memcpy(sums, rows, sizeof(rows));
}

// The library uses its workspace as it likes; whoever else keeps something there shall notice.
void scribble(uint64_t start, uint64_t bytes) {
    uint64_t some = std::min<uint64_t>(bytes, 4096);
    memset(reinterpret_cast<void*>(start), 0xEE, some);
    memset(reinterpret_cast<void*>(start + bytes - some), 0xEE, some);
}

void multiply(const unsigned char* data) {
    Product p;
    memcpy(&p, data, sizeof(p));
    if (p.workspaceBytes > 0) scribble(p.workspace, p.workspaceBytes);
    std::vector<float> a = pack(p.a, p.typeA, p.lda, p.transposeA == 0, p.m, p.k, kRows, p.rounding);
    std::vector<float> b = pack(p.b, p.typeB, p.ldb, p.transposeB != 0, p.n, p.k, kColumns, p.rounding);
    float* c = reinterpret_cast<float*>(p.c);
    float sums[kRows * kColumns];
    for (int column = 0; column < p.n; column += kColumns) {
        for (int row = 0; row < p.m; row += kRows) {
            tile(sums, a.data() + (size_t) row * p.k, b.data() + (size_t) column * p.k, p.k);
            for (int j = 0; j < std::min(kColumns, p.n - column); j++) {
                for (int i = 0; i < std::min(kRows, p.m - row); i++) {
                    float* to = c + (column + j) * p.ldc + row + i;
                    float product = p.alpha * sums[j * kRows + i];
                    // With a beta of zero, what was there is not read: it may be not a number.
                    *to = p.beta == 0 ? product : product + p.beta * *to;
                }
            }
        }
    }
}

uint64_t extent(bool swapped, int rows, int columns, long ld, int bytes) {
    int tall = swapped ? columns : rows;
    int wide = swapped ? rows : columns;
    return ((uint64_t) (wide - 1) * ld + tall) * bytes;
}

int ask(Handle* handle, Product p) {
    if (handle->pointerMode != 0) return kNotSupported;
    if (p.m < 0 || p.n < 0 || p.k < 0 || p.transposeA < 0 || p.transposeA > 1 || p.transposeB < 0 || p.transposeB > 1
            || p.lda < std::max(1, p.transposeA ? p.k : p.m) || p.ldb < std::max(1, p.transposeB ? p.n : p.k)
            || p.ldc < std::max(1, p.m)) {
        return kInvalidValue;
    }
    if (p.m == 0 || p.n == 0) return kSuccess;
    p.workspace = handle->workspace;
    p.workspaceBytes = handle->workspaceBytes;
    SimWork work = {};
    work.library = SIM_BLAS;
    work.name = "matrix product";
    work.run = &multiply;
    work.data = reinterpret_cast<const unsigned char*>(&p);
    work.dataBytes = sizeof(p);
    unsigned widthA = p.typeA == kBfloat ? 2 : 4;
    unsigned widthB = p.typeB == kBfloat ? 2 : 4;
    if (p.k > 0) {
        work.ranges[work.rangeCount++] = {p.a, extent(p.transposeA, p.m, p.k, p.lda, widthA), widthA, false};
        work.ranges[work.rangeCount++] = {p.b, extent(p.transposeB, p.k, p.n, p.ldb, widthB), widthB, false};
    }
    work.ranges[work.rangeCount++] = {p.c, extent(false, p.m, p.n, p.ldc, 4), 4, true};
    if (p.workspaceBytes > 0) {
        work.ranges[work.rangeCount++] = {p.workspace, p.workspaceBytes, 256, true};
    } else {
        work.refusedInCapture = "captured without a workspace of the caller's";
    }
    auto enqueue = driver<SimEnqueue>("simEnqueue");
    return enqueue != nullptr && enqueue(handle->stream, &work) == SIM_DONE ? kSuccess : kExecutionFailed;
}

Handle* known(void* handle) { return handles.count(handle) != 0 ? static_cast<Handle*>(handle) : nullptr; }

}  // namespace

API cublasCreate_v2(void** result) {
    auto count = driver<SimHandle>("simHandle");
    if (count == nullptr || count("cuBLAS handles", 1) != SIM_DONE) return kNotInitialized;
    *result = new Handle();
    handles.insert(*result);
    return kSuccess;
}

API cublasDestroy_v2(void* handle) {
    if (known(handle) == nullptr) return kNotInitialized;
    handles.erase(handle);
    delete static_cast<Handle*>(handle);
    return driver<SimHandle>("simHandle")("cuBLAS handles", -1) == SIM_DONE ? kSuccess : kNotInitialized;
}

// Which of the two it is shows in its name alone; both answer as 12.6.
API cublasGetVersion_v2(void* handle, int* version) {
    if (known(handle) == nullptr) return kNotInitialized;
    *version = 120600;
    return kSuccess;
}

API cublasGetProperty(int which, int* value) {
    *value = which == 0 ? 12 : which == 1 ? 6 : 0;
    return kSuccess;
}

API cublasSetStream_v2(void* handle, void* stream) {
    if (known(handle) == nullptr) return kNotInitialized;
    known(handle)->stream = stream;
    // As documented: this takes the caller's workspace away.
    known(handle)->workspace = known(handle)->workspaceBytes = 0;
    return kSuccess;
}

API cublasGetStream_v2(void* handle, void** stream) {
    if (known(handle) == nullptr) return kNotInitialized;
    *stream = known(handle)->stream;
    return kSuccess;
}

API cublasSetWorkspace_v2(void* handle, uint64_t workspace, size_t bytes) {
    if (known(handle) == nullptr) return kNotInitialized;
    if (workspace % 256 != 0) return kInvalidValue;
    known(handle)->workspace = workspace;
    known(handle)->workspaceBytes = bytes;
    return kSuccess;
}

API cublasSetMathMode(void* handle, int mode) {
    if (known(handle) == nullptr) return kNotInitialized;
    known(handle)->mathMode = mode;
    return kSuccess;
}

API cublasGetMathMode(void* handle, int* mode) {
    if (known(handle) == nullptr) return kNotInitialized;
    *mode = known(handle)->mathMode;
    return kSuccess;
}

API cublasSetPointerMode_v2(void* handle, int mode) {
    if (known(handle) == nullptr) return kNotInitialized;
    known(handle)->pointerMode = mode;
    return kSuccess;
}

API cublasGetPointerMode_v2(void* handle, int* mode) {
    if (known(handle) == nullptr) return kNotInitialized;
    *mode = known(handle)->pointerMode;
    return kSuccess;
}

API cublasSetAtomicsMode(void* handle, int mode) {
    if (known(handle) == nullptr) return kNotInitialized;
    known(handle)->atomicsMode = mode;
    return kSuccess;
}

API cublasSgemm_v2(void* handle, int transposeA, int transposeB, int m, int n, int k, const float* alpha, uint64_t a, int lda,
        uint64_t b, int ldb, const float* beta, uint64_t c, int ldc) {
    if (known(handle) == nullptr) return kNotInitialized;
    int rounding = (known(handle)->mathMode & 15) == 3 ? kTf32 : kNone;
    return ask(known(handle), {transposeA, transposeB, m, n, k, *alpha, *beta, a, b, c, kFloat, kFloat, lda, ldb, ldc, rounding,
            0, 0});
}

API cublasGemmEx(void* handle, int transposeA, int transposeB, int m, int n, int k, const float* alpha, uint64_t a, int typeA,
        int lda, uint64_t b, int typeB, int ldb, const float* beta, uint64_t c, int typeC, int ldc, int compute, int) {
    if (known(handle) == nullptr) return kNotInitialized;
    bool plain = compute == 68 || compute == 69;  // 32F, pedantic
    bool tf32 = compute == 77 || (compute == 68 && (known(handle)->mathMode & 15) == 3);
    if ((!plain && !tf32) || typeC != kFloat || typeA != typeB || (typeA != kFloat && typeA != kBfloat)) return kNotSupported;
    return ask(known(handle), {transposeA, transposeB, m, n, k, *alpha, *beta, a, b, c, typeA, typeB, lda, ldb, ldc,
            tf32 ? kTf32 : kNone, 0, 0});
}

extern "C" __attribute__((visibility("default"))) const char* cublasGetStatusName(int) { return "CUBLAS_STATUS"; }
extern "C" __attribute__((visibility("default"))) const char* cublasGetStatusString(int) { return "a status"; }
extern "C" __attribute__((visibility("default"))) size_t cublasGetCudartVersion() { return 12060; }
