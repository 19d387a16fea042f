// Between the stand-ins of cuBLAS and cuRAND and that of the driver, which they find when they are first used.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SIM_BLAS, SIM_RANDOM };
enum { SIM_DONE, SIM_REFUSED, SIM_FAULT };

struct SimRange {
    uint64_t start;
    uint64_t bytes;
    unsigned alignment;
    bool written;
};

// Work for a stream. data is copied.
struct SimWork {
    int library;
    const char* name;
    void (*run)(const unsigned char* data);
    const unsigned char* data;
    size_t dataBytes;
    SimRange ranges[5];
    int rangeCount;
    const char* refusedInCapture;  // null, or why a capture must not have it
};

using SimEnqueue = int (*)(void* stream, const SimWork* work);
using SimHandle = int (*)(const char* kind, int change);
