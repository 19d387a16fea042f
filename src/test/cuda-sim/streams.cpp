// Streams, events, captures and graphs.
//
// What a stream is asked for is done at once, or, with the switch "late", only when somebody waits for it: then work that
// nobody ordered runs later than any hardware would run it, and a missing wait shows as wrong numbers. A graph runs its
// nodes in the order of their dependencies, those captured last first wherever that is allowed.

#include <algorithm>

#include "device.h"
#include "driver.h"

Handles<Stream> streams;
Handles<Event> events;
Handles<GraphExec> execs;
std::map<void*, std::shared_ptr<Graph>> graphs;
std::set<std::shared_ptr<Capture>> captures;

namespace {

void run(Context* context, const Operation& operation) {
    if (context->failed != kSuccess) return;
    Status status = operation.run();
    if (status != kSuccess) context->failed = status;
}

void doNext(Stream* stream) {
    auto work = std::move(stream->queue.front());
    stream->queue.pop_front();
    work();
}

void give(Stream* stream, std::function<void()> work) {
    if (switches.late) {
        stream->queue.push_back(std::move(work));
    } else {
        work();
    }
}

// The nodes that come before any of these, and these.
std::set<int> history(const Graph& graph, const std::set<int>& tail) {
    std::set<int> all;
    std::vector<int> open(tail.begin(), tail.end());
    while (!open.empty()) {
        int node = open.back();
        open.pop_back();
        if (!all.insert(node).second) continue;
        for (int earlier : graph.nodes[node].after) open.push_back(earlier);
    }
    return all;
}

Status breakCapture(Capture& capture, Status status) {
    capture.broken = true;
    return status;
}

bool overlap(const std::vector<Range>& some, const std::vector<Range>& others) {
    for (const Range& a : some) {
        for (const Range& b : others) {
            if (a.start < b.start + b.bytes && b.start < a.start + a.bytes) return true;
        }
    }
    return false;
}

// Two nodes without an order between them must not touch the same memory. Kernels don't tell what they touch.
bool findRace(const Graph& graph) {
    for (size_t i = 0; i < graph.nodes.size(); i++) {
        std::set<int> before = history(graph, {(int) i});
        for (size_t j = 0; j < i; j++) {
            const Operation& a = graph.nodes[i].operation;
            const Operation& b = graph.nodes[j].operation;
            if (before.count((int) j) != 0) continue;
            if (overlap(a.writes, b.writes) || overlap(a.writes, b.reads) || overlap(a.reads, b.writes)) {
                complain("two nodes of a graph may run at once and touch the same memory: %zu %s and %zu %s", j, b.name.c_str(),
                        i, a.name.c_str());
                return true;
            }
        }
    }
    return false;
}

std::vector<int> lateOrder(const Graph& graph) {
    std::vector<int> waits(graph.nodes.size());
    std::vector<std::vector<int>> followers(graph.nodes.size());
    std::set<int> ready;
    for (size_t i = 0; i < graph.nodes.size(); i++) {
        waits[i] = (int) graph.nodes[i].after.size();
        for (int earlier : graph.nodes[i].after) followers[earlier].push_back((int) i);
        if (waits[i] == 0) ready.insert((int) i);
    }
    std::vector<int> order;
    while (!ready.empty()) {
        int node = *ready.rbegin();
        ready.erase(node);
        order.push_back(node);
        for (int follower : followers[node]) {
            if (--waits[follower] == 0) ready.insert(follower);
        }
    }
    return order;
}

Status finishCapture(Capture& capture) {
    std::set<int> joined = history(*capture.graph, capture.origin->tail);
    bool all = true;
    for (Stream* member : capture.members) {
        for (int node : member->tail) all = all && joined.count(node) != 0;
    }
    return capture.broken ? kCaptureInvalidated : all ? kSuccess : kCaptureUnjoined;
}

}  // namespace

Stream* streamOf(void* handle) {
    // Null, and the legacy and per-thread handles 1 and 2, which the engine has no reason to use: all the one legacy stream.
    if (handle == nullptr || handle == reinterpret_cast<void*>(1)) return currentContext->legacy;
    return streams.has(handle) ? static_cast<Stream*>(handle) : nullptr;
}

void drain(Stream* stream) {
    while (!stream->queue.empty()) doNext(stream);
}

void drainAll(Context* context) {
    for (Stream* stream : context->streams) drain(stream);
}

void unlink(Stream* stream) {
    if (stream->capture != nullptr) {
        stream->capture->broken = true;
        stream->capture->members.erase(stream);
    }
    drain(stream);
    stream->context->streams.erase(stream);
    streams.live.erase(stream);
    delete stream;
}

