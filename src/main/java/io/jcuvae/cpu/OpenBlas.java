package io.jcuvae.cpu;

import dev.ludovic.netlib.blas.NativeBLAS;
import java.io.File;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * OpenBLAS out of its jar, called on heap arrays without copying. The library is unpacked by JavaCPP, told to use one thread
 * (the backend's own threads share out the work), and handed to netlib's JNI binding by path.
 */
final class OpenBlas {
    // Held so that the level set below is not lost with the logger.
    private static final Logger NETLIB = Logger.getLogger("dev.ludovic.netlib.blas.InstanceBuilder");

    private OpenBlas() {}

    /**
     * Loads the library.
     *
     * @throws UnsatisfiedLinkError naming the cause when this machine has no usable library
     */
    static NativeBLAS load() {
        try {
            File binding = new File(Loader.load(openblas_nolapack.class));
            openblas_nolapack.blas_set_num_threads(1);
            File library = new File(binding.getParentFile(), System.mapLibraryName("openblas_nolapack"));
            File versioned = new File(binding.getParentFile(), library.getName() + ".0");
            System.setProperty(
                    "dev.ludovic.netlib.blas.nativeLibPath", (versioned.exists() ? versioned : library).getPath());
            // It warns that the incubating vector API is not there, which nobody asked for.
            NETLIB.setLevel(Level.OFF);
            return NativeBLAS.getInstance();
        } catch (LinkageError | RuntimeException e) {
            UnsatisfiedLinkError error = new UnsatisfiedLinkError("OpenBLAS cannot be loaded: " + firstLine(e));
            error.initCause(e);
            throw error;
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage() == null ? e : e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.toString());
    }
}
