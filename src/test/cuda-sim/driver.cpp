// The driver's calls about devices, contexts, memory and copies, and what guards every call.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bridge.h"
#include "driver.h"

std::recursive_mutex everything;
thread_local Context* currentContext;
std::map<std::string, int> otherHandles;

namespace {

bool initialized;
std::vector<std::unique_ptr<Device>> devices;
struct sigaction previousSegv;
struct sigaction previousBus;
struct sigaction previousFpe;

// A kernel that touches closed pages is ended; every other fault belongs to whoever was here before, the JVM above all.
void onFault(int number, siginfo_t* info, void* where) {
    if (insideKernel()) {
        Address address = reinterpret_cast<Address>(info->si_addr);
        if (number == SIGFPE) {
            complain("integer division by zero, by %s", place().c_str());
        } else {
            complain("access to %s, by %s", describe(address).c_str(), place().c_str());
        }
        abandonKernel(kIllegalAddress);
    }
    struct sigaction& previous = number == SIGSEGV ? previousSegv : number == SIGBUS ? previousBus : previousFpe;
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(number, info, where);
    } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
        sigaction(number, &previous, nullptr);
    } else {
        previous.sa_handler(number);
    }
}

void catchFaults() {
    struct sigaction action = {};
    action.sa_sigaction = &onFault;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previousSegv);
    sigaction(SIGBUS, &action, &previousBus);
    sigaction(SIGFPE, &action, &previousFpe);
}

// Devices come and grow with the switches, which a test sets at any time; their memory in use stays.
void matchSwitches() {
    while ((int) devices.size() < switches.devices) {
        devices.push_back(std::make_unique<Device>());
        devices.back()->ordinal = (int) devices.size() - 1;
    }
    for (auto& device : devices) device->total = switches.memory;
}

Device* deviceOf(int ordinal) {
    return ordinal >= 0 && ordinal < switches.devices ? devices[ordinal].get() : nullptr;
}

template <typename T>
long countOf(const Handles<T>& handles, Context* context) {
    long count = 0;
    for (T* handle : handles.live) count += handle->context == context;
    return count;
}

void reportLeaks(Context* context) {
    std::string text = sweep(context);
    auto note = [&text](long count, const char* what) {
        if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    long left = 0;
    for (Stream* stream : context->streams) left += stream != context->legacy;
    note(left, "streams");
    note(countOf(events, context), "events");
    note(countOf(execs, context), "instantiated graphs");
    note((long) graphs.size(), "graphs");
    note(countOf(modules, context), "modules");
    for (const auto& [kind, count] : otherHandles) note(count, kind.c_str());
    if (!text.empty()) complain("left behind when the context was released: %s", text.c_str());
}

// What belongs to a context and can be told apart by it goes with it.
template <typename T>
void forget(Handles<T>& handles, Context* context) {
    for (auto each = handles.live.begin(); each != handles.live.end();) {
        T* handle = *each++;
        if (handle->context != context) continue;
        handles.live.erase(handle);
        delete handle;
    }
}

void forgetAll(Context* context) {
    forget(events, context);
    forget(execs, context);
    forget(modules, context);
    graphs.clear();
    otherHandles.clear();
}

void destroy(Context* context) {
    drainAll(context);
    reportLeaks(context);
    forgetAll(context);
    while (!context->streams.empty()) unlink(*context->streams.begin());
    if (currentContext == context) currentContext = nullptr;
    Device* device = context->device;
    device->primary.reset();
}

// A thread may still have a context as its own that is gone.
bool alive(Context* context) {
    for (auto& device : devices) {
        if (device->primary.get() == context) return true;
    }
    return false;
}

}  // namespace

Call::Call(Kind kind) : hold(everything) {
    matchSwitches();
    if (!initialized) {
        refusal = switches.noDevice ? kNoDevice : kNotInitialized;
    } else if (faults.gone) {
        refusal = kDeviceUnavailable;
    } else if (kind == kAnytime) {
        refusal = kSuccess;
    } else if (currentContext == nullptr) {
        refusal = kInvalidContext;
    } else if (!alive(currentContext)) {
        refusal = kContextIsDestroyed;
    } else if (currentContext->failed != kSuccess) {
        refusal = currentContext->failed;
    } else if (kind == kUnsafeInCapture && capturingForbids()) {
        refusal = kCaptureUnsupported;
    }
}

double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

// ---- devices

