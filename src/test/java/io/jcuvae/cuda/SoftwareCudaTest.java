package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Philox;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.jcurand.JCurand;
import jcuda.jcurand.curandGenerator;
import jcuda.jcurand.curandOrdering;
import jcuda.jcurand.curandRngType;
import jcuda.jcurand.curandStatus;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The software device itself: that it computes right, and catches what it says it catches. */
@OnSoftwareCuda
class SoftwareCudaTest {
    private static final int CUDA_R_32F = 0;
    private static final int CUDA_R_16BF = 14;

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final CUmodule module = new CUmodule();
    private final List<CUdeviceptr> allocated = new ArrayList<>();

    @BeforeEach
    void open() throws Missing {
        NativeLibraries.load();
        works(JCudaDriver.cuInit(0));
        works(JCudaDriver.cuDeviceGet(device, 0));
        works(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        works(JCudaDriver.cuCtxSetCurrent(context));
        works(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        works(JCudaDriver.cuModuleLoadData(
                module,
                text(
                        entry("none", "u64", "u64", "u32"),
                        entry("noneSum", "u64", "u64", "u32"),
                        entry("noneKinds", "u64", "u32", "u64", "f32", "f64"),
                        entry("writesBehind", "u64", "u32"),
                        entry("readsBehind", "u64", "u64", "u32"),
                        entry("writesFar", "u64", "u64"),
                        entry("unaligned", "u64", "u64", "u32"),
                        entry("halfBarrier", "u64"),
                        entry("twoBarriers", "u64"),
                        entry("noBarrier", "u64"),
                        entry("shuffleAfterReturn", "u64", "u32"),
                        entry("division", "u64", "u32"))));
    }

    @AfterEach
    void close() {
        for (CUdeviceptr pointer : allocated) {
            JCudaDriver.cuMemFree(pointer);
        }
        JCudaDriver.cuModuleUnload(module);
        JCudaDriver.cuStreamDestroy(stream);
        works(JCudaDriver.cuDevicePrimaryCtxRelease(device));
    }

    private static void works(int status) {
        assertEquals("CUDA_SUCCESS", CUresult.stringFor(status));
    }

    private static void gives(int expected, int status) {
        assertEquals(CUresult.stringFor(expected), CUresult.stringFor(status));
    }

    /** That the device complained of this and of nothing else. */
    private static void complains(String... parts) {
        List<String> complaints = SoftwareCuda.complaints();
        assertEquals(1, complaints.size(), complaints.toString());
        for (String part : parts) {
            assertTrue(complaints.get(0).contains(part), complaints.get(0));
        }
        SoftwareCuda.reset();
    }

    // ---- small things

    private static byte[] text(String... entries) {
        return (".version 8.0\n.target sm_75\n.address_size 64\n" + String.join("", entries) + "\0")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String entry(String name, String... types) {
        List<String> parameters = new ArrayList<>();
        for (String type : types) {
            parameters.add("\t.param ." + type + " broken_" + name + "_param_" + parameters.size());
        }
        return ".visible .entry broken_" + name + "(\n" + String.join(",\n", parameters) + "\n)\n{\n\tret;\n}\n";
    }

    private CUdeviceptr allocate(long bytes) {
        CUdeviceptr pointer = new CUdeviceptr();
        works(JCudaDriver.cuMemAlloc(pointer, bytes));
        allocated.add(pointer);
        return pointer;
    }

    private CUdeviceptr floats(float... values) {
        CUdeviceptr pointer = allocate(values.length * (long) Sizeof.FLOAT);
        works(JCudaDriver.cuMemcpyHtoD(pointer, Pointer.to(values), values.length * (long) Sizeof.FLOAT));
        return pointer;
    }

    private static float[] read(CUdeviceptr pointer, int count) {
        float[] values = new float[count];
        works(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), pointer, count * (long) Sizeof.FLOAT));
        return values;
    }

    private static float[] upTo(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i;
        }
        return values;
    }

    private static Pointer number(int value) {
        return Pointer.to(new int[] {value});
    }

    private int launch(String name, int blocks, int threads, Pointer... arguments) {
        return launchOn(stream, name, blocks, threads, arguments);
    }

