package io.jcuvae.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Libraries of a few lines that look like CUDA's to a linker, made by this machine's compiler. */
final class StandIns {
    static final String DRIVER = """
            int cuDriverGetVersion(int* v) { *v = VERSION; return 0; }
            int cuInit(unsigned flags) { return CUINIT; }
            int cuDeviceGetCount(int* n) { *n = 0; return 0; }
            """;
    static final String CUBLAS_LT = "int cublasLtStandIn(void) { return MAJOR; }\n";
    static final String CUBLAS = """
            int cublasLtStandIn(void);
            int cublasCreate_v2(void** h) { *h = (void*) 0x1234; return 0; }
            int cublasDestroy_v2(void* h) { return h == (void*) 0x1234 ? 0 : 7; }
            int cublasGetVersion_v2(void* h, int* v) { *v = 10000 * cublasLtStandIn() + 7; return 0; }
            """;
    static final String CURAND = "int curandGetVersion(int* v) { *v = 10307; return 0; }\n";

    private StandIns() {}

    /** The compiler, where there is one. */
    static Optional<String> compiler() {
        for (String name : List.of("gcc", "cc", "clang")) {
            for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return Optional.of(Path.of(folder, name).toString());
                }
            }
        }
        return Optional.empty();
    }

    /** The driver's library. */
    static Path driver(Path folder, int version) {
        return library(folder, "libcuda.so.1", DRIVER, List.of("-DVERSION=" + version, "-DCUINIT=100"));
    }

    /** cuBLAS and the library it needs, which may lie elsewhere. */
    static void cublas(Path folder, Path lightFolder, int major) {
        String light = "libcublasLt.so." + major;
        library(lightFolder, light, CUBLAS_LT, List.of("-DMAJOR=" + major));
        library(
                folder,
                "libcublas.so." + major,
                CUBLAS,
                List.of("-Wl,--no-as-needed", lightFolder.resolve(light).toString()));
    }

    static Path curand(Path folder) {
        return library(folder, "libcurand.so.10", CURAND, List.of());
    }

    /** A library whose symbols carry its own name as their version, as NVIDIA's do. */
    static Path library(Path folder, String name, String source, List<String> options) {
        try {
            Files.createDirectories(folder);
            Path text = Files.writeString(folder.resolve(name + ".c"), source);
            Path script = Files.writeString(folder.resolve(name + ".map"), name + " { global: *; };\n");
            List<String> command = new ArrayList<>(List.of(compiler().orElseThrow(), "-shared", "-fPIC", "-O1", "-o"));
            command.add(folder.resolve(name).toString());
            command.add(text.toString());
            command.addAll(List.of("-Wl,-soname," + name, "-Wl,--version-script=" + script));
            command.addAll(options);
            run(command);
            return folder.resolve(name);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(command + " failed: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** All files below a folder. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
