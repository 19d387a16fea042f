package io.jcuvae.cuda;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.jcurand.JCurand;
import jcuda.jcurand.curandGenerator;
import jcuda.jcurand.curandRngType;
import jcuda.jcurand.curandStatus;

/**
 * Tests one thing after the other that CUDA needs, and names the first that does not work with its remedy. Whatever is
 * missing on a machine, nothing but a report comes out of it.
 */
public final class CudaProbe {
    private static final int OLDEST_CAPABILITY = 75;
    private static final float[] FACTOR = {1, 2, 3, 4, 5, 6};

    /** The first thing that does not work: one line. */
    private static final class Fault extends Exception {
        private static final long serialVersionUID = 1L;

        Fault(String message) {
            super(message);
        }
    }

    /** A test: it returns when the thing works. */
    private interface Test {
        void run() throws Fault, Missing;
    }

    private final int ordinal;
    private final List<CudaReport.Step> steps = new ArrayList<>();
    private final Map<String, CudaReport.Library> libraries = new TreeMap<>();
    private final List<CudaReport.Device> devices = new ArrayList<>();
    private int count;

    private CudaProbe(int ordinal) {
        this.ordinal = ordinal;
    }

    /**
     * Tests everything, down to small computations with known answers; about a second where there is a device.
     *
     * @param ordinal the device to compute on
     */
    public static CudaReport run(int ordinal) {
        return new CudaProbe(ordinal).report(true);
    }

    /**
     * Tests only what decides whether it is worth opening a device: the driver, its version, that the device is there, that
     * cuBLAS and cuRAND load. Opens nothing; a few milliseconds where there is no driver.
     *
     * @return why CUDA cannot be used, and what to do; empty when nothing speaks against it
     */
    public static Optional<String> obstacle(int ordinal) {
        return new CudaProbe(ordinal).report(false).reason();
    }

    private CudaReport report(boolean whole) {
        // In a thread of its own, so that the caller's current device stays what it is.
        Thread thread = new Thread(() -> testAll(whole), "cuda-probe");
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        List<CudaReport.Library> found = new ArrayList<>();
        for (String name : List.of("driver", "cuBLAS", "cuRAND")) {
            if (libraries.containsKey(name)) {
                found.add(libraries.get(name));
            }
        }
        return new CudaReport(List.copyOf(steps), found, List.copyOf(devices), NativeLibraries.notes());
    }

    private void testAll(boolean whole) {
        boolean works = driver() && passes("device present", this::device);
        if (works && !whole) {
            works = passes("cuBLAS", NativeLibraries::cublas) && passes("cuRAND", NativeLibraries::curand);
        } else if (works) {
            works = passes("PTX loads", this::ptx)
                    && passes("cuBLAS", this::cublas)
                    && passes("cuRAND", this::curand)
                    && passes("computes", this::compute);
        }
    }

    /** One call finds the driver and its version; it says itself which of the two failed. */
    private boolean driver() {
        try {
            NativeLibraries.Library library = NativeLibraries.driver();
            steps.add(new CudaReport.Step("driver library", Optional.empty()));
            found("driver", Optional.of("CUDA " + NativeLibraries.version(NativeLibraries.driverVersion())), library);
            steps.add(new CudaReport.Step("driver version", Optional.empty()));
            return true;
        } catch (Missing e) {
            if (e.part() == Missing.Part.DRIVER_VERSION) {
                steps.add(new CudaReport.Step("driver library", Optional.empty()));
                steps.add(new CudaReport.Step("driver version", Optional.of(e.getMessage())));
            } else {
                steps.add(new CudaReport.Step("driver library", Optional.of(e.getMessage())));
            }
        } catch (LinkageError | RuntimeException e) {
            steps.add(new CudaReport.Step("driver library", Optional.of(unexpected(e))));
        }
        return false;
    }

    private boolean passes(String name, Test test) {
        try {
            test.run();
            steps.add(new CudaReport.Step(name, Optional.empty()));
            return true;
        } catch (Fault | Missing e) {
            steps.add(new CudaReport.Step(name, Optional.of(e.getMessage())));
        } catch (LinkageError | RuntimeException e) {
            steps.add(new CudaReport.Step(name, Optional.of(unexpected(e))));
        }
        return false;
    }

    private static String unexpected(Throwable e) {
        return String.valueOf(e.getMessage() == null ? e : e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.toString());
    }

    private void found(String name, Optional<String> version, NativeLibraries.Library library) {
        libraries.put(name, new CudaReport.Library(name, version, library.path(), library.place()));
    }

    private void device() throws Fault {
        check(JCudaDriver.cuInit(0), "start the driver");
        int[] number = new int[1];
        check(JCudaDriver.cuDeviceGetCount(number), "count the devices");
        count = number[0];
        if (count == 0) {
            throw new Fault("the driver shows no device" + visible() + "; nvidia-smi says what it sees");
        }
        for (int i = 0; i < count; i++) {
            devices.add(describe(i));
        }
        if (ordinal >= count) {
            throw new Fault("there is no cuda:" + ordinal + ": the devices here are cuda:0"
                    + (count == 1 ? " alone" : " to cuda:" + (count - 1)) + visible());
        }
    }