Status enqueue(Stream* stream, Operation operation) {
    if (stream->capture != nullptr) {
        if (stream->capture->broken) return kCaptureInvalidated;
        Graph& graph = *stream->capture->graph;
        graph.nodes.push_back({std::move(operation), stream->tail});
        stream->tail = {(int) graph.nodes.size() - 1};
        return kSuccess;
    }
    if (stream->blocking) {
        // The legacy stream and those that wait for it: none of them may be part of a capture now.
        for (const auto& capture : captures) {
            for (Stream* member : capture->members) {
                if (stream == stream->context->legacy && member->blocking) return breakCapture(*capture, kCaptureImplicit);
            }
        }
        for (Stream* other : stream->context->streams) {
            if (other != stream && other->blocking) drain(other);
        }
    }
    if (faults.vanish.due()) {
        faults.gone = true;
        return kDeviceUnavailable;
    }
    Context* context = stream->context;
    give(stream, [context, operation = std::move(operation)] { run(context, operation); });
    return kSuccess;
}

// ---- streams

API cuStreamCreate(void** result, unsigned flags) {
    ENTER(kNeedsContext);
    *result = streams.add(new Stream{currentContext, (flags & 1) == 0, {}, nullptr, {}});
    currentContext->streams.insert(static_cast<Stream*>(*result));
    return kSuccess;
}

API cuStreamCreateWithPriority(void** result, unsigned flags, int) {
    return cuStreamCreate(result, flags);
}

API cuStreamDestroy_v2(void* handle) {
    ENTER(kAnytime);
    if (!streams.has(handle)) return kInvalidHandle;
    unlink(static_cast<Stream*>(handle));
    return kSuccess;
}

API cuStreamSynchronize(void* handle) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(handle);
    if (stream == nullptr) return kInvalidHandle;
    if (stream->capture != nullptr) return breakCapture(*stream->capture, kCaptureUnsupported);
    drain(stream);
    return stream->context->failed;
}

API cuStreamQuery(void* handle) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(handle);
    if (stream == nullptr) return kInvalidHandle;
    if (stream->capture != nullptr) return breakCapture(*stream->capture, kCaptureUnsupported);
    if (stream->queue.empty()) return stream->context->failed;
    doNext(stream);
    return kNotReady;
}

API cuStreamWaitEvent(void* handle, void* eventHandle, unsigned) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(handle);
    if (stream == nullptr || !events.has(eventHandle)) return kInvalidHandle;
    Event* event = static_cast<Event*>(eventHandle);
    if (event->captured) {
        std::shared_ptr<Capture> capture = event->capture.lock();
        if (capture == nullptr || capture->graph == nullptr) return kInvalidValue;
        if (stream->capture != nullptr && stream->capture != capture) {
            breakCapture(*stream->capture, kCaptureMerge);
            return breakCapture(*capture, kCaptureMerge);
        }
        stream->capture = capture;
        capture->members.insert(stream);
        stream->tail.insert(event->tail.begin(), event->tail.end());
        return kSuccess;
    }
    if (stream->capture != nullptr) {
        return event->mark == nullptr ? kSuccess : breakCapture(*stream->capture, kCaptureIsolation);
    }
    if (event->mark == nullptr) return kSuccess;
    give(stream, [mark = event->mark] {
        while (!mark->done) doNext(mark->stream);
    });
    return kSuccess;
}

// ---- events

API cuEventCreate(void** result, unsigned) {
    ENTER(kNeedsContext);
    *result = events.add(new Event{currentContext, nullptr, {}, false, {}});
    return kSuccess;
}

API cuEventDestroy_v2(void* handle) {
    ENTER(kAnytime);
    if (!events.has(handle)) return kInvalidHandle;
    events.live.erase(static_cast<Event*>(handle));
    delete static_cast<Event*>(handle);
    return kSuccess;
}

API cuEventRecord(void* handle, void* streamHandle) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(streamHandle);
    if (stream == nullptr || !events.has(handle)) return kInvalidHandle;
    Event* event = static_cast<Event*>(handle);
    event->captured = stream->capture != nullptr;
    event->capture = stream->capture;
    event->tail = stream->tail;
    event->mark = nullptr;
    if (event->captured) return kSuccess;
    auto mark = std::make_shared<Mark>();
    mark->stream = stream;
    event->mark = mark;
    give(stream, [mark] {
        mark->done = true;
        mark->when = now();
    });
    return kSuccess;
}

API cuEventRecordWithFlags(void* handle, void* stream, unsigned) {
    return cuEventRecord(handle, stream);
}

API cuEventSynchronize(void* handle) {
    ENTER(kNeedsContext);
    if (!events.has(handle)) return kInvalidHandle;
    Event* event = static_cast<Event*>(handle);
    if (event->captured) return kCapturedEvent;
    while (event->mark != nullptr && !event->mark->done) doNext(event->mark->stream);
    return event->context->failed;
}

API cuEventQuery(void* handle) {
    ENTER(kNeedsContext);
    if (!events.has(handle)) return kInvalidHandle;
    Event* event = static_cast<Event*>(handle);
    if (event->captured) return kCapturedEvent;
    if (event->mark == nullptr || event->mark->done) return event->context->failed;
    doNext(event->mark->stream);
    return kNotReady;
}