API cuInit(unsigned flags) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    matchSwitches();
    if (flags != 0) return kInvalidValue;
    if (switches.noDevice) return kNoDevice;
    if (!initialized) catchFaults();
    initialized = true;
    return kSuccess;
}

API cuDriverGetVersion(int* version) {
    *version = switches.oldDriver ? 11040 : 12060;
    return kSuccess;
}

API cuDeviceGetCount(int* count) {
    ENTER(kAnytime);
    *count = switches.devices;
    return kSuccess;
}

API cuDeviceGet(int* device, int ordinal) {
    ENTER(kAnytime);
    if (deviceOf(ordinal) == nullptr) return kInvalidDevice;
    *device = ordinal;
    return kSuccess;
}

API cuDeviceGetName(char* name, int room, int device) {
    ENTER(kAnytime);
    if (deviceOf(device) == nullptr) return kInvalidDevice;
    snprintf(name, room, "Software device %d", device);
    return kSuccess;
}

API cuDeviceTotalMem_v2(size_t* bytes, int device) {
    ENTER(kAnytime);
    if (deviceOf(device) == nullptr) return kInvalidDevice;
    *bytes = deviceOf(device)->total;
    return kSuccess;
}

API cuDeviceGetAttribute(int* value, int attribute, int device) {
    ENTER(kAnytime);
    if (deviceOf(device) == nullptr) return kInvalidDevice;
    switch (attribute) {
        case 1: case 2: case 3: *value = 1024; break;           // threads per block, block x and y
        case 4: *value = 64; break;                             // block z
        case 5: *value = 0x7fffffff; break;                     // grid x
        case 6: case 7: *value = 65535; break;                  // grid y and z
        case 8: *value = 48 << 10; break;                       // shared memory per block
        case 10: *value = 32; break;                            // warp
        case 12: *value = 65536; break;                         // registers per block
        case 13: *value = 1000000; break;                       // clock, kHz
        case 16: *value = 4; break;                             // multiprocessors
        case 33: *value = 0; break;                             // PCI bus
        case 36: *value = 1000000; break;                       // memory clock, kHz
        case 37: *value = 64; break;                            // memory bus, bits
        case 38: *value = 1 << 20; break;                       // L2 cache
        case 39: *value = 2048; break;                          // threads per multiprocessor
        case 40: *value = 2; break;                             // copy engines
        case 41: *value = 1; break;                             // unified addressing
        case 75: *value = switches.capability / 10; break;
        case 76: *value = switches.capability % 10; break;
        default: *value = 0;
    }
    return kSuccess;
}

API cuDeviceComputeCapability(int* major, int* minor, int device) {
    ENTER(kAnytime);
    if (deviceOf(device) == nullptr) return kInvalidDevice;
    *major = switches.capability / 10;
    *minor = switches.capability % 10;
    return kSuccess;
}

API cuDeviceGetPCIBusId(char* id, int room, int device) {
    ENTER(kAnytime);
    if (deviceOf(device) == nullptr) return kInvalidDevice;
    snprintf(id, room, "0000:%02x:00.0", device + 1);
    return kSuccess;
}

// ---- contexts

API cuDevicePrimaryCtxRetain(void** result, int device) {
    ENTER(kAnytime);
    if (deviceOf(device) == nullptr) return kInvalidDevice;
    std::unique_ptr<Context>& context = deviceOf(device)->primary;
    if (context == nullptr) {
        context = std::make_unique<Context>();
        context->device = deviceOf(device);
        context->legacy = streams.add(new Stream{context.get(), true, {}, nullptr, {}});
        context->streams.insert(context->legacy);
    }
    context->users++;
    *result = context.get();
    return kSuccess;
}

// Even when the device is gone: a process must be able to leave.
API cuDevicePrimaryCtxRelease_v2(int device) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    if (!initialized) return kNotInitialized;
    if (deviceOf(device) == nullptr || deviceOf(device)->primary == nullptr) return kInvalidContext;
    Context* context = deviceOf(device)->primary.get();
    if (--context->users == 0) {
        // After a fault nobody can tidy up any more.
        if (faults.gone || context->failed != kSuccess) {
            sweep(context);
            forgetAll(context);
            for (Stream* stream : context->streams) stream->queue.clear();
            while (context->streams.size() > 1) {
                unlink(*context->streams.begin() == context->legacy ? *std::next(context->streams.begin())
                                                                     : *context->streams.begin());
            }
        }
        destroy(context);
    }
    return kSuccess;
}

