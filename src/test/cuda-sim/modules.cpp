// Modules and launches. The text of a module is PTX, of which only the head and the entry points are read: each must be a
// kernel that this library was built with, with parameters of the same sizes. What runs is the C++ compilation of it.

#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include <new>

#include "driver.h"

Handles<Module> modules;

namespace {

constexpr int kNewestPtx = 86;  // what a driver of CUDA 12.6 reads is 8.5
constexpr int kOldPtx = 74;     // and one of CUDA 11.4

const sim::Entry* find(const std::string& name, bool checked) {
    for (const sim::Entry* entry = sim::Entry::first; entry != nullptr; entry = entry->following) {
        if (entry->checked == checked && name == entry->name) return entry;
    }
    return nullptr;
}

// One letter per parameter, as in sim::Entry, but with pointers as eight-byte integers, which PTX does not tell apart.
std::string lettersOf(const std::string& parameters) {
    std::string letters;
    size_t at = 0;
    while ((at = parameters.find(".param", at)) != std::string::npos) {
        size_t dot = parameters.find('.', at + 6);
        std::string type = parameters.substr(dot, 4);
        if (type == ".u64" || type == ".s64" || type == ".b64") letters += 'l';
        else if (type == ".u32" || type == ".s32" || type == ".b32") letters += 'i';
        else if (type == ".f32") letters += 'f';
        else if (type == ".f64") letters += 'd';
        else letters += '?';
        at = dot + 1;
    }
    return letters;
}

std::string ptxLetters(const sim::Entry* entry) {
    std::string letters = entry->parameters;
    for (char& letter : letters) letter = letter == 'p' ? 'l' : letter;
    return letters;
}

int numberAfter(const std::string& text, const char* key, int scale) {
    size_t at = text.find(key);
    if (at == std::string::npos) return -1;
    double value = atof(text.c_str() + at + strlen(key));
    return (int) (value * scale + 0.5);
}

Status parse(const std::string& text, Module& module, std::string& log) {
    int version = numberAfter(text, ".version ", 10);
    int target = numberAfter(text, ".target sm_", 1);
    if (version < 0 || target < 0) {
        log = "not a PTX text: no .version or no .target";
        return kInvalidImage;
    }
    if (version > (switches.oldDriver ? kOldPtx : kNewestPtx)) {
        log = "the PTX is newer than this driver";
        return kUnsupportedPtxVersion;
    }
    if (target > switches.capability) {
        log = "the PTX asks for a newer device";
        return kNoBinaryForGpu;
    }
    size_t at = 0;
    while ((at = text.find(".entry ", at)) != std::string::npos) {
        size_t open = text.find('(', at);
        size_t close = text.find(')', at);
        size_t body = text.find('{', at);
        if (body == std::string::npos) break;
        std::string name = text.substr(at + 7, text.find_first_of(" (\n{", at + 7) - at - 7);
        bool without = open == std::string::npos || open > body;
        std::string letters = without ? "" : lettersOf(text.substr(open, close - open));
        const sim::Entry* entry = find(name, false);
        if (entry == nullptr || letters != ptxLetters(entry)) {
            log = entry == nullptr ? "no kernel of this name: " + name
                                   : "kernel " + name + " takes " + ptxLetters(entry) + ", the PTX says " + letters;
            complain("module refused: %s", log.c_str());
            return kInvalidPtx;
        }
        int most = numberAfter(text.substr(at, body - at), ".maxntid ", 1);
        auto function = std::make_unique<Function>(Function{&module, entry, find(name, true), most < 0 ? 1024 : most});
        module.functions[name] = std::move(function);
        at = body;
    }
    return kSuccess;
}

Status load(void** result, const void* image, std::string& log) {
    if (image == nullptr) return kInvalidValue;
    auto module = std::make_unique<Module>();
    module->context = currentContext;
    Status status = parse(static_cast<const char*>(image), *module, log);
    if (status == kSuccess) *result = modules.add(module.release());
    return status;
}

Function* functionOf(void* handle) {
    for (Module* module : modules.live) {
        for (auto& [name, function] : module->functions) {
            if (function.get() == handle) return function.get();
        }
    }
    return nullptr;
}

// The values of a launch, copied: the caller's may change before it runs.
using Arguments = std::vector<uint64_t>;
constexpr size_t kMostArguments = 64;

// What JCuda makes its lists of arguments with: nothing is behind the last entry, so that the end shows.
void* cleared(size_t bytes) {
    void* memory = malloc(bytes == 0 ? 1 : bytes);
    if (memory == nullptr) throw std::bad_alloc();
    memset(memory, 0, malloc_usable_size(memory));
    return memory;
}

int replaceNew(dl_phdr_info* info, size_t, void*) {
    if (strstr(info->dlpi_name, "libJCudaDriver") == nullptr) return 0;
    const ElfW(Sym)* symbols = nullptr;
    const char* names = nullptr;
    const ElfW(Rela)* calls = nullptr;
    size_t bytes = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        auto* entry = reinterpret_cast<const ElfW(Dyn)*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag == DT_SYMTAB) symbols = reinterpret_cast<const ElfW(Sym)*>(entry->d_un.d_ptr);
            if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
            if (entry->d_tag == DT_JMPREL) calls = reinterpret_cast<const ElfW(Rela)*>(entry->d_un.d_ptr);
            if (entry->d_tag == DT_PLTRELSZ) bytes = entry->d_un.d_val;
        }
    }
    for (size_t i = 0; i < bytes / sizeof(ElfW(Rela)); i++) {
        if (strcmp(names + symbols[ELF64_R_SYM(calls[i].r_info)].st_name, "_Znam") == 0) {
            *reinterpret_cast<void**>(info->dlpi_addr + calls[i].r_offset) = reinterpret_cast<void*>(&cleared);
        }
    }
    return 1;
}