API cuEventElapsedTime(float* milliseconds, void* first, void* second) {
    ENTER(kNeedsContext);
    if (!events.has(first) || !events.has(second)) return kInvalidHandle;
    Event* from = static_cast<Event*>(first);
    Event* to = static_cast<Event*>(second);
    if (from->mark == nullptr || to->mark == nullptr) return kInvalidHandle;
    if (!from->mark->done || !to->mark->done) return kNotReady;
    *milliseconds = (float) (1e3 * (to->mark->when - from->mark->when));
    return kSuccess;
}

// ---- captures

API cuStreamBeginCapture_v2(void* handle, int mode) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(handle);
    if (stream == nullptr) return kInvalidHandle;
    if (stream == stream->context->legacy) return kCaptureUnsupported;
    if (stream->capture != nullptr || mode < 0 || mode > 2) return kInvalidValue;
    auto capture = std::make_shared<Capture>();
    capture->graph = std::make_shared<Graph>();
    capture->origin = stream;
    capture->members = {stream};
    capture->mode = mode;
    capture->thread = pthread_self();
    captures.insert(capture);
    stream->capture = capture;
    stream->tail.clear();
    return kSuccess;
}

API cuStreamEndCapture(void* handle, void** result) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(handle);
    *result = nullptr;
    if (stream == nullptr) return kInvalidHandle;
    std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr) return kInvalidValue;
    if (capture->origin != stream) return kCaptureUnmatched;
    if (capture->mode != 2 && !pthread_equal(capture->thread, pthread_self())) return kCaptureWrongThread;
    Status status = finishCapture(*capture);
    for (Stream* member : capture->members) {
        member->capture = nullptr;
        member->tail.clear();
    }
    captures.erase(capture);
    if (status == kSuccess) {
        *result = capture->graph.get();
        graphs[*result] = capture->graph;
    }
    capture->graph = nullptr;
    return status;
}

API cuStreamIsCapturing(void* handle, int* state) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(handle);
    if (stream == nullptr) return kInvalidHandle;
    *state = stream->capture == nullptr ? 0 : stream->capture->broken ? 2 : 1;
    return kSuccess;
}

thread_local int captureMode;

API cuThreadExchangeStreamCaptureMode(int* mode) {
    ENTER(kAnytime);
    std::swap(*mode, captureMode);
    return kSuccess;
}

bool capturingForbids() {
    bool forbidden = false;
    for (const auto& capture : captures) {
        bool own = pthread_equal(capture->thread, pthread_self());
        if (captureMode == 2 || capture->mode == 2 || (capture->mode == 1 && !own)) continue;
        capture->broken = true;
        forbidden = true;
    }
    return forbidden;
}

// ---- graphs

API cuGraphInstantiateWithFlags(void** result, void* handle, unsigned long long) {
    ENTER(kNeedsContext);
    auto found = graphs.find(handle);
    if (found == graphs.end()) return kInvalidHandle;
    if (findRace(*found->second)) return kInvalidValue;
    *result = execs.add(new GraphExec{currentContext, found->second, lateOrder(*found->second)});
    return kSuccess;
}

API cuGraphUpload(void* handle, void* stream) {
    ENTER(kNeedsContext);
    return execs.has(handle) && streamOf(stream) != nullptr ? kSuccess : kInvalidHandle;
}

API cuGraphLaunch(void* handle, void* streamHandle) {
    ENTER(kNeedsContext);
    Stream* stream = streamOf(streamHandle);
    if (stream == nullptr || !execs.has(handle)) return kInvalidHandle;
    if (faults.launch.due()) return kLaunchOutOfResources;
    GraphExec* exec = static_cast<GraphExec*>(handle);
    auto replay = [graph = exec->graph, order = exec->order]() -> Status {
        for (int node : order) {
            Status status = graph->nodes[node].operation.run();
            if (status != kSuccess) return status;
        }
        return kSuccess;
    };
    return enqueue(stream, {"graph", replay, {}, {}});
}

API cuGraphExecDestroy(void* handle) {
    ENTER(kAnytime);
    if (!execs.has(handle)) return kInvalidHandle;
    GraphExec* exec = static_cast<GraphExec*>(handle);
    execs.live.erase(exec);
    delete exec;
    return kSuccess;
}

API cuGraphDestroy(void* handle) {
    ENTER(kAnytime);
    return graphs.erase(handle) == 1 ? kSuccess : kInvalidHandle;
}

API cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
    ENTER(kAnytime);
    auto found = graphs.find(handle);
    if (found == graphs.end()) return kInvalidHandle;
    size_t all = found->second->nodes.size();
    if (nodes != nullptr) {
        for (size_t i = 0; i < std::min(all, *count); i++) nodes[i] = &found->second->nodes[i];
    }
    *count = all;
    return kSuccess;
}

// Kernel 0, copy 1, set 2: by name, as a node is known by what was captured.
API cuGraphNodeGetType(void* node, int* type) {
    ENTER(kAnytime);
    const std::string& name = static_cast<Graph::Node*>(node)->operation.name;
    *type = name == "copy" ? 1 : name == "set" ? 2 : 0;
    return kSuccess;
}
