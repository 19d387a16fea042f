// Device memory: pages of the host within one large reserved space, so that any address tells what it belongs to. Every
// allocation starts on a page of its own and is followed by a page that nobody may touch; freed space is closed and not
// used again. The bytes between an allocation's end and its last page's are guards, looked at after every kernel.

#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include <algorithm>

#include "device.h"

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kSpace = uint64_t{1} << 38;
constexpr unsigned char kGuard = 0xC5;
constexpr unsigned char kFresh = 0xFF;  // new memory reads as not a number
constexpr uint64_t kLongestGuard = 256;
// What the device counts for an allocation comes in steps.
constexpr uint64_t kGranule = 512;

struct Allocation {
    Address start;
    uint64_t bytes;
    Context* context;
    bool host;
};

char* space;
uint64_t used;  // bytes of the space that were handed out, ever
std::map<Address, Allocation> live;   // by start, device memory
std::map<Address, Allocation> freed;  // for messages
std::map<Address, Allocation> pinned;
Address imageStart;
Address imageEnd;
// The allocations that a checked kernel touched last; most accesses touch one of them again.
Range hot[4];
int coolest;

uint64_t pages(uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

const Allocation* around(const std::map<Address, Allocation>& in, Address address) {
    auto after = in.upper_bound(address);
    if (after == in.begin()) return nullptr;
    return &std::prev(after)->second;
}

int findImage(dl_phdr_info* info, size_t, void*) {
    Address here = reinterpret_cast<Address>(&findImage);
    Address low = ~Address{0};
    Address high = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        Address start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        low = std::min(low, start);
        high = std::max(high, start + info->dlpi_phdr[i].p_memsz);
    }
    if (here < low || here >= high) return 0;
    imageStart = low;
    imageEnd = high;
    return 1;
}

void open() {
    if (space != nullptr) return;
    void* got = mmap(nullptr, kSpace, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) {
        perror("cuda-sim: no address space for device memory");
        abort();
    }
    space = static_cast<char*>(got);
    dl_iterate_phdr(&findImage, nullptr);
}

uint64_t counted(uint64_t bytes) { return (bytes + kGranule - 1) / kGranule * kGranule; }

// Pages for an allocation, with guards behind it; null if there is no room.
char* take(uint64_t bytes) {
    open();
    uint64_t length = pages(bytes);
    if (used + length + kPage > kSpace) return nullptr;
    char* start = space + used;
    if (mprotect(start, length, PROT_READ | PROT_WRITE) != 0) return nullptr;
    used += length + kPage;
    memset(start, kFresh, bytes);
    memset(start + bytes, kGuard, std::min(length - bytes, kLongestGuard));
    return start;
}

// Gives the pages back and leaves the addresses closed.
void shut(const Allocation& allocation) {
    for (Range& range : hot) range = {};
    char* start = reinterpret_cast<char*>(allocation.start);
    madvise(start, pages(allocation.bytes), MADV_DONTNEED);
    mprotect(start, pages(allocation.bytes), PROT_NONE);
}

bool guardHolds(const Allocation& allocation) {
    const unsigned char* end = reinterpret_cast<const unsigned char*>(allocation.start + allocation.bytes);
    uint64_t length = std::min(pages(allocation.bytes) - allocation.bytes, kLongestGuard);
    for (uint64_t i = 0; i < length; i++) {
        if (end[i] != kGuard) return false;
    }
    return true;
}

}  // namespace

Status allocate(Context* context, Address* pointer, uint64_t bytes) {
    if (bytes == 0 || pointer == nullptr) return kInvalidValue;
    if (faults.alloc.due()) return kOutOfMemory;
    Device* device = context->device;
    if (counted(bytes) < bytes || counted(bytes) > device->total - device->used) return kOutOfMemory;
    char* start = take(bytes);
    if (start == nullptr) return kOutOfMemory;
    device->used += counted(bytes);
    *pointer = reinterpret_cast<Address>(start);
    live[*pointer] = {*pointer, bytes, context, false};
    return kSuccess;
}

Status release(Address pointer) {
    if (pointer == 0) return kSuccess;
    auto found = live.find(pointer);
    if (found == live.end()) {
        complain("free of an address that is no allocation: %s", describe(pointer).c_str());
        return kInvalidValue;
    }
    Allocation allocation = found->second;
    if (!guardHolds(allocation)) complain("memory behind an allocation of %lu bytes was written", (long) allocation.bytes);
    allocation.context->device->used -= counted(allocation.bytes);
    live.erase(found);
    shut(allocation);
    freed[pointer] = allocation;
    return kSuccess;
}