API cuCtxSetCurrent(void* context) {
    ENTER(kAnytime);
    if (context != nullptr && !alive(static_cast<Context*>(context))) return kInvalidContext;
    currentContext = static_cast<Context*>(context);
    return kSuccess;
}

API cuCtxGetCurrent(void** context) {
    ENTER(kAnytime);
    *context = currentContext;
    return kSuccess;
}

API cuCtxGetDevice(int* device) {
    ENTER(kNeedsContext);
    *device = currentContext->device->ordinal;
    return kSuccess;
}

API cuCtxSynchronize() {
    ENTER(kUnsafeInCapture);
    drainAll(currentContext);
    return currentContext->failed;
}

API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    ENTER(kNeedsContext);
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = -5;
    return kSuccess;
}

// ---- memory

API cuMemAlloc_v2(Address* pointer, size_t bytes) {
    ENTER(kUnsafeInCapture);
    return allocate(currentContext, pointer, bytes);
}

API cuMemFree_v2(Address pointer) {
    ENTER(kUnsafeInCapture);
    drainAll(currentContext);
    return release(pointer);
}

API cuMemGetInfo_v2(size_t* left, size_t* total) {
    ENTER(kNeedsContext);
    Device* device = currentContext->device;
    *total = device->total;
    *left = device->total < device->used ? 0 : device->total - device->used;
    return kSuccess;
}

API cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
    ENTER(kUnsafeInCapture);
    return allocateHost(currentContext, pointer, bytes);
}

API cuMemAllocHost_v2(void** pointer, size_t bytes) {
    ENTER(kUnsafeInCapture);
    return allocateHost(currentContext, pointer, bytes);
}

API cuMemFreeHost(void* pointer) {
    ENTER(kUnsafeInCapture);
    drainAll(currentContext);
    return releaseHost(pointer);
}

// ---- copies and fills

namespace {

enum Wait { kDone, kAsked };

// Whether the call returns when it is done or when it is asked for. What is not pinned is copied by the driver itself, which
// takes the caller's time.
Status transfer(void* streamHandle, Wait wait, const char* name, std::function<void()> work, std::vector<Range> reads,
        std::vector<Range> writes, const void* host, uint64_t bytes) {
    Stream* stream = streamOf(streamHandle);
    if (stream == nullptr) return kInvalidHandle;
    if (wait == kDone && capturingForbids()) return kCaptureUnsupported;
    for (const std::vector<Range>* ranges : {&reads, &writes}) {
        for (const Range& range : *ranges) {
            if (isDevice(range.start, range.bytes)) continue;
            complain("%s of %lu bytes at %s", name, (long) range.bytes, describe(range.start).c_str());
            return kInvalidValue;
        }
    }
    if (bytes == 0) return kSuccess;
    auto run = [work = std::move(work), reads, writes]() -> Status {
        if (faults.copy.due()) return kIllegalAddress;
        for (const std::vector<Range>* ranges : {&reads, &writes}) {
            for (const Range& range : *ranges) {
                if (isDevice(range.start, range.bytes)) continue;
                complain("a copy or fill ran when its memory was freed");
                return kIllegalAddress;
            }
        }
        work();
        return kSuccess;
    };
    Status status = enqueue(stream, {name, run, reads, writes});
    if (status != kSuccess || stream->capture != nullptr) return status;
    if (wait == kDone || (host != nullptr && !isPinned(host, bytes))) {
        drain(stream);
        return stream->context->failed;
    }
    return kSuccess;
}

Status upload(Address to, const void* from, size_t bytes, void* stream, Wait wait) {
    return transfer(stream, wait, "copy", [=] { memcpy(reinterpret_cast<void*>(to), from, bytes); }, {}, {{to, bytes}}, from,
            bytes);
}

Status download(void* to, Address from, size_t bytes, void* stream, Wait wait) {
    return transfer(stream, wait, "copy", [=] { memcpy(to, reinterpret_cast<void*>(from), bytes); }, {{from, bytes}}, {}, to,
            bytes);
}

Status copy(Address to, Address from, size_t bytes, void* stream, Wait wait) {
    return transfer(stream, wait, "copy",
            [=] { memmove(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes); }, {{from, bytes}},
            {{to, bytes}}, nullptr, bytes);
}

template <typename T>
Status set(Address to, T value, size_t count, void* stream, Wait wait) {
    if (to % sizeof(T) != 0) return kInvalidValue;
    return transfer(stream, wait, "set",
            [=] {
                T* first = reinterpret_cast<T*>(to);
                for (size_t i = 0; i < count; i++) first[i] = value;
            },
            {}, {{to, count * sizeof(T)}}, nullptr, count * sizeof(T));
}

}  // namespace