    private static String visible() {
        String visible = System.getenv("CUDA_VISIBLE_DEVICES");
        return visible == null ? "" : " (CUDA_VISIBLE_DEVICES is '" + visible + "', which may hide some)";
    }

    private static CudaReport.Device describe(int number) throws Fault {
        CUdevice device = new CUdevice();
        check(JCudaDriver.cuDeviceGet(device, number), "find cuda:" + number);
        byte[] name = new byte[256];
        check(JCudaDriver.cuDeviceGetName(name, name.length, device), "ask for the name of cuda:" + number);
        int end = 0;
        while (end < name.length && name[end] != 0) {
            end++;
        }
        int major = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
        int minor = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
        long[] total = new long[1];
        check(JCudaDriver.cuDeviceTotalMem(total, device), "ask for the memory of cuda:" + number);
        return new CudaReport.Device(
                number, new String(name, 0, end, StandardCharsets.UTF_8).strip(), major + "." + minor, -1, total[0]);
    }

    private static int attribute(int attribute, CUdevice device) throws Fault {
        int[] value = new int[1];
        check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "ask what the device can");
        return value[0];
    }

    /** Opens every device for a moment, for its free memory, and loads the kernels on the one asked for. */
    private void ptx() throws Fault {
        for (int i = 0; i < count; i++) {
            CUdevice device = new CUdevice();
            CUcontext context = new CUcontext();
            check(JCudaDriver.cuDeviceGet(device, i), "find cuda:" + i);
            int opened = JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
            if (opened != CUresult.CUDA_SUCCESS && i != ordinal) {
                continue;
            }
            check(opened, "open cuda:" + i);
            try {
                check(JCudaDriver.cuCtxSetCurrent(context), "use cuda:" + i);
                long[] free = new long[1];
                long[] total = new long[1];
                check(JCudaDriver.cuMemGetInfo(free, total), "ask for the free memory of cuda:" + i);
                CudaReport.Device known = devices.get(i);
                devices.set(i, new CudaReport.Device(i, known.name(), known.capability(), free[0], total[0]));
                if (i == ordinal) {
                    loadKernels(known);
                }
            } finally {
                JCudaDriver.cuCtxSetCurrent(new CUcontext());
                JCudaDriver.cuDevicePrimaryCtxRelease(device);
            }
        }
    }

    private static void loadKernels(CudaReport.Device device) throws Fault {
        if (Integer.parseInt(device.capability().replace(".", "")) < OLDEST_CAPABILITY) {
            throw new Fault("cuda:" + device.ordinal() + " (" + device.name() + ") is of compute capability "
                    + device.capability() + ", and 7.5 or newer is needed; use another device or --device cpu");
        }
        for (String file : kernelFiles()) {
            CUmodule module = new CUmodule();
            byte[] text = resource("/ptx/" + file);
            int status = JCudaDriver.cuModuleLoadData(module, Arrays.copyOf(text, text.length + 1));
            if (status == CUresult.CUDA_SUCCESS) {
                JCudaDriver.cuModuleUnload(module);
            }
            check(status, "load the kernels of " + file);
        }
    }

    private static List<String> kernelFiles() throws Fault {
        JsonObject manifest = JsonParser.parseString(new String(resource("/ptx/manifest.json"), StandardCharsets.UTF_8))
                .getAsJsonObject();
        return List.copyOf(manifest.getAsJsonObject("ptx").keySet());
    }

    private static byte[] resource(String name) throws Fault {
        try (InputStream in = CudaProbe.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new Fault(
                        "this build of jcuvae has no kernels: " + name + " is missing; run scripts/build-kernels");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new Fault(name + " cannot be read: " + e.getMessage());
        }
    }

    private void cublas() throws Fault, Missing {
        NativeLibraries.Library library = NativeLibraries.cublas();
        found("cuBLAS", Optional.empty(), library);
        onDevice(() -> {
            cublasHandle handle = new cublasHandle();
            int status = JCublas2.cublasCreate(handle);
            if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
                throw new Fault("cuBLAS (" + library.path() + ") does not start: " + cublasStatus.stringFor(status)
                        + "; it may be newer than the driver, or the device's memory full");
            }
            int[] version = new int[1];
            JCublas2.cublasGetVersion(handle, version);
            JCublas2.cublasDestroy(handle);
            // Since 10.1 the digits are major, minor and patch, two for each of the latter.
            found("cuBLAS", Optional.of(dotted(version[0], 10000, 100)), library);
        });
    }

    private void curand() throws Fault, Missing {
        NativeLibraries.Library library = NativeLibraries.curand();
        found("cuRAND", Optional.empty(), library);
        onDevice(() -> {
            curandGenerator generator = new curandGenerator();
            int status = JCurand.curandCreateGenerator(generator, curandRngType.CURAND_RNG_PSEUDO_PHILOX4_32_10);
            if (status != curandStatus.CURAND_STATUS_SUCCESS) {
                throw new Fault("cuRAND (" + library.path() + ") does not start: " + curandStatus.stringFor(status)
                        + "; it may be newer than the driver; name the folder of an older one in "
                        + LibraryPlaces.VARIABLE);
            }
            int[] version = new int[1];
            JCurand.curandGetVersion(version);
            JCurand.curandDestroyGenerator(generator);
            found("cuRAND", Optional.of(dotted(version[0], 1000, 100)), library);
        });
    }

    private static String dotted(int version, int major, int minor) {
        return String.format(Locale.ROOT, "%d.%d.%d", version / major, version % major / minor, version % minor);
    }

    private void onDevice(Test test) throws Fault, Missing {
        CUdevice device = new CUdevice();
        CUcontext context = new CUcontext();
        check(JCudaDriver.cuDeviceGet(device, ordinal), "find cuda:" + ordinal);
        check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "open cuda:" + ordinal);
        try {
            check(JCudaDriver.cuCtxSetCurrent(context), "use cuda:" + ordinal);
            test.run();
        } finally {
            JCudaDriver.cuCtxSetCurrent(new CUcontext());
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
        }
    }

    /** A product, a kernel and a few values of noise, all with known answers. */
    private void compute() throws Fault {
        try (Backend backend = CudaBackend.open(CudaOptions.of(ordinal))) {
            Tensor a = tensor(backend, FACTOR, 2, 3);
            Tensor b = tensor(backend, FACTOR, 3, 2);
            Tensor c = tensor(backend, new float[4], 2, 2);
            backend.ops().matmul(c, a, false, b, false, false);
            compare(backend, c, new float[] {22, 28, 49, 64}, 0, "a matrix product by cuBLAS");

            Tensor bias = tensor(backend, new float[] {-30, -30}, 2);
            backend.ops().addBias(c, bias);
            backend.ops().activate(c, c, Activation.RELU);
            compare(backend, c, new float[] {0, 0, 19, 34}, 0, "a kernel");

            long key = 20;
            float[] expected = new float[5];
            Philox.fillNormal(expected, 0, expected.length, key, 0);
            Tensor noise = tensor(backend, new float[expected.length], expected.length);
            Tensor scalars = Scalars.allocate(backend);
            backend.reserveNoise(key, 0, expected.length);
            backend.ops().normal(noise, scalars, key);
            // cuRAND's fast sine and cosine differ from Java's in the last bits.
            compare(backend, noise, expected, 1e-5f, "noise");
        }
    }

    private static Tensor tensor(Backend backend, float[] values, int... extents) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, values.length), Shape.of(extents));
        backend.upload(tensor, values, 0);
        return tensor;
    }

    private void compare(Backend backend, Tensor tensor, float[] expected, float tolerance, String what) throws Fault {
        float[] found = new float[expected.length];
        backend.download(found, 0, tensor);
        for (int i = 0; i < found.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= tolerance)) {
                throw new Fault("cuda:" + ordinal + " computes wrongly: " + what + " gave " + Arrays.toString(found)
                        + " for " + Arrays.toString(expected) + "; do not use this device, and tell us with the output"
                        + " of devices --json");
            }
        }
    }

    private static void check(int status, String doing) throws Fault {
        if (status != CUresult.CUDA_SUCCESS) {
            throw new Fault("could not " + doing + ": " + CUresult.stringFor(status) + remedy(status));
        }
    }

    private static String remedy(int status) {
        return switch (status) {
            case CUresult.CUDA_ERROR_NO_DEVICE ->
                ": the driver finds no device" + visible()
                        + "; nvidia-smi says what it sees, and in a container --gpus all shows it the devices";
            case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH ->
                ": the driver's library and its kernel module are of" + " different versions; restart the machine";
            case CUresult.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE ->
                ": the forward compatibility package does not" + " serve this device; take it out of LD_LIBRARY_PATH";
            case CUresult.CUDA_ERROR_SYSTEM_NOT_READY ->
                ": the devices are not ready; start nvidia-fabricmanager where" + " the machine has NVSwitch";
            case CUresult.CUDA_ERROR_STUB_LIBRARY ->
                ": the library found is only for linking; take its folder out of" + " LD_LIBRARY_PATH";
            case CUresult.CUDA_ERROR_UNKNOWN ->
                "; the kernel module nvidia-uvm may not be loaded: nvidia-modprobe -u" + " loads it";
            case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE ->
                ": another process has the device for itself; use another" + " one, or wait";
            case CUresult.CUDA_ERROR_OUT_OF_MEMORY -> ": the device's memory is full; nvidia-smi says by whom";
            case CUresult.CUDA_ERROR_INVALID_PTX, CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION ->
                ": the driver does not" + " take the kernels' PTX; install driver R525 or newer";
            case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU -> ": the device is too old; compute capability 7.5 is needed";
            default -> "; nvidia-smi says what state the device is in";
        };
    }
}
