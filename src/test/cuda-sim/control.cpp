// Switches, faults and complaints: from the environment for child processes, through JNI for the test's own.

#include <stdio.h>
#include <stdlib.h>

#include "device.h"

Switches switches;
Faults faults;

namespace {

std::vector<std::string> complaints;
constexpr size_t kMostComplaints = 100;
bool quiet;  // a test in this process reads the complaints

bool number(const std::string& text, uint64_t* value) {
    char* end = nullptr;
    double got = strtod(text.c_str(), &end);
    if (end == text.c_str() || got < 0) return false;
    std::string unit = end;
    if (unit == "K") got *= 1 << 10;
    else if (unit == "M") got *= 1 << 20;
    else if (unit == "G") got *= 1 << 30;
    else if (!unit.empty()) return false;
    *value = (uint64_t) got;
    return true;
}

bool injectOne(const std::string& text) {
    size_t colon = text.find(':');
    std::string name = text.substr(0, colon);
    uint64_t value = 0;
    if (colon == std::string::npos) {
        if (name == "late") switches.late = true;
        else if (name == "checked") switches.checked = true;
        else if (name == "no-device") switches.noDevice = true;
        else if (name == "old-driver") switches.oldDriver = true;
        else return false;
        return true;
    }
    if (!number(text.substr(colon + 1), &value)) return false;
    if (name == "memory") switches.memory = value;
    else if (name == "devices") switches.devices = (int) value;
    else if (name == "capability") switches.capability = (int) value;
    else if (name == "alloc") faults.alloc.left = (long) value;
    else if (name == "host-alloc") faults.hostAlloc.left = (long) value;
    else if (name == "launch") faults.launch.left = (long) value;
    else if (name == "kernel") faults.kernel.left = (long) value;
    else if (name == "vanish") faults.vanish.left = (long) value;
    else if (name == "cublas") faults.cublas.left = (long) value;
    else if (name == "curand") faults.curand.left = (long) value;
    else if (name == "copy") faults.copy.left = (long) value;
    else return false;
    return true;
}

// Before anything is called.
struct FromEnvironment {
    FromEnvironment() {
        const char* text = getenv("JCUVAE_SIM_FAULT");
        if (text != nullptr && !inject(text)) {
            fprintf(stderr, "cuda-sim: JCUVAE_SIM_FAULT=%s is not understood\n", text);
            abort();
        }
    }
} fromEnvironment __attribute__((init_priority(2000)));

}  // namespace

void complain(const char* format, ...) {
    char text[600];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    if (!quiet) fprintf(stderr, "cuda-sim: %s\n", text);
    if (complaints.size() < kMostComplaints) complaints.push_back(text);
}

bool inject(const std::string& text) {
    size_t start = 0;
    while (start < text.size()) {
        size_t comma = std::min(text.find(',', start), text.size());
        if (comma > start && !injectOne(text.substr(start, comma - start))) return false;
        start = comma + 1;
    }
    return true;
}

// ---- for io.jcuvae.cuda.SoftwareCuda; the numbers are places in JNI's table of functions, fixed by its specification

#define EXPORT extern "C" __attribute__((visibility("default")))
#define NATIVE(type, name) EXPORT type Java_io_jcuvae_cuda_SoftwareCuda_##name

using Jni = void***;

static std::string fromJava(Jni env, void* string) {
    auto get = reinterpret_cast<const char* (*) (Jni, void*, unsigned char*)>((*env)[169]);
    auto release = reinterpret_cast<void (*)(Jni, void*, const char*)>((*env)[170]);
    const char* text = get(env, string, nullptr);
    std::string copy = text;
    release(env, string, text);
    return copy;
}

static void* toJava(Jni env, const std::string& text) {
    return reinterpret_cast<void* (*) (Jni, const char*)>((*env)[167])(env, text.c_str());
}

// boolean inject(String)
NATIVE(unsigned char, inject)(Jni env, void*, void* text) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    return inject(fromJava(env, text));
}

// void clear(): no faults, switches as at the beginning, no complaints
NATIVE(void, clear)(Jni, void*) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    switches = Switches();
    faults = Faults();
    complaints.clear();
    quiet = true;
}

// String complaint(int): null behind the last
NATIVE(void*, complaint)(Jni env, void*, int index) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    return index < (int) complaints.size() ? toJava(env, complaints[index]) : nullptr;
}

// int allocations(): of device and pinned memory
NATIVE(int, allocations)(Jni, void*) {
    std::lock_guard<std::recursive_mutex> hold(everything);
    return (int) liveAllocations();
}
