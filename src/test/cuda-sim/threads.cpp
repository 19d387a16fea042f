// The threads of a block on one thread of the host: plain loops while nobody waits, a stack each where somebody does.

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "device.h"

#ifndef __x86_64__
#error "stacks are switched for x86-64 only, as JCuda's libraries are"
#endif

namespace sim {

Block block;
Thread* current;
Entry* Entry::first;

}  // namespace sim

namespace {

constexpr unsigned kMostThreads = 1024;
constexpr size_t kStack = 128 << 10;

enum class Waiting { kNo, kBarrier, kWarp };

// A stack and the CUDA thread on it.
struct Fiber {
    sim::Thread thread;
    void* stackPointer = nullptr;
    Waiting waiting = Waiting::kNo;
    int line = 0;
    // What it wants of its warp.
    unsigned mask = 0;
    sim::Exchange kind = sim::kSync;
    uint64_t value = 0;
    uint64_t answer = 0;
    int operand = 0;
    int width = 0;
};

Fiber fibers[kMostThreads];  // one more is begun only when all others wait
unsigned opened;             // fibers that have a stack in use
unsigned idle[kMostThreads];
unsigned idleCount;
unsigned ready[kMostThreads];
unsigned readyCount;
unsigned atBarrier;
Fiber* waitingInWarp[kMostThreads];  // by thread of the block
Fiber* running;
char* stacks;
void* scheduler;  // the stack pointer of whoever runs the grid
const sim::Entry* entry;
void* const* arguments;
sigjmp_buf abandoned;
volatile Status abandonedWith;
volatile bool inside;
pthread_t insideThread;

}  // namespace

// Stores the callee-saved registers on the stack, and goes on where another stack was left.
extern "C" void simSwitch(void** from, void* to);
asm(R"(
.text
.type simSwitch, @function
.hidden simSwitch
.globl simSwitch
simSwitch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size simSwitch, . - simSwitch
)");

