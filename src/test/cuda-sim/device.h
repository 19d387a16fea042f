// The inside of the software device: what its parts share. Everything here is used under one lock, see Call.
#pragma once

#include <pthread.h>
#include <stdint.h>

#include <cstdarg>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cuda_sim.h"

// The driver's status codes that are used, with their official numbers.
enum Status : int {
    kSuccess = 0,
    kInvalidValue = 1,
    kOutOfMemory = 2,
    kNotInitialized = 3,
    kDeviceUnavailable = 46,
    kNoDevice = 100,
    kInvalidDevice = 101,
    kInvalidImage = 200,
    kInvalidContext = 201,
    kNoBinaryForGpu = 209,
    kInvalidPtx = 218,
    kUnsupportedPtxVersion = 222,
    kInvalidHandle = 400,
    kNotFound = 500,
    kNotReady = 600,
    kIllegalAddress = 700,
    kLaunchOutOfResources = 701,
    kLaunchTimeout = 702,
    kContextIsDestroyed = 709,
    kMisalignedAddress = 716,
    kLaunchFailed = 719,
    kCaptureUnsupported = 900,
    kCaptureInvalidated = 901,
    kCaptureMerge = 902,
    kCaptureUnmatched = 903,
    kCaptureUnjoined = 904,
    kCaptureIsolation = 905,
    kCaptureImplicit = 906,
    kCapturedEvent = 907,
    kCaptureWrongThread = 908,
};

using Address = uint64_t;

struct Range {
    Address start;
    uint64_t bytes;
};

// Something that a stream does. Ranges are given where they are known: not for kernels.
struct Operation {
    std::string name;
    std::function<Status()> run;
    std::vector<Range> reads;
    std::vector<Range> writes;
};

struct Graph;
struct Stream;
struct Context;

// How far a stream had come when an event was recorded.
struct Mark {
    Stream* stream = nullptr;
    bool done = false;
    double when = 0;
};

// A capture that is going on.
struct Capture {
    std::shared_ptr<Graph> graph;
    Stream* origin = nullptr;
    std::set<Stream*> members;
    int mode = 0;
    pthread_t thread{};
    bool broken = false;
};

struct Graph {
    struct Node {
        Operation operation;
        std::set<int> after;
    };
    std::vector<Node> nodes;
};

struct GraphExec {
    Context* context;
    std::shared_ptr<Graph> graph;
    std::vector<int> order;
};

struct Stream {
    Context* context;
    bool blocking;
    std::deque<std::function<void()>> queue;  // what is asked for and not yet done; only where streams run late
    std::shared_ptr<Capture> capture;
    std::set<int> tail;  // nodes that the next captured one follows
};

struct Event {
    Context* context;
    std::shared_ptr<Mark> mark;
    std::weak_ptr<Capture> capture;
    bool captured = false;
    std::set<int> tail;
};

struct Function {
    struct Module* module;
    const sim::Entry* plain;
    const sim::Entry* checked;
    int maxThreads;
};

struct Module {
    Context* context;
    std::map<std::string, std::unique_ptr<Function>> functions;
};

struct Device {
    int ordinal;
    uint64_t total;
    uint64_t used = 0;
    std::unique_ptr<Context> primary;
};

struct Context {
    Device* device;
    int users = 0;
    Status failed = kSuccess;  // the error that this context has died of
    Stream* legacy = nullptr;
    std::set<Stream*> streams;
};

// ---- control.cpp: switches, faults, complaints

struct Switches {
    bool late = false;     // streams run when somebody waits for them and not before
    bool checked = false;  // kernels compiled with every access checked
    int devices = 1;
    uint64_t memory = uint64_t{2} << 30;
    bool noDevice = false;
    bool oldDriver = false;
    int capability = 90;
};

// Counts down to an injected fault.
struct Countdown {
    long left = 0;
    bool due() { return left > 0 && --left == 0; }
};

struct Faults {
    Countdown alloc, hostAlloc, launch, kernel, vanish, cublas, curand, copy;
    bool gone = false;  // the device has vanished
};

extern Switches switches;
extern Faults faults;

// Notes what hardware would have forgiven, for the test to read, and prints it.
void complain(const char* format, ...) __attribute__((format(printf, 1, 2)));
// Sets one or several faults or switches, as in "alloc:7,late"; false if there is no such thing.
bool inject(const std::string& text);

// ---- driver.cpp

// One call of the driver: takes the lock and refuses where nothing can work.
class Call {
  public:
    enum Kind { kAnytime, kNeedsContext, kUnsafeInCapture };
    explicit Call(Kind kind);
    Status refusal = kSuccess;

  private:
    std::lock_guard<std::recursive_mutex> hold;
};

extern thread_local Context* currentContext;
extern std::recursive_mutex everything;
// A capture is going on that forbids the calling thread unsafe calls; it is broken by the attempt.
bool capturingForbids();
extern std::set<std::shared_ptr<Capture>> captures;
double now();

// Live handles, so that a stale one is refused and a forgotten one is reported.
template <typename T>
struct Handles {
    std::set<T*> live;
    T* add(T* handle) { live.insert(handle); return handle; }
    bool has(void* handle) const { return live.count(static_cast<T*>(handle)) != 0; }
};
extern Handles<Stream> streams;
extern Handles<Event> events;
extern Handles<GraphExec> execs;
extern Handles<Module> modules;
extern std::map<void*, std::shared_ptr<Graph>> graphs;
extern std::map<std::string, int> otherHandles;  // of cuBLAS and cuRAND, by kind

// ---- memory.cpp

Status allocate(Context* context, Address* pointer, uint64_t bytes);
Status release(Address pointer);
Status allocateHost(Context* context, void** pointer, uint64_t bytes);
Status releaseHost(void* pointer);
bool isPinned(const void* pointer, uint64_t bytes);
// Whether all of it is memory of a device that is allocated now.
bool isDevice(Address address, uint64_t bytes);
// Where an address lies, for people.
std::string describe(Address address);
// Looks whether anything was written beside an allocation; complains.
bool guardsHold(const std::string& culprit);
long liveAllocations();
// Frees everything of a context; gives what there was.
std::string sweep(Context* context);
bool inDeviceSpace(Address address);
// Whether kernels compiled with checks may touch it; complains otherwise.
Status accessError(Address address, uint64_t bytes, bool write);

// ---- streams.cpp

Stream* streamOf(void* handle);  // null if there is no such stream
Status enqueue(Stream* stream, Operation operation);
void drain(Stream* stream);
void drainAll(Context* context);
void unlink(Stream* stream);

// ---- threads.cpp

struct Shape3 { unsigned x, y, z; };
// Runs a whole grid; the status is what the kernel died of.
Status runGrid(const sim::Entry* entry, Shape3 grid, Shape3 block, void* const* arguments);
// Ends the running kernel, from within it.
[[noreturn]] void abandonKernel(Status status);
bool insideKernel();
bool onKernelStack(Address address);
std::string place();  // the thread and block that run now
