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
    private static final String PATH = "dev.ludovic.netlib.blas.nativeLibPath";

    private OpenBlas() {}

    /**
     * Loads the library. What netlib is told through the process is as it was when this returns.
     *
     * @throws UnsatisfiedLinkError naming the cause when this machine has no usable library
     */
    static synchronized NativeBLAS load() {
        Logger netlib = Logger.getLogger("dev.ludovic.netlib.blas.InstanceBuilder");
        Level level = netlib.getLevel();
        String path = System.getProperty(PATH);
        try {
            File binding = new File(Loader.load(openblas_nolapack.class));
            openblas_nolapack.blas_set_num_threads(1);
            File library = new File(binding.getParentFile(), System.mapLibraryName("openblas_nolapack"));
            File versioned = new File(binding.getParentFile(), library.getName() + ".0");
            System.setProperty(PATH, (versioned.exists() ? versioned : library).getPath());
            // It warns that the incubating vector API is not there, which nobody asked for.
            netlib.setLevel(Level.OFF);
            return NativeBLAS.getInstance();
        } catch (LinkageError | RuntimeException e) {
            UnsatisfiedLinkError error = new UnsatisfiedLinkError("OpenBLAS cannot be loaded: " + firstLine(e));
            error.initCause(e);
            throw error;
        } finally {
            netlib.setLevel(level);
            if (path == null) {
                System.clearProperty(PATH);
            } else {
                System.setProperty(PATH, path);
            }
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage() == null ? e : e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.toString());
    }
}