// The driver is given a list without a length. To know it all the same, operator new[] is exchanged for the above in JCuda's
// table of calls.
void watchLists() {
    static bool done = dl_iterate_phdr(&replaceNew, nullptr) == 1;
    if (!done) fprintf(stderr, "cuda-sim: JCuda's library was not found, numbers of arguments are not checked\n");
}

Status readArguments(const sim::Entry* entry, void** list, Arguments& arguments) {
    size_t wanted = strlen(entry->parameters);
    size_t room = list == nullptr ? 0 : malloc_usable_size(list) / sizeof(void*);
    size_t given = 0;
    while (given < room && list[given] != nullptr) given++;
    if (given != wanted || wanted > kMostArguments) {
        complain("kernel %s takes %zu arguments, %zu were given", entry->name, wanted, given);
        return kInvalidValue;
    }
    for (size_t i = 0; i < wanted; i++) {
        char letter = entry->parameters[i];
        uint64_t value = 0;
        memcpy(&value, list[i], letter == 'i' || letter == 'f' ? 4 : 8);
        arguments.push_back(value);
    }
    return kSuccess;
}

Status checkShape(const Function& function, Shape3 grid, Shape3 block, unsigned shared) {
    uint64_t threads = (uint64_t) block.x * block.y * block.z;
    const char* name = function.plain->name;
    if (threads == 0 || grid.x == 0 || grid.y == 0 || grid.z == 0) {
        complain("kernel %s launched with an empty grid or block", name);
        return kInvalidValue;
    }
    if (threads > 1024 || block.z > 64 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
        complain("kernel %s launched with a grid of %u x %u x %u blocks of %u x %u x %u threads", name, grid.x, grid.y,
                grid.z, block.x, block.y, block.z);
        return kInvalidValue;
    }
    if (threads > (uint64_t) function.maxThreads) {
        complain("kernel %s launched with %lu threads, its bound is %d", name, (long) threads, function.maxThreads);
        return kInvalidValue;
    }
    if (shared != 0) {
        complain("kernel %s launched with dynamic shared memory, which is not simulated", name);
        return kInvalidValue;
    }
    return kSuccess;
}

}  // namespace