Status allocateHost(Context* context, void** pointer, uint64_t bytes) {
    if (bytes == 0 || pointer == nullptr) return kInvalidValue;
    if (faults.hostAlloc.due()) return kOutOfMemory;
    void* got = mmap(nullptr, pages(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) return kOutOfMemory;
    memset(got, kFresh, bytes);
    Address start = reinterpret_cast<Address>(got);
    pinned[start] = {start, bytes, context, true};
    *pointer = got;
    return kSuccess;
}

Status releaseHost(void* pointer) {
    auto found = pinned.find(reinterpret_cast<Address>(pointer));
    if (found == pinned.end()) return kInvalidValue;
    // Not unmapped: a host that still reads it shall read nonsense, not take the whole process down.
    memset(pointer, 0xDD, found->second.bytes);
    madvise(pointer, pages(found->second.bytes), MADV_COLD);
    pinned.erase(found);
    return kSuccess;
}

bool isPinned(const void* pointer, uint64_t bytes) {
    Address address = reinterpret_cast<Address>(pointer);
    const Allocation* allocation = around(pinned, address);
    return allocation != nullptr && address + bytes <= allocation->start + allocation->bytes;
}

bool isDevice(Address address, uint64_t bytes) {
    const Allocation* allocation = around(live, address);
    return allocation != nullptr && address <= allocation->start + allocation->bytes
            && bytes <= allocation->start + allocation->bytes - address;
}

std::string describe(Address address) {
    char text[200];
    const Allocation* allocation = around(live, address);
    const Allocation* old = around(freed, address);
    if (allocation != nullptr && old != nullptr && old->start > allocation->start) allocation = nullptr;
    if (!inDeviceSpace(address)) {
        snprintf(text, sizeof(text), "%#lx, which is not device memory", (long) address);
    } else if (allocation != nullptr && address < allocation->start + allocation->bytes) {
        snprintf(text, sizeof(text), "byte %ld of an allocation of %lu bytes", (long) (address - allocation->start),
                (long) allocation->bytes);
    } else if (allocation != nullptr) {
        snprintf(text, sizeof(text), "%ld bytes behind the end of an allocation of %lu bytes",
                (long) (address - allocation->start - allocation->bytes), (long) allocation->bytes);
    } else if (old != nullptr) {
        snprintf(text, sizeof(text), "byte %ld of an allocation of %lu bytes that was freed", (long) (address - old->start),
                (long) old->bytes);
    } else {
        snprintf(text, sizeof(text), "%#lx, before the first allocation", (long) address);
    }
    return text;
}

bool guardsHold(const std::string& culprit) {
    bool hold = true;
    for (const auto& [start, allocation] : live) {
        if (guardHolds(allocation)) continue;
        hold = false;
        complain("%s wrote behind the end of an allocation of %lu bytes", culprit.c_str(), (long) allocation.bytes);
        uint64_t length = std::min(pages(allocation.bytes) - allocation.bytes, kLongestGuard);
        memset(reinterpret_cast<void*>(start + allocation.bytes), kGuard, length);
    }
    return hold;
}

long liveAllocations() {
    return (long) (live.size() + pinned.size());
}

std::string sweep(Context* context) {
    int count = 0;
    uint64_t bytes = 0;
    for (auto each = live.begin(); each != live.end();) {
        Allocation allocation = (each++)->second;
        if (allocation.context != context) continue;
        count++;
        bytes += allocation.bytes;
        release(allocation.start);
    }
    int hosts = 0;
    for (auto each = pinned.begin(); each != pinned.end();) {
        Allocation allocation = (each++)->second;
        if (allocation.context != context) continue;
        hosts++;
        releaseHost(reinterpret_cast<void*>(allocation.start));
    }
    std::string text;
    if (count > 0) text += std::to_string(count) + " allocations of together " + std::to_string(bytes) + " bytes";
    if (hosts > 0) text += (text.empty() ? "" : ", ") + std::to_string(hosts) + " blocks of pinned host memory";
    return text;
}

bool inDeviceSpace(Address address) {
    Address first = reinterpret_cast<Address>(space);
    return space != nullptr && address >= first && address < first + kSpace;
}

Status accessError(Address address, uint64_t bytes, bool write) {
    if (onKernelStack(address) || (address >= imageStart && address < imageEnd)) return kSuccess;
    if (inDeviceSpace(address)) {
        if (isDevice(address, bytes)) return kSuccess;
    } else if (isPinned(reinterpret_cast<void*>(address), bytes)) {
        return kSuccess;
    }
    complain("%s of %lu bytes at %s, by %s", write ? "write" : "read", (long) bytes, describe(address).c_str(),
            place().c_str());
    return kIllegalAddress;
}

// ---- what the compiler calls for every access of a kernel that is compiled with checks

namespace {

inline void checkAccess(Address address, uint64_t bytes, bool write) {
    for (const Range& range : hot) {
        if (address - range.start + bytes <= range.bytes && address >= range.start) return;
    }
    if (!insideKernel()) return;
    Status status = accessError(address, bytes, write);
    if (status != kSuccess) abandonKernel(status);
    const Allocation* allocation = inDeviceSpace(address) ? around(live, address) : nullptr;
    if (allocation != nullptr) {
        hot[coolest] = {allocation->start, allocation->bytes};
        coolest = (coolest + 1) % 4;
    }
}

}  // namespace

#define ACCESS(size)                                                                                         \
    extern "C" void __asan_load##size##_noabort(Address address) { checkAccess(address, size, false); }      \
    extern "C" void __asan_store##size##_noabort(Address address) { checkAccess(address, size, true); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
extern "C" void __asan_loadN_noabort(Address address, uint64_t bytes) { checkAccess(address, bytes, false); }
extern "C" void __asan_storeN_noabort(Address address, uint64_t bytes) { checkAccess(address, bytes, true); }
extern "C" void __asan_handle_no_return() {}
extern "C" void __asan_before_dynamic_init(const char*) {}
extern "C" void __asan_after_dynamic_init() {}

// The first fields of what the compiler's alignment check hands over.
struct TypeMismatch {
    const char* file;
    unsigned line;
    unsigned column;
    void* type;
    unsigned char logAlignment;
    unsigned char kind;
};

extern "C" void __ubsan_handle_type_mismatch_v1_abort(TypeMismatch* data, Address address) {
    if (!insideKernel()) return;
    complain("access in line %u that must be aligned to %d bytes at %s, by %s", data->line, 1 << data->logAlignment,
            describe(address).c_str(), place().c_str());
    abandonKernel(kMisalignedAddress);
}

extern "C" void __ubsan_handle_type_mismatch_v1(TypeMismatch* data, Address address) {
    __ubsan_handle_type_mismatch_v1_abort(data, address);
}
