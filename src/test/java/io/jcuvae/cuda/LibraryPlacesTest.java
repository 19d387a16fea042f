package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of looking, on a made-up machine. */
class LibraryPlacesTest {
    @TempDir
    Path root;

    private final Map<String, String> environment = new TreeMap<>();

    private Path make(String folder) throws IOException {
        return Files.createDirectories(root.resolve(folder));
    }

    private List<String> toolkit() throws Missing {
        return new LibraryPlaces(root, environment, Optional.empty())
                .toolkit()
                .map(place -> place.what() + " " + root.relativize(place.folder()))
                .toList();
    }

    @Test
    void everythingInItsOrder() throws Exception {
        environment.put("JCUVAE_CUDA_LIBRARIES", make("mine/a") + ":" + make("mine/b"));
        environment.put("CUDA_HOME", make("home/lib64").getParent().toString());
        environment.put("CUDA_PATH", make("path/lib").getParent().toString());
        environment.put("LD_LIBRARY_PATH", make("ld") + "::" + root.resolve("nowhere"));
        make("usr/lib/x86_64-linux-gnu");
        make("usr/local/cuda/lib64");
        make("usr/local/cuda-12.9/lib64");
        make("usr/local/cuda-12.10/targets/x86_64-linux/lib");
        environment.put("CONDA_PREFIX", make("conda/lib").getParent().toString());
        make("venv/lib/python3.12/site-packages/nvidia/cublas/lib");
        make("venv/lib/python3.12/site-packages/nvidia/curand/lib");
        Files.createFile(make("venv/bin").resolve("python3")).toFile().setExecutable(true);
        environment.put("PATH", root.resolve("venv/bin").toString());
        make("usr/lib/python3/dist-packages/nvidia/cu13/lib");
        assertEquals(
                List.of(
                        "JCUVAE_CUDA_LIBRARIES mine/a",
                        "JCUVAE_CUDA_LIBRARIES mine/b",
                        "CUDA_HOME home/lib64",
                        "CUDA_PATH path/lib",
                        "LD_LIBRARY_PATH ld",
                        "the linker's path usr/lib/x86_64-linux-gnu",
                        "the linker's path usr/lib",
                        "/usr/local usr/local/cuda/lib64",
                        "/usr/local usr/local/cuda-12.10/targets/x86_64-linux/lib",
                        "/usr/local usr/local/cuda-12.9/lib64",
                        "CONDA_PREFIX conda/lib",
                        "Python's packages venv/lib/python3.12/site-packages/nvidia/curand/lib",
                        "Python's packages venv/lib/python3.12/site-packages/nvidia/cublas/lib",
                        "Python's packages usr/lib/python3/dist-packages/nvidia/cu13/lib"),
                toolkit());
    }

    @Test
    void theDriverIsLookedForWhereDriversLie() throws Exception {
        environment.put("CUDA_HOME", make("home/lib64").getParent().toString());
        environment.put("LD_LIBRARY_PATH", make("home/lib64/stubs") + ":" + make("ld"));
        make("usr/lib/wsl/lib");
        make("usr/local/nvidia/lib64");
        List<String> driver = new LibraryPlaces(
                        root, environment, Optional.of(make("mine").toString()))
                .driver().stream()
                        .map(place -> root.relativize(place.folder()).toString())
                        .toList();
        assertEquals(List.of("mine", "ld", "usr/lib", "usr/lib/wsl/lib", "usr/local/nvidia/lib64"), driver);
    }

    @Test
    void theLinkersCache() throws Exception {
        make("opt/nvidia/lib");
        make("lib64");
        Files.write(make("etc").resolve("ld.so.cache"), cache("/opt/nvidia/lib/libcublas.so.12", "/lib64/libm.so.6"));
        assertEquals(List.of("the linker's cache opt/nvidia/lib", "the linker's path lib64"), toolkit());
        // The older format before it, with one entry.
        byte[] newer = cache("/opt/nvidia/lib/libcuda.so.1");
        ByteBuffer both = ByteBuffer.allocate(32 + newer.length).order(ByteOrder.LITTLE_ENDIAN);
        both.put("ld.so-1.7.0\0".getBytes(StandardCharsets.US_ASCII)).putInt(12, 1);
        both.position(32);
        both.put(newer);
        Files.write(root.resolve("etc/ld.so.cache"), both.array());
        assertEquals("the linker's cache opt/nvidia/lib", toolkit().get(0));
        for (int length = 0; length < newer.length; length += 5) {
            Files.write(root.resolve("etc/ld.so.cache"), java.util.Arrays.copyOf(newer, length));
            assertTrue(toolkit().contains("the linker's path lib64"));
        }
    }

    private static byte[] cache(String... paths) {
        int strings = 48 + 24 * paths.length;
        ByteBuffer bytes = ByteBuffer.allocate(strings + 200).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII)).putInt(paths.length);
        int at = strings;
        for (int i = 0; i < paths.length; i++) {
            bytes.putInt(48 + 24 * i, 0x303);
            bytes.putInt(48 + 24 * i + 4, at + paths[i].lastIndexOf('/') + 1);
            bytes.putInt(48 + 24 * i + 8, at);
            bytes.position(at);
            bytes.put(paths[i].getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
            at = bytes.position();
        }
        return bytes.array();
    }

    @Test
    void mistakes() throws Exception {
        environment.put("CUDA_HOME", "/no/cuda/here");
        environment.put("CONDA_PREFIX", " ");
        assertEquals(
                List.of("CUDA_HOME names /no/cuda/here, which is no folder"),
                new LibraryPlaces(root, environment, Optional.empty()).mistakes());
        environment.put("JCUVAE_CUDA_LIBRARIES", make("mine") + ":/nor/here");
        Missing missing = assertThrows(Missing.class, this::toolkit);
        assertEquals(
                "JCUVAE_CUDA_LIBRARIES names /nor/here, which is no folder; correct it or unset it",
                missing.getMessage());
        LibraryPlaces places = new LibraryPlaces(root, environment, Optional.of("/nor/there"));
        assertTrue(assertThrows(Missing.class, places::driver)
                .getMessage()
                .startsWith("the property jcuvae.cuda.libraries names /nor/there"));
    }
}