API cuModuleLoadData(void** result, const void* image) {
    ENTER(kNeedsContext);
    std::string log;
    return load(result, image, log);
}

API cuModuleLoadDataEx(void** result, const void* image, unsigned count, const int* options, void** values) {
    ENTER(kNeedsContext);
    std::string log;
    Status status = load(result, image, log);
    char* buffer = nullptr;
    size_t room = 0;
    for (unsigned i = 0; i < count; i++) {
        if (options[i] == 5) buffer = static_cast<char*>(values[i]);
        if (options[i] == 6) room = (uint32_t) reinterpret_cast<uintptr_t>(values[i]);
    }
    if (buffer != nullptr && room > 0) snprintf(buffer, room, "%s", log.c_str());
    return status;
}

API cuModuleUnload(void* handle) {
    ENTER(kAnytime);
    if (!modules.has(handle)) return kInvalidHandle;
    modules.live.erase(static_cast<Module*>(handle));
    delete static_cast<Module*>(handle);
    return kSuccess;
}

API cuModuleGetFunction(void** result, void* handle, const char* name) {
    ENTER(kNeedsContext);
    if (!modules.has(handle)) return kInvalidHandle;
    watchLists();
    auto& functions = static_cast<Module*>(handle)->functions;
    auto found = functions.find(name);
    if (found == functions.end()) return kNotFound;
    *result = found->second.get();
    return kSuccess;
}

// Most threads 0, shared 1, constant 2, local 3, registers 4: as for a small kernel.
API cuFuncGetAttribute(int* value, int attribute, void* handle) {
    ENTER(kNeedsContext);
    Function* function = functionOf(handle);
    if (function == nullptr) return kInvalidHandle;
    *value = attribute == 0 ? function->maxThreads : attribute == 4 ? 32 : 0;
    return kSuccess;
}

API cuFuncSetAttribute(void* handle, int, int) {
    ENTER(kNeedsContext);
    return functionOf(handle) == nullptr ? kInvalidHandle : kSuccess;
}

API cuFuncSetCacheConfig(void* handle, int) {
    ENTER(kNeedsContext);
    return functionOf(handle) == nullptr ? kInvalidHandle : kSuccess;
}

API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int threads, size_t) {
    ENTER(kNeedsContext);
    if (functionOf(handle) == nullptr) return kInvalidHandle;
    if (threads < 1) return kInvalidValue;
    *blocks = 2048 / threads;
    return kSuccess;
}

API cuLaunchKernel(void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
        unsigned blockZ, unsigned shared, void* streamHandle, void** list, void**) {
    ENTER(kNeedsContext);
    Function* function = functionOf(handle);
    Stream* stream = streamOf(streamHandle);
    if (function == nullptr || stream == nullptr) return kInvalidHandle;
    Shape3 grid{gridX, gridY, gridZ};
    Shape3 block{blockX, blockY, blockZ};
    Status status = checkShape(*function, grid, block, shared);
    auto arguments = std::make_shared<Arguments>();
    if (status == kSuccess) status = readArguments(function->plain, list, *arguments);
    if (status == kSuccess && faults.launch.due()) status = kLaunchOutOfResources;
    if (status != kSuccess) return status;
    const sim::Entry* plain = function->plain;
    const sim::Entry* checked = function->checked;
    auto run = [plain, checked, grid, block, arguments]() -> Status {
        if (faults.kernel.due()) return kLaunchFailed;
        const sim::Entry* entry = switches.checked && checked != nullptr ? checked : plain;
        // Where kernels that are compiled with checks may read.
        static uint64_t values[kMostArguments];
        static void* pointers[kMostArguments];
        for (size_t i = 0; i < arguments->size(); i++) {
            values[i] = (*arguments)[i];
            pointers[i] = &values[i];
        }
        Status died = runGrid(entry, grid, block, pointers);
        bool whole = guardsHold(std::string("kernel ") + entry->name);
        return died != kSuccess ? died : whole ? kSuccess : kIllegalAddress;
    };
    return enqueue(stream, {plain->name, run, {}, {}});
}
