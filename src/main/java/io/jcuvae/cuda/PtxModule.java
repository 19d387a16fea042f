package io.jcuvae.cuda;

import io.jcuvae.tensor.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** The kernels of one source file on a device. The driver compiles them when they are loaded, and keeps the result. */
final class PtxModule implements AutoCloseable {
    /**
     * A kernel that can be launched.
     *
     * @param signature what it takes
     * @param function the driver's handle
     */
    record Kernel(KernelSignature signature, CUfunction function) {}

    private final CudaContext context;
    private final String family;
    private final CUmodule module = new CUmodule();

    /**
     * Loads kernels.
     *
     * @param family the source's name without its ending, as in {@code activation}
     * @throws Failure when the driver refuses them, with the remedy
     */
    PtxModule(CudaContext context, String family) {
        this.context = context;
        this.family = family;
        int status = JCudaDriver.cuModuleLoadData(module, text(family));
        switch (status) {
            case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION ->
                throw refused("the driver is too old for them; install one of CUDA 12.0 or newer (525.60 or newer)");
            case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU, CUresult.CUDA_ERROR_INVALID_PTX ->
                throw refused(
                        "this device is too old for them; one of compute capability 7.5 (2018) or newer is needed");
            default -> context.check(status, () -> "load the kernels of " + family);
        }
    }

    private Failure refused(String why) {
        return new Failure("cuda:" + context.ordinal() + ": could not load the kernels of " + family + ": " + why);
    }

    /** The text of a family's PTX, ending in the zero that the driver asks for. */
    static byte[] text(String family) {
        try (InputStream in = PtxModule.class.getResourceAsStream("/ptx/" + family + ".ptx")) {
            if (in == null) {
                throw new Failure("the kernels of " + family + " are missing in this build; run scripts/build-kernels");
            }
            byte[] text = in.readAllBytes();
            return Arrays.copyOf(text, text.length + 1);
        } catch (IOException e) {
            throw new Failure("could not read the kernels of " + family, e);
        }
    }

    /** One of the kernels. */
    Kernel kernel(KernelSignature signature) {
        CUfunction function = new CUfunction();
        context.check(
                JCudaDriver.cuModuleGetFunction(function, module, signature.name()),
                () -> "find the kernel " + signature.name());
        return new Kernel(signature, function);
    }

    @Override
    public void close() {
        JCudaDriver.cuModuleUnload(module);
    }
}