namespace {

// What every fiber does for ever: begin threads of the block while there are any, then wait to be of use again.
void live() {
    for (;;) {
        entry->loop(arguments);
        idle[idleCount++] = (unsigned) (running - fibers);
        simSwitch(&running->stackPointer, scheduler);
    }
}

void resume(Fiber& fiber) {
    running = &fiber;
    sim::current = &fiber.thread;
    simSwitch(&scheduler, fiber.stackPointer);
}

void park() {
    Fiber* self = running;
    simSwitch(&self->stackPointer, scheduler);
}

// The stack's first frame: six registers of no meaning, then the place to go.
void prepare(unsigned number) {
    if (stacks == nullptr) {
        void* space = mmap(nullptr, kMostThreads * kStack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (space == MAP_FAILED) {
            perror("cuda-sim: no room for stacks");
            abort();
        }
        stacks = static_cast<char*>(space);
        for (unsigned i = 0; i < kMostThreads; i++) {
            // The first page stays closed: a stack that overflows is a fault and not a riddle.
            mprotect(stacks + i * kStack + 4096, kStack - 4096, PROT_READ | PROT_WRITE);
        }
    }
    void** top = reinterpret_cast<void**>(stacks + (number + 1) * kStack);
    *--top = nullptr;  // so that the stack is aligned as after a call
    *--top = reinterpret_cast<void*>(&live);
    top -= 6;
    fibers[number].stackPointer = top;
}

Fiber* unused() {
    if (idleCount > 0) return &fibers[idle[--idleCount]];
    prepare(opened);
    return &fibers[opened++];
}

void forgetFibers() {
    opened = idleCount = readyCount = atBarrier = 0;
    memset(waitingInWarp, 0, sizeof(waitingInWarp));
    for (Fiber& fiber : fibers) fiber.waiting = Waiting::kNo;
}

[[noreturn]] void reportStuck() {
    int barrierLine = 0;
    int warpLine = 0;
    unsigned inWarps = 0;
    for (unsigned i = 0; i < opened; i++) {
        if (fibers[i].waiting == Waiting::kBarrier) barrierLine = fibers[i].line;
        if (fibers[i].waiting == Waiting::kWarp) {
            warpLine = fibers[i].line;
            inWarps++;
        }
    }
    if (inWarps > 0) {
        complain("kernel %s, block (%u, %u, %u): %u threads wait in line %d for lanes that their mask names and that never come;"
                 " %u wait at a barrier, %u have returned",
                entry->name, sim::block.index.x, sim::block.index.y, sim::block.index.z, inWarps, warpLine, atBarrier,
                sim::block.finished);
    } else {
        complain("kernel %s, block (%u, %u, %u): divergent __syncthreads in line %d: %u of %u threads wait, %u have returned",
                entry->name, sim::block.index.x, sim::block.index.y, sim::block.index.z, barrierLine, atBarrier,
                sim::block.count, sim::block.finished);
    }
    abandonKernel(kLaunchTimeout);
}

void openBarrier() {
    int line = 0;
    for (unsigned i = 0; i < opened; i++) {
        Fiber& fiber = fibers[i];
        if (fiber.waiting != Waiting::kBarrier) continue;
        if (line == 0) line = fiber.line;
        if (fiber.line != line) {
            complain("kernel %s, block (%u, %u, %u): divergent __syncthreads: some threads wait in line %d, some in line %d",
                    entry->name, sim::block.index.x, sim::block.index.y, sim::block.index.z, line, fiber.line);
            abandonKernel(kLaunchTimeout);
        }
        // Taken from the back later: so threads go on in another order than they came, which no kernel may notice.
        fiber.waiting = Waiting::kNo;
        ready[readyCount++] = i;
    }
    atBarrier = 0;
}

void runBlock() {
    while (sim::block.finished < sim::block.count) {
        if (readyCount > 0) {
            resume(fibers[ready[--readyCount]]);
        } else if (sim::block.started < sim::block.count) {
            resume(*unused());
        } else if (atBarrier == sim::block.count) {
            openBarrier();
        } else {
            reportStuck();
        }
    }
}

uint64_t answerOf(const Fiber& asking, unsigned warp) {
    int lane = (int) (asking.thread.linear % sim::kWarp);
    if (asking.kind == sim::kBallot) {
        unsigned ballot = 0;
        for (int i = 0; i < sim::kWarp; i++) {
            if ((asking.mask >> i & 1) != 0 && waitingInWarp[warp * sim::kWarp + i]->value != 0) ballot |= 1u << i;
        }
        return ballot;
    }
    if (asking.kind == sim::kSync) return 0;
    int first = lane / asking.width * asking.width;
    int source = lane;
    switch (asking.kind) {
        case sim::kShuffle: source = first + (asking.operand & (asking.width - 1)); break;
        case sim::kDown: source = lane + asking.operand; break;
        case sim::kUp: source = lane - asking.operand; break;
        case sim::kXor: source = lane ^ asking.operand; break;
        default: break;
    }
    // Leaving the group gives back one's own value; for an exclusive or that holds upwards only.
    if (source < first || source >= first + asking.width) return asking.value;
    if ((asking.mask >> source & 1) == 0) {
        // Hardware gives anything. Nonsense is easier to see.
        return 0x7fc0dead7fc0deadu;
    }
    return waitingInWarp[warp * sim::kWarp + source]->value;
}

}  // namespace

void sim::barrier(int line) {
    Fiber* self = running;
    self->waiting = Waiting::kBarrier;
    self->line = line;
    atBarrier++;
    park();
}

uint64_t sim::exchange(int line, unsigned mask, Exchange kind, uint64_t value, int operand, int width) {
    Fiber* self = running;
    unsigned warp = self->thread.linear / kWarp;
    unsigned lane = self->thread.linear % kWarp;
    if ((mask >> lane & 1) == 0) {
        complain("kernel %s, %s: line %d: the mask %08x leaves out the lane that calls", entry->name, place().c_str(), line, mask);
        abandonKernel(kLaunchFailed);
    }
    // A warp that the block does not fill has no more lanes than threads.
    unsigned lanes = block.count - warp * kWarp;
    if (lanes < (unsigned) kWarp && mask == 0xffffffffu) mask = (1u << lanes) - 1;
    self->line = line;
    self->mask = mask;
    self->kind = kind;
    self->value = value;
    self->operand = operand;
    self->width = width;
    waitingInWarp[self->thread.linear] = self;
    for (int i = 0; i < kWarp; i++) {
        if ((mask >> i & 1) == 0) continue;
        Fiber* other = warp * kWarp + i < block.count ? waitingInWarp[warp * kWarp + i] : nullptr;
        if (other == nullptr || other->line != line || other->mask != mask || other->kind != kind) {
            self->waiting = Waiting::kWarp;
            park();
            return self->answer;
        }
    }
    for (int i = 0; i < kWarp; i++) {
        if ((mask >> i & 1) != 0) {
            Fiber* other = waitingInWarp[warp * kWarp + i];
            other->answer = answerOf(*other, warp);
        }
    }
    for (int i = 0; i < kWarp; i++) {
        if ((mask >> i & 1) != 0) {
            Fiber* other = waitingInWarp[warp * kWarp + i];
            waitingInWarp[warp * kWarp + i] = nullptr;
            if (other != self) {
                other->waiting = Waiting::kNo;
                ready[readyCount++] = (unsigned) (other - fibers);
            }
        }
    }
    return self->answer;
}

bool insideKernel() {
    return inside && pthread_equal(pthread_self(), insideThread);
}

bool onKernelStack(Address address) {
    Address first = reinterpret_cast<Address>(stacks);
    return stacks != nullptr && address >= first && address < first + kMostThreads * kStack;
}

std::string place() {
    char text[120];
    uint3 thread = sim::current == nullptr ? uint3{} : sim::current->index;
    snprintf(text, sizeof(text), "thread (%u, %u, %u) of block (%u, %u, %u)", thread.x, thread.y, thread.z,
            sim::block.index.x, sim::block.index.y, sim::block.index.z);
    return text;
}

void abandonKernel(Status status) {
    abandonedWith = status;
    siglongjmp(abandoned, 1);
}

extern "C" char __start_sim_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_sim_shared[] __attribute__((weak, visibility("hidden")));

Status runGrid(const sim::Entry* what, Shape3 grid, Shape3 threads, void* const* with) {
    entry = what;
    arguments = with;
    sim::block.threads = dim3(threads.x, threads.y, threads.z);
    sim::block.blocks = dim3(grid.x, grid.y, grid.z);
    sim::block.count = threads.x * threads.y * threads.z;
    forgetFibers();
    if (sigsetjmp(abandoned, 1) == 0) {
        insideThread = pthread_self();
        inside = true;
        for (unsigned z = 0; z < grid.z; z++) {
            for (unsigned y = 0; y < grid.y; y++) {
                for (unsigned x = 0; x < grid.x; x++) {
                    sim::block.index = {x, y, z};
                    sim::block.next = {0, 0, 0};
                    sim::block.started = sim::block.finished = 0;
                    if (entry->checked && __start_sim_shared != nullptr) {
                        // Shared memory begins with anything; here with what reads as not a number.
                        memset(__start_sim_shared, 0xff, __stop_sim_shared - __start_sim_shared);
                    }
                    runBlock();
                }
            }
        }
        inside = false;
        return kSuccess;
    }
    inside = false;
    return abandonedWith;
}