    private int launchOn(CUstream on, String name, int blocks, int threads, Pointer... arguments) {
        CUfunction function = new CUfunction();
        int status = JCudaDriver.cuModuleGetFunction(function, module, "broken_" + name);
        return status != CUresult.CUDA_SUCCESS
                ? status
                : JCudaDriver.cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, on, Pointer.to(arguments), null);
    }

    /** Launches, waits, and gives what the kernel died of. */
    private int run(String name, int blocks, int threads, Pointer... arguments) {
        works(launch(name, blocks, threads, arguments));
        return JCudaDriver.cuStreamSynchronize(stream);
    }

    // ---- right kernels

    @Test
    void runsKernels() {
        float[] x = upTo(1000);
        for (String mode : new String[] {"", "checked", "late"}) {
            SoftwareCuda.fault(mode);
            CUdeviceptr y = allocate(4000);
            works(run("none", 8, 128, Pointer.to(y), Pointer.to(floats(x)), number(1000)));
            float[] twice = x.clone();
            for (int i = 0; i < twice.length; i++) {
                twice[i] *= 2;
            }
            assertArrayEquals(twice, read(y, 1000));
        }
    }

    @Test
    void runsBarriersAndShuffles() {
        float[] x = upTo(1000);
        for (String mode : new String[] {"", "checked"}) {
            SoftwareCuda.fault(mode);
            CUdeviceptr y = allocate(4 * 4);
            works(run("noneSum", 4, 256, Pointer.to(y), Pointer.to(floats(x)), number(1000)));
            assertArrayEquals(new float[] {32640, 98176, 163712, 204972}, read(y, 4));
        }
    }

    @Test
    void passesArgumentsOfEveryKind() {
        CUdeviceptr y = allocate(8);
        works(run(
                "noneKinds",
                1,
                1,
                Pointer.to(y),
                number(3),
                Pointer.to(new long[] {1L << 40}),
                Pointer.to(new float[] {0.5f}),
                Pointer.to(new double[] {0.25})));
        double[] value = new double[1];
        works(JCudaDriver.cuMemcpyDtoH(Pointer.to(value), y, 8));
        assertEquals(3 + 10.0 * (1L << 40) + 50 + 250, value[0]);
    }

    // ---- broken kernels

    @Test
    void catchesWritesBehindAnAllocation() {
        int n = 100;
        gives(
                CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                run("writesBehind", 1, 128, Pointer.to(allocate(4L * n)), number(n)));
        complains("kernel broken_writesBehind wrote behind the end of an allocation of 400 bytes");
        gives(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 16));
    }

    @Test
    void catchesWritesIntoClosedPages() {
        Pointer far = Pointer.to(new long[] {1024});
        gives(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run("writesFar", 1, 32, Pointer.to(allocate(4096)), far));
        complains("0 bytes behind the end of an allocation of 4096 bytes", "thread (0, 0, 0) of block (0, 0, 0)");
    }

    @Test
    void seesEveryAccessWhenItLooks() {
        SoftwareCuda.fault("checked");
        int n = 100;
        Pointer x = Pointer.to(floats(new float[n]));
        gives(
                CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                run("readsBehind", 2, 64, Pointer.to(allocate(4L * n)), x, number(n)));
        complains(
                "read of 4 bytes at 0 bytes behind the end of an allocation of 400 bytes",
                "thread (35, 0, 0) of block (1, 0, 0)");
    }

    @Test
    void catchesUnalignedAccess() {
        SoftwareCuda.fault("checked");
        Pointer x = Pointer.to(floats(new float[64]));
        gives(CUresult.CUDA_ERROR_MISALIGNED_ADDRESS, run("unaligned", 1, 8, Pointer.to(allocate(256)), x, number(8)));
        complains("must be aligned to 16 bytes at byte 4 of an allocation of 256 bytes");
    }

    @Test
    void catchesUseAfterFree() {
        CUdeviceptr freed = new CUdeviceptr();
        works(JCudaDriver.cuMemAlloc(freed, 400));
        works(JCudaDriver.cuMemFree(freed));
        gives(
                CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                run("none", 1, 128, Pointer.to(allocate(400)), Pointer.to(freed), number(100)));
        complains("byte 0 of an allocation of 400 bytes that was freed");
    }

    @Test
    void catchesFreeingTwice() {
        CUdeviceptr freed = new CUdeviceptr();
        works(JCudaDriver.cuMemAlloc(freed, 400));
        works(JCudaDriver.cuMemFree(freed));
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuMemFree(freed));
        complains("free of an address that is no allocation");
    }

    @Test
    void catchesDivergentBarriers() {
        gives(CUresult.CUDA_ERROR_LAUNCH_TIMEOUT, run("halfBarrier", 1, 64, Pointer.to(allocate(256))));
        complains("divergent __syncthreads", "32 of 64 threads wait, 32 have returned");
    }

    @Test
    void catchesTwoBarriersThatMeet() {
        gives(CUresult.CUDA_ERROR_LAUNCH_TIMEOUT, run("twoBarriers", 1, 64, Pointer.to(allocate(256))));
        complains("divergent __syncthreads: some threads wait in line");
    }

    @Test
    void sharedMemoryBeginsWithNonsense() {
        SoftwareCuda.fault("checked");
        CUdeviceptr y = allocate(256);
        works(run("noBarrier", 1, 64, Pointer.to(y)));
        assertTrue(Float.isNaN(read(y, 64)[0]));
    }

    @Test
    void catchesLanesThatNeverCome() {
        gives(
                CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
                run("shuffleAfterReturn", 1, 32, Pointer.to(allocate(128)), number(20)));
        complains("20 threads wait in line", "for lanes that their mask names and that never come");
    }

    @Test
    void survivesDivisionByZero() {
        gives(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run("division", 1, 4, Pointer.to(allocate(16)), number(0)));
        complains("integer division by zero");
    }

    // ---- wrong launches

    @Test
    void countsArguments() {
        Pointer y = Pointer.to(allocate(4000));
        Pointer x = Pointer.to(allocate(4000));
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, launch("none", 1, 1, y, x));
        complains("takes 3 arguments, 2 were given");
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, launch("none", 1, 1, y, x, number(1), number(1)));
        complains("takes 3 arguments, 4 were given");
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, launch("none", 1, 1, y, x, number(1), number(1), number(1)));
        complains("takes 3 arguments, 5 were given");
        works(launch("none", 1, 1, y, x, number(1)));
    }

    @Test
    void refusesImpossibleLaunches() {
        Pointer y = Pointer.to(allocate(4000));
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, launch("halfBarrier", 1, 1025, y));
        complains("1025 x 1 x 1 threads");
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, launch("halfBarrier", 0, 32, y));
        complains("empty grid");
    }

    @Test
    void refusesModulesThatDoNotFit() {
        gives(
                CUresult.CUDA_ERROR_INVALID_PTX,
                JCudaDriver.cuModuleLoadData(new CUmodule(), text(entry("unknown", "u64"))));
        complains("no kernel of this name: broken_unknown");
        gives(
                CUresult.CUDA_ERROR_INVALID_PTX,
                JCudaDriver.cuModuleLoadData(new CUmodule(), text(entry("none", "u64", "u64", "u64"))));
        complains("kernel broken_none takes lli, the PTX says lll");
        gives(
                CUresult.CUDA_ERROR_INVALID_IMAGE,
                JCudaDriver.cuModuleLoadData(new CUmodule(), "nothing\0".getBytes(StandardCharsets.US_ASCII)));
        gives(
                CUresult.CUDA_ERROR_NOT_FOUND,
                JCudaDriver.cuModuleGetFunction(new CUfunction(), module, "broken_unknown"));
        SoftwareCuda.fault("old-driver");
        gives(CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, JCudaDriver.cuModuleLoadData(new CUmodule(), text()));
        SoftwareCuda.reset();
        SoftwareCuda.fault("capability:70");
        gives(CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU, JCudaDriver.cuModuleLoadData(new CUmodule(), text()));
    }

    // ---- memory

    @Test
    void newMemoryIsNotANumber() {
        assertTrue(Float.isNaN(read(allocate(16), 4)[3]));
    }

    @Test
    void countsMemory() {
        SoftwareCuda.fault("memory:1M");
        long[] before = memory();
        assertEquals(1 << 20, before[0]);
        CUdeviceptr half = allocate(1 << 19);
        assertEquals(1 << 19, memory()[0]);
        gives(CUresult.CUDA_ERROR_OUT_OF_MEMORY, JCudaDriver.cuMemAlloc(new CUdeviceptr(), (1 << 19) + 1));
        works(JCudaDriver.cuMemFree(half));
        allocated.clear();
        assertArrayEquals(before, memory());
    }

    private static long[] memory() {
        long[] free = new long[1];
        long[] total = new long[1];
        works(JCudaDriver.cuMemGetInfo(free, total));
        return new long[] {free[0], total[0]};
    }

    @Test
    void copiesMustStayInside() {
        CUdeviceptr small = allocate(16);
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuMemcpyHtoD(small, Pointer.to(new float[5]), 20));
        complains("copy of 20 bytes at byte 0 of an allocation of 16 bytes");
    }

    @Test
    void tellsWhatIsLeftBehind() {
        CUdevice second = new CUdevice();
        CUcontext other = new CUcontext();
        SoftwareCuda.fault("devices:2");
        works(JCudaDriver.cuDeviceGet(second, 1));
        works(JCudaDriver.cuDevicePrimaryCtxRetain(other, second));
        works(JCudaDriver.cuCtxSetCurrent(other));
        works(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 40));
        works(JCudaDriver.cuMemAllocHost(new Pointer(), 100));
        works(JCudaDriver.cuStreamCreate(new CUstream(), 0));
        works(JCudaDriver.cuDevicePrimaryCtxRelease(second));
        List<String> complaints = SoftwareCuda.complaints();
        assertEquals(
                "left behind when the context was released: 1 allocations of together 40 bytes, 1 blocks of pinned host"
                        + " memory, 1 streams",
                complaints.get(0));
        SoftwareCuda.reset();
        gives(CUresult.CUDA_ERROR_INVALID_CONTEXT, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 40));
        works(JCudaDriver.cuCtxSetCurrent(context));
    }

    // ---- streams and events

    @Test
    void lateStreamsShowAMissingWait() {
        SoftwareCuda.fault("late");
        CUstream second = new CUstream();
        works(JCudaDriver.cuStreamCreate(second, CUstream_flags.CU_STREAM_NON_BLOCKING));
        CUdeviceptr x = floats(1, 2, 3, 4);
        for (boolean waits : new boolean[] {false, true}) {
            CUdeviceptr middle = floats(0, 0, 0, 0);
            CUdeviceptr y = floats(0, 0, 0, 0);
            CUevent event = new CUevent();
            works(JCudaDriver.cuEventCreate(event, 0));
            works(launch("none", 1, 4, Pointer.to(middle), Pointer.to(x), number(4)));
            works(JCudaDriver.cuEventRecord(event, stream));
            if (waits) {
                works(JCudaDriver.cuStreamWaitEvent(second, event, 0));
            }
            works(launchOn(second, "none", 1, 4, Pointer.to(y), Pointer.to(middle), number(4)));
            works(JCudaDriver.cuStreamSynchronize(second));
            assertArrayEquals(waits ? new float[] {4, 8, 12, 16} : new float[4], read(y, 4));
            works(JCudaDriver.cuStreamSynchronize(stream));
            works(JCudaDriver.cuEventDestroy(event));
        }
        works(JCudaDriver.cuStreamDestroy(second));
    }

    @Test
    void pinnedMemoryIsReadLate() {
        SoftwareCuda.fault("late");
        Pointer pinned = new Pointer();
        works(JCudaDriver.cuMemAllocHost(pinned, 4));
        pinned.getByteBuffer(0, 4).put(0, (byte) 1);
        CUdeviceptr y = allocate(4);
        works(JCudaDriver.cuMemcpyHtoDAsync(y, pinned, 4, stream));
        pinned.getByteBuffer(0, 4).put(0, (byte) 2);
        works(JCudaDriver.cuStreamSynchronize(stream));
        byte[] got = new byte[4];
        works(JCudaDriver.cuMemcpyDtoH(Pointer.to(got), y, 4));
        assertEquals(2, got[0]);
        works(JCudaDriver.cuMemFreeHost(pinned));
    }

    // ---- captures and graphs

    private void begin() {
        works(JCudaDriver.cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL));
    }

    @Test
    void replaysWhatWasCaptured() {
        CUdeviceptr x = floats(1, 2, 3);
        begin();
        works(launch("none", 1, 4, Pointer.to(x), Pointer.to(x), number(3)));
        works(launch("none", 1, 4, Pointer.to(x), Pointer.to(x), number(2)));
        CUgraph graph = new CUgraph();
        CUgraphExec exec = new CUgraphExec();
        works(JCudaDriver.cuStreamEndCapture(stream, graph));
        assertArrayEquals(new float[] {1, 2, 3}, read(x, 3));
        long[] nodes = new long[1];
        works(JCudaDriver.cuGraphGetNodes(graph, null, nodes));
        assertEquals(2, nodes[0]);
        works(JCudaDriver.cuGraphInstantiate(exec, graph, 0));
        works(JCudaDriver.cuGraphDestroy(graph));
        for (int i = 0; i < 2; i++) {
            works(JCudaDriver.cuGraphLaunch(exec, stream));
        }
        works(JCudaDriver.cuStreamSynchronize(stream));
        assertArrayEquals(new float[] {16, 32, 12}, read(x, 3));
        works(JCudaDriver.cuGraphExecDestroy(exec));
    }

    @Test
    void capturesForbidWhatWaitsOrAllocates() {
        CUdeviceptr x = floats(1, 2, 3);
        List<Runnable> forbidden = List.of(
                () -> gives(
                        CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 4)),
                () -> gives(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, JCudaDriver.cuStreamSynchronize(stream)),
                () -> gives(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, JCudaDriver.cuCtxSynchronize()),
                () -> gives(
                        CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                        JCudaDriver.cuMemcpyDtoH(Pointer.to(new float[3]), x, 12)));
        for (Runnable call : forbidden) {
            begin();
            call.run();
            gives(
                    CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
                    JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
        }
    }

    @Test
    void branchesMustBeJoined() {
        CUdeviceptr x = floats(1, 2, 3);
        CUdeviceptr y = floats(1, 2, 3);
        CUstream branch = new CUstream();
        CUevent fork = new CUevent();
        CUevent join = new CUevent();
        works(JCudaDriver.cuStreamCreate(branch, CUstream_flags.CU_STREAM_NON_BLOCKING));
        works(JCudaDriver.cuEventCreate(fork, 0));
        works(JCudaDriver.cuEventCreate(join, 0));
        for (boolean joins : new boolean[] {false, true}) {
            begin();
            works(JCudaDriver.cuEventRecord(fork, stream));
            works(JCudaDriver.cuStreamWaitEvent(branch, fork, 0));
            works(launchOn(branch, "none", 1, 4, Pointer.to(x), Pointer.to(x), number(3)));
            works(launch("none", 1, 4, Pointer.to(y), Pointer.to(y), number(3)));
            if (joins) {
                works(JCudaDriver.cuEventRecord(join, branch));
                works(JCudaDriver.cuStreamWaitEvent(stream, join, 0));
            }
            CUgraph graph = new CUgraph();
            gives(
                    joins ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
                    JCudaDriver.cuStreamEndCapture(stream, graph));
            if (joins) {
                works(JCudaDriver.cuGraphDestroy(graph));
            }
        }
        works(JCudaDriver.cuEventDestroy(fork));
        works(JCudaDriver.cuEventDestroy(join));
        works(JCudaDriver.cuStreamDestroy(branch));
    }

    /** A branch that did not wait for the fill runs before it in the graph, and the two collide. */
    @Test
    void findsNodesThatMayCollide() {
        CUdeviceptr x = floats(1, 2, 3);
        CUstream branch = new CUstream();
        CUevent fork = new CUevent();
        works(JCudaDriver.cuStreamCreate(branch, CUstream_flags.CU_STREAM_NON_BLOCKING));
        works(JCudaDriver.cuEventCreate(fork, 0));
        begin();
        works(JCudaDriver.cuEventRecord(fork, stream));
        works(JCudaDriver.cuStreamWaitEvent(branch, fork, 0));
        works(JCudaDriver.cuMemsetD32Async(x, 1, 3, stream));
        works(JCudaDriver.cuMemsetD32Async(x, 2, 3, branch));
        works(JCudaDriver.cuEventRecord(fork, branch));
        works(JCudaDriver.cuStreamWaitEvent(stream, fork, 0));
        CUgraph graph = new CUgraph();
        works(JCudaDriver.cuStreamEndCapture(stream, graph));
        gives(CUresult.CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuGraphInstantiate(new CUgraphExec(), graph, 0));
        complains("may run at once and touch the same memory");
        works(JCudaDriver.cuGraphDestroy(graph));
        works(JCudaDriver.cuEventDestroy(fork));
        works(JCudaDriver.cuStreamDestroy(branch));
    }

    // ---- cuBLAS and cuRAND

    @Test
    void multiplies() {
        int m = 37;
        int n = 6;
        int k = 19;
        Random random = new Random(1);
        float[] a = new float[m * k];
        float[] b = new float[k * n];
        for (int i = 0; i < a.length; i++) {
            a[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < b.length; i++) {
            b[i] = (float) random.nextGaussian();
        }
        for (int compute :
                new int[] {cublasComputeType.CUBLAS_COMPUTE_32F, cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32}) {
            // Column-major: a is [m, k], b is [n, k] and transposed.
            CUdeviceptr c = allocate(4L * m * n);
            cublasHandle handle = new cublasHandle();
            assertEquals(0, JCublas2.cublasCreate(handle));
            assertEquals(0, gemm(handle, m, n, k, floats(a), floats(b), CUDA_R_32F, c, compute));
            assertEquals(0, JCublas2.cublasDestroy(handle));
            float[] got = read(c, m * n);
            double worst = 0;
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += (double) a[i + p * m] * b[j + p * n];
                    }
                    worst = Math.max(worst, Math.abs(sum - got[i + j * m]));
                }
            }
            boolean full = compute == cublasComputeType.CUBLAS_COMPUTE_32F;
            assertTrue(full ? worst < 1e-5 : worst > 1e-4 && worst < 2e-2, "worst " + worst);
        }
    }

    private static int gemm(
            cublasHandle handle,
            int m,
            int n,
            int k,
            CUdeviceptr a,
            CUdeviceptr b,
            int type,
            CUdeviceptr c,
            int compute) {
        return JCublas2.cublasGemmEx_new(
                handle,
                cublasOperation.CUBLAS_OP_N,
                cublasOperation.CUBLAS_OP_T,
                m,
                n,
                k,
                Pointer.to(new float[] {1}),
                a,
                type,
                m,
                b,
                type,
                n,
                Pointer.to(new float[] {0}),
                c,
                CUDA_R_32F,
                m,
                compute,
                -1);
    }

    @Test
    void productsAreChecked() {
        cublasHandle handle = new cublasHandle();
        assertEquals(0, JCublas2.cublasCreate(handle));
        assertEquals(0, JCublas2.cublasSetStream(handle, new cudaStream_t(stream)));
        int plain = cublasComputeType.CUBLAS_COMPUTE_32F;
        CUdeviceptr ten = allocate(40);
        CUdeviceptr hundred = allocate(400);
        int status = gemm(handle, 10, 10, 1, ten, ten, CUDA_R_32F, ten, plain);
        assertEquals(cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED, status);
        complains("matrix product: 400 bytes at byte 0 of an allocation of 40 bytes");
        // bfloat16 takes half of the room.
        assertEquals(0, gemm(handle, 10, 10, 2, ten, ten, CUDA_R_16BF, hundred, plain));
        begin();
        assertNotEquals(0, gemm(handle, 10, 10, 1, ten, ten, CUDA_R_32F, hundred, plain));
        complains("captured without a workspace");
        gives(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
        SoftwareCuda.fault("cublas:2");
        assertEquals(0, gemm(handle, 10, 10, 1, ten, ten, CUDA_R_32F, hundred, plain));
        assertEquals(
                cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED,
                gemm(handle, 10, 10, 1, ten, ten, CUDA_R_32F, hundred, plain));
        assertEquals(0, JCublas2.cublasDestroy(handle));
    }

    @Test
    void drawsTheSharedSequence() {
        long seed = 0x123456789abcL;
        curandGenerator generator = new curandGenerator();
        assertEquals(0, JCurand.curandCreateGenerator(generator, curandRngType.CURAND_RNG_PSEUDO_PHILOX4_32_10));
        assertEquals(0, JCurand.curandSetGeneratorOrdering(generator, curandOrdering.CURAND_ORDERING_PSEUDO_LEGACY));
        assertEquals(0, JCurand.curandSetPseudoRandomGeneratorSeed(generator, seed));
        assertEquals(0, JCurand.curandSetStream(generator, new cudaStream_t(stream)));
        int count = 600;
        CUdeviceptr y = allocate(4L * count);
        // Across the last subsequence, into the second block.
        long first = 4 * 65536L - 300;
        assertEquals(0, JCurand.curandSetGeneratorOffset(generator, first));
        assertEquals(0, JCurand.curandGenerate(generator, y, count));
        int[] bits = new int[count];
        works(JCudaDriver.cuMemcpyDtoH(Pointer.to(bits), y, 4L * count));
        int[] want = new int[count];
        Philox.fillBits(want, 0, count, seed, 0, first);
        assertArrayEquals(want, bits);
        // Goes on where it ended.
        assertEquals(0, JCurand.curandGenerateNormal(generator, y, count, 0, 1));
        float[] normals = new float[count];
        Philox.fillNormal(normals, 0, count, seed, first + count);
        assertArrayEquals(normals, read(y, count), 1e-6f);
        assertEquals(
                curandStatus.CURAND_STATUS_LENGTH_NOT_MULTIPLE,
                JCurand.curandGenerateNormal(generator, y, count - 1, 0, 1));
        assertEquals(0, JCurand.curandSetGeneratorOrdering(generator, curandOrdering.CURAND_ORDERING_PSEUDO_DEFAULT));
        assertEquals(0, JCurand.curandSetGeneratorOffset(generator, first));
        assertEquals(0, JCurand.curandGenerate(generator, y, count));
        works(JCudaDriver.cuMemcpyDtoH(Pointer.to(bits), y, 4L * count));
        assertNotEquals(want[0], bits[0]);
        assertEquals(0, JCurand.curandDestroyGenerator(generator));
    }

    // ---- faults

    @Test
    void injectsFaults() {
        SoftwareCuda.fault("alloc:2,launch:3");
        Pointer y = Pointer.to(allocate(128));
        gives(CUresult.CUDA_ERROR_OUT_OF_MEMORY, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 16));
        Pointer x = Pointer.to(allocate(128));
        works(launch("none", 1, 32, y, x, number(32)));
        works(launch("none", 1, 32, y, x, number(32)));
        gives(CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, launch("none", 1, 32, y, x, number(32)));
        works(launch("none", 1, 32, y, x, number(32)));
    }

    /** The launch itself succeeds, as on a device: the next call tells. */
    @Test
    void aKernelThatDiesTakesTheContextAlong() {
        SoftwareCuda.fault("kernel:2");
        Pointer y = Pointer.to(allocate(128));
        works(run("none", 1, 32, y, y, number(32)));
        works(launch("none", 1, 32, y, y, number(32)));
        gives(CUresult.CUDA_ERROR_LAUNCH_FAILED, launch("none", 1, 32, y, y, number(32)));
        gives(CUresult.CUDA_ERROR_LAUNCH_FAILED, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 16));
    }

    @Test
    void theDeviceVanishes() {
        SoftwareCuda.fault("vanish:2");
        Pointer y = Pointer.to(allocate(128));
        works(launch("none", 1, 32, y, y, number(32)));
        gives(CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE, launch("none", 1, 32, y, y, number(32)));
        gives(CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE, JCudaDriver.cuStreamSynchronize(stream));
    }

    @Test
    void noDevice() {
        SoftwareCuda.fault("no-device");
        gives(CUresult.CUDA_ERROR_NO_DEVICE, JCudaDriver.cuInit(0));
        int[] version = new int[1];
        works(JCudaDriver.cuDriverGetVersion(version));
        assertEquals(12060, version[0]);
        SoftwareCuda.fault("old-driver");
        works(JCudaDriver.cuDriverGetVersion(version));
        assertEquals(11040, version[0]);
        SoftwareCuda.reset();
    }
}
