// A stand-in for cuRAND: Philox4x32-10 in legacy ordering, as tensor/Philox.java has it. Any other ordering gives another
// sequence, so that a forgotten setting shows.

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include <set>

#include "bridge.h"

#define API extern "C" __attribute__((visibility("default"))) int

namespace {

enum Status : int {
    kSuccess = 0,
    kNotInitialized = 101,
    kTypeError = 103,
    kOutOfRange = 104,
    kLengthNotMultiple = 105,
    kLaunchFailure = 201,
};

constexpr int kPhilox = 161;
constexpr int kLegacy = 103;
constexpr uint64_t kSubsequences = 65536;

struct Generator {
    void* stream = nullptr;
    uint64_t seed = 0;
    uint64_t offset = 0;
    int ordering = 101;
};

enum Kind : int { kBits, kUniform, kNormal };

struct Draw {
    uint64_t to, count, seed, first;
    int ordering;
    Kind kind;
    float mean, deviation;
};

std::set<void*> generators;

template <typename F>
F driver(const char* name) {
    static void* library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    return library == nullptr ? nullptr : reinterpret_cast<F>(dlsym(library, name));
}

void block(uint32_t* out, uint64_t seed, uint64_t group, int ordering) {
    uint64_t number = group / kSubsequences;
    uint32_t c[4] = {(uint32_t) number, (uint32_t) (number >> 32), (uint32_t) (group % kSubsequences),
            ordering == kLegacy ? 0u : 1u};
    uint32_t key[2] = {(uint32_t) seed, (uint32_t) (seed >> 32)};
    for (int round = 0; round < 10; round++) {
        uint64_t low = (uint64_t) 0xD2511F53u * c[0];
        uint64_t high = (uint64_t) 0xCD9E8D57u * c[2];
        uint32_t next[4] = {(uint32_t) (high >> 32) ^ c[1] ^ key[0], (uint32_t) high, (uint32_t) (low >> 32) ^ c[3] ^ key[1],
                (uint32_t) low};
        memcpy(c, next, sizeof(c));
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    memcpy(out, c, sizeof(c));
}

void boxMuller(float* out, uint32_t x, uint32_t y) {
    const float scale = 0x1p-32f;
    const float circle = (float) (2 * M_PI * 0x1p-32);
    float u = (float) x * scale + scale / 2;
    float v = (float) y * circle + circle / 2;
    double radius = sqrt(-2 * log((double) u));
    out[0] = (float) (radius * sin((double) v));
    out[1] = (float) (radius * cos((double) v));
}

void draw(const unsigned char* data) {
    Draw d;
    memcpy(&d, data, sizeof(d));
    uint32_t bits[4];
    float normals[4];
    uint64_t current = ~uint64_t{0};
    for (uint64_t i = 0; i < d.count; i++) {
        uint64_t n = d.first + i;
        if (n / 4 != current) {
            current = n / 4;
            block(bits, d.seed, current, d.ordering);
            boxMuller(normals, bits[0], bits[1]);
            boxMuller(normals + 2, bits[2], bits[3]);
        }
        if (d.kind == kBits) {
            reinterpret_cast<uint32_t*>(d.to)[i] = bits[n % 4];
        } else if (d.kind == kUniform) {
            reinterpret_cast<float*>(d.to)[i] = (float) bits[n % 4] * 0x1p-32f + 0x1p-33f;
        } else {
            reinterpret_cast<float*>(d.to)[i] = d.mean + d.deviation * normals[n % 4];
        }
    }
}

Generator* known(void* generator) {
    return generators.count(generator) != 0 ? static_cast<Generator*>(generator) : nullptr;
}

int ask(void* handle, uint64_t to, size_t count, Kind kind, float mean, float deviation) {
    Generator* generator = known(handle);
    if (generator == nullptr) return kNotInitialized;
    Draw d{to, count, generator->seed, generator->offset, generator->ordering, kind, mean, deviation};
    generator->offset += count;
    if (count == 0) return kSuccess;
    SimWork work = {};
    work.library = SIM_RANDOM;
    work.name = "random numbers";
    work.run = &draw;
    work.data = reinterpret_cast<const unsigned char*>(&d);
    work.dataBytes = sizeof(d);
    work.ranges[work.rangeCount++] = {to, count * 4, 4, true};
    work.refusedInCapture = "captured, though every replay would draw the same numbers again";
    auto enqueue = driver<SimEnqueue>("simEnqueue");
    return enqueue != nullptr && enqueue(generator->stream, &work) == SIM_DONE ? kSuccess : kLaunchFailure;
}

}  // namespace

API curandCreateGenerator(void** result, int type) {
    if (type != kPhilox) return kTypeError;
    auto count = driver<SimHandle>("simHandle");
    if (count == nullptr || count("cuRAND generators", 1) != SIM_DONE) return 203;
    *result = new Generator();
    generators.insert(*result);
    return kSuccess;
}

API curandDestroyGenerator(void* generator) {
    if (known(generator) == nullptr) return kNotInitialized;
    generators.erase(generator);
    delete static_cast<Generator*>(generator);
    return driver<SimHandle>("simHandle")("cuRAND generators", -1) == SIM_DONE ? kSuccess : kLaunchFailure;
}

API curandGetVersion(int* version) {
    *version = 10307;
    return kSuccess;
}

API curandGetProperty(int which, int* value) {
    *value = which == 0 ? 10 : which == 1 ? 3 : 7;
    return kSuccess;
}

API curandSetStream(void* generator, void* stream) {
    if (known(generator) == nullptr) return kNotInitialized;
    known(generator)->stream = stream;
    return kSuccess;
}

// Starts the sequence anew, offset and all.
API curandSetPseudoRandomGeneratorSeed(void* generator, unsigned long long seed) {
    if (known(generator) == nullptr) return kNotInitialized;
    known(generator)->seed = seed;
    known(generator)->offset = 0;
    return kSuccess;
}

API curandSetGeneratorOffset(void* generator, unsigned long long offset) {
    if (known(generator) == nullptr) return kNotInitialized;
    known(generator)->offset = offset;
    return kSuccess;
}

API curandSetGeneratorOrdering(void* generator, int ordering) {
    if (known(generator) == nullptr) return kNotInitialized;
    if (ordering < 100 || ordering > 104) return kOutOfRange;
    known(generator)->ordering = ordering;
    return kSuccess;
}

API curandGenerateSeeds(void* generator) { return known(generator) == nullptr ? kNotInitialized : kSuccess; }

API curandGenerate(void* generator, uint64_t to, size_t count) { return ask(generator, to, count, kBits, 0, 1); }

API curandGenerateUniform(void* generator, uint64_t to, size_t count) { return ask(generator, to, count, kUniform, 0, 1); }

API curandGenerateNormal(void* generator, uint64_t to, size_t count, float mean, float deviation) {
    if (count % 2 != 0) return kLengthNotMultiple;
    return ask(generator, to, count, kNormal, mean, deviation);
}
