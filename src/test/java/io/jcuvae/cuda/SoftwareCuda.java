package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The CUDA device in software, see {@code src/test/cuda-sim}: builds it with this machine's C++ compiler, loads it into this
 * process, injects faults and reads its complaints. Tests that use it are marked {@link OnSoftwareCuda}.
 */
public final class SoftwareCuda {
    /** Set to 1 where tests must fail, and not be skipped, when the device cannot be built. */
    static final String REQUIRED = "JCUVAE_REQUIRE_CUDA_SIM";

    private static final Path SOURCES = Path.of("src", "test", "cuda-sim");
    private static final Path KERNELS = Path.of("kernels");
    private static final Path BUILT = Path.of("target", "cuda-sim");

    // What a process has loaded stays loaded, so here a static may hold state.
    private static Path folder;
    private static boolean loaded;

    private SoftwareCuda() {}

    /**
     * The folder that holds the three libraries, built if something changed since; below it, cuda13 holds cuBLAS under the
     * name it has in CUDA 13. A test without a compiler ends here, as skipped.
     */
    public static synchronized Path folder() {
        if (folder == null) {
            Optional<String> obstacle = obstacle();
            if (obstacle.isPresent() && required()) {
                fail(obstacle.get() + ", and " + REQUIRED + "=1 asks for it");
            }
            obstacle.ifPresent(Assumptions::abort);
            try {
                folder = build(compiler().orElseThrow());
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException("the software CUDA device cannot be built", e);
            }
        }
        return folder;
    }

    /** Why the device cannot be built on this machine. */
    static Optional<String> obstacle() {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!system.equals("Linux amd64")) {
            return Optional.of("JCuda is made for Linux on 64-bit Intel and AMD processors only, this is " + system);
        }
        return compiler().isPresent()
                ? Optional.empty()
                : Optional.of("there is no C++ compiler (c++, g++ or clang++) to build the software CUDA device with");
    }

    /** Whether tests must fail where the device cannot be built. */
    static boolean required() {
        return "1".equals(System.getenv(REQUIRED));
    }

    /** The environment of a child process that is to use the device, with faults as for {@link #fault}. */
    public static Map<String, String> environment(String faults) {
        return Map.of("JCUVAE_CUDA_LIBRARIES", folder().toAbsolutePath().toString(), "JCUVAE_SIM_FAULT", faults);
    }

    /** Loads the device into this process, for good. */
    static synchronized void load() {
        if (!loaded) {
            Path absolute = folder().toAbsolutePath();
            System.setProperty("jcuvae.cuda.libraries", absolute.toString());
            System.load(absolute.resolve("libcuda.so.1").toString());
            loaded = true;
        }
    }

    /** No faults, the switches as at the beginning, no complaints. */
    public static void reset() {
        clear();
    }

    /**
     * Arms faults or sets switches, several separated by commas. Faults that count: {@code alloc:n}, {@code host-alloc:n},
     * {@code launch:n} (a launch of a kernel or graph is refused), {@code kernel:n} (one dies while it runs), {@code copy:n},
     * {@code cublas:n}, {@code curand:n}, {@code vanish:n} (the device is gone from the n-th thing asked of it on). Others:
     * {@code no-device}, {@code old-driver}, {@code memory:64M}, {@code devices:2}, {@code capability:70}. Switches: {@code
     * late} lets streams run only when somebody waits for them, {@code checked} looks at every access of every kernel.
     */
    public static void fault(String text) {
        if (!inject(text)) {
            throw new IllegalArgumentException("no such fault: " + text);
        }
    }

    /** What hardware would have forgiven, since the last reset. */
    public static List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        // Where it could not be built there is nothing to say either.
        for (String text = loaded ? complaint(0) : null; text != null; text = complaint(complaints.size())) {
            complaints.add(text);
        }
        return complaints;
    }

    /** Allocations that are not freed, of device memory and of pinned host memory. */
    public static int liveAllocations() {
        return loaded ? allocations() : 0;
    }

    private static native boolean inject(String text);

    private static native void clear();

    private static native String complaint(int index);

    private static native int allocations();

    // ---- building

    private static Optional<Path> compiler() {
        for (String name : List.of("c++", "g++", "clang++")) {
            for (String place : System.getenv().getOrDefault("PATH", "").split(":")) {
                if (Files.isExecutable(Path.of(place, name))) {
                    return Optional.of(Path.of(place, name));
                }
            }
        }
        return Optional.empty();
    }

    /** One folder per state of the sources: made aside and renamed, by one process at a time. */
    private static Path build(Path compiler) throws IOException, InterruptedException {
        Path wanted = BUILT.resolve(fingerprint(compiler));
        Files.createDirectories(BUILT);
        try (FileChannel channel =
                        FileChannel.open(BUILT.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!Files.isDirectory(wanted)) {
                Path aside = Files.createTempDirectory(BUILT.toAbsolutePath(), "building");
                Process process = new ProcessBuilder(
                                "bash", SOURCES.resolve("build").toString(), aside.toString(), compiler.toString())
                        .redirectErrorStream(true)
                        .start();
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (process.waitFor() != 0) {
                    throw new IOException("building the software CUDA device failed:\n" + output);
                }
                Files.move(aside, wanted);
            }
            lock.release();
        }
        return wanted;
    }

    /** Of everything that goes into the libraries, the processor among it, as they are made for this one. */
    private static String fingerprint(Path compiler) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(compiler.toString().getBytes(StandardCharsets.UTF_8));
            try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
                lines.filter(line -> line.startsWith("flags"))
                        .findFirst()
                        .ifPresent(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
            }
            for (Path root : List.of(SOURCES, KERNELS)) {
                try (Stream<Path> files = Files.walk(root)) {
                    for (Path file : files.filter(Files::isRegularFile)
                            .filter(path -> !path.toString().endsWith(".md"))
                            .sorted(Comparator.comparing(Path::toString))
                            .toList()) {
                        digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
                        digest.update(Files.readAllBytes(file));
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