API cuMemcpyHtoD_v2(Address to, const void* from, size_t bytes) {
    ENTER(kNeedsContext);
    return upload(to, from, bytes, nullptr, kDone);
}

API cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* stream) {
    ENTER(kNeedsContext);
    return upload(to, from, bytes, stream, kAsked);
}

API cuMemcpyDtoH_v2(void* to, Address from, size_t bytes) {
    ENTER(kNeedsContext);
    return download(to, from, bytes, nullptr, kDone);
}

API cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* stream) {
    ENTER(kNeedsContext);
    return download(to, from, bytes, stream, kAsked);
}

API cuMemcpyDtoD_v2(Address to, Address from, size_t bytes) {
    ENTER(kNeedsContext);
    return copy(to, from, bytes, nullptr, kDone);
}

API cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* stream) {
    ENTER(kNeedsContext);
    return copy(to, from, bytes, stream, kAsked);
}

API cuMemsetD8_v2(Address to, unsigned char value, size_t count) {
    ENTER(kNeedsContext);
    return set(to, value, count, nullptr, kDone);
}

API cuMemsetD8Async(Address to, unsigned char value, size_t count, void* stream) {
    ENTER(kNeedsContext);
    return set(to, value, count, stream, kAsked);
}

API cuMemsetD32_v2(Address to, unsigned value, size_t count) {
    ENTER(kNeedsContext);
    return set(to, value, count, nullptr, kDone);
}

API cuMemsetD32Async(Address to, unsigned value, size_t count, void* stream) {
    ENTER(kNeedsContext);
    return set(to, value, count, stream, kAsked);
}

// ---- words

API cuGetErrorName(int, const char** text) {
    *text = "CUDA_ERROR";
    return kSuccess;
}

API cuGetErrorString(int, const char** text) {
    *text = "an error of the software device";
    return kSuccess;
}

API cuProfilerStart() { return kSuccess; }
API cuProfilerStop() { return kSuccess; }

// ---- for the stand-ins of cuBLAS and cuRAND

API simEnqueue(void* streamHandle, const SimWork* work) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    if (currentContext == nullptr || faults.gone) return SIM_REFUSED;
    Stream* stream = streamOf(streamHandle);
    if (stream == nullptr || currentContext->failed != kSuccess) return SIM_REFUSED;
    Countdown& fault = work->library == SIM_BLAS ? faults.cublas : faults.curand;
    if (fault.due()) return SIM_FAULT;
    bool capturing = stream->capture != nullptr;
    if (capturing && work->refusedInCapture != nullptr) {
        complain("%s: %s", work->name, work->refusedInCapture);
        stream->capture->broken = true;
        return SIM_REFUSED;
    }
    Operation operation;
    operation.name = work->name;
    for (int i = 0; i < work->rangeCount; i++) {
        const SimRange& range = work->ranges[i];
        if (!isDevice(range.start, range.bytes) || range.start % range.alignment != 0) {
            complain("%s: %lu bytes at %s", work->name, (long) range.bytes, describe(range.start).c_str());
            return SIM_REFUSED;
        }
        (range.written ? operation.writes : operation.reads).push_back({range.start, range.bytes});
    }
    std::vector<unsigned char> data(work->data, work->data + work->dataBytes);
    std::vector<Range> touched = operation.reads;
    touched.insert(touched.end(), operation.writes.begin(), operation.writes.end());
    std::string name = work->name;
    operation.run = [run = work->run, data, touched, name]() -> Status {
        for (const Range& range : touched) {
            if (!isDevice(range.start, range.bytes)) {
                complain("%s ran when its memory was freed", name.c_str());
                return kIllegalAddress;
            }
        }
        run(data.data());
        return kSuccess;
    };
    return enqueue(stream, std::move(operation)) == kSuccess ? SIM_DONE : SIM_REFUSED;
}

API simHandle(const char* kind, int change) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    if (currentContext == nullptr || faults.gone || currentContext->failed != kSuccess) return SIM_REFUSED;
    otherHandles[kind] += change;
    return SIM_DONE;
}
