package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loads stand-ins for CUDA's libraries through JCuda's real natives, each time in a process of its own. */
class NativeLibrariesTest {
    @TempDir
    static Path built;

    @TempDir
    Path folder;

    /** A driver for CUDA 12.4, one for 13.0, and a toolkit of each. */
    @BeforeAll
    static void build() {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "JCuda's natives are published for Linux on x86_64");
        assumeTrue(StandIns.compiler().isPresent(), "there is no C compiler to build stand-ins with");
        StandIns.driver(built.resolve("driver12"), 12040);
        StandIns.driver(built.resolve("driver13"), 13000);
        StandIns.driver(built.resolve("driver11"), 11080);
        for (int major : new int[] {12, 13}) {
            Path toolkit = built.resolve("cuda" + major).resolve("lib64");
            StandIns.cublas(toolkit, toolkit, major);
            StandIns.curand(toolkit);
        }
    }

    private Map<String, String> environment(String... more) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("JCUVAE_CACHE", folder.resolve("cache").toString());
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private static Map<String, String> load(Map<String, String> environment, String... options) throws IOException {
        return LoadingProcess.answer(LoadingProcess.start(environment, options));
    }

    private static String driver(int major) {
        return built.resolve("driver" + major).toString();
    }

    private static Path toolkit(int major) {
        return built.resolve("cuda" + major);
    }

    @Test
    void cuda12BesideItsDriver() throws IOException {
        Map<String, String> answer = load(environment(
                "LD_LIBRARY_PATH", driver(12), "CUDA_HOME", toolkit(12).toString()));
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertEquals("10307", answer.get("curandVersion"));
        assertEquals("12040", answer.get("driverVersion"));
        assertEquals("12", answer.get("cublasMajor"));
        assertEquals("CUDA_HOME", answer.get("cublasPlace"));
        assertEquals("LD_LIBRARY_PATH", answer.get("driverPlace"));
        assertEquals(toolkit(12).resolve("lib64/libcurand.so.10").toString(), answer.get("curand"));
        assertEquals("true", answer.get("again"));
        assertEquals("true", answer.get("tmpdirKept"));
        assertFalse(answer.containsKey("note"), answer.get("output"));
    }

    @Test
    void cuda13Alone() throws IOException {
        Map<String, String> answer = load(environment(
                "LD_LIBRARY_PATH", driver(13), "CUDA_PATH", toolkit(13).toString()));
        assertEquals("0 130007", answer.get("cublasVersion"), answer.get("output"));
        assertEquals("13", answer.get("cublasMajor"));
        assertEquals("CUDA_PATH", answer.get("cublasPlace"));
        assertFalse(answer.get("output").contains("no version information"), answer.get("output"));
    }

    @Test
    void aDriverThatIsTooOldForTheFirstToolkitGetsTheSecond() throws IOException {
        Map<String, String> answer = load(environment(
                "LD_LIBRARY_PATH",
                driver(12),
                "CUDA_HOME",
                toolkit(13).toString(),
                "CUDA_PATH",
                toolkit(12).toString()));
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertTrue(answer.get("note").contains("libcublas.so.13 was passed over"), answer.get("note"));
        assertTrue(
                answer.get("curand").startsWith(toolkit(12).toString()), "cuRAND comes from the toolkit cuBLAS is of");
    }

    @Test
    void pythonsPackages() throws IOException {
        Path environment = folder.resolve("venv");
        Path nvidia = environment.resolve("lib/python3.12/site-packages/nvidia");
        StandIns.cublas(nvidia.resolve("cublas/lib"), nvidia.resolve("cublas/lib"), 12);
        StandIns.curand(nvidia.resolve("curand/lib"));
        Map<String, String> answer =
                load(environment("LD_LIBRARY_PATH", driver(12), "VIRTUAL_ENV", environment.toString()));
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertEquals("Python's packages", answer.get("curandPlace"));
        assertTrue(answer.get("curand").endsWith("nvidia/curand/lib/libcurand.so.10"), answer.get("curand"));
    }

    @Test
    void cublasAndTheLibraryItNeedsInDifferentFolders() throws IOException {
        Path own = folder.resolve("apart/lib");
        StandIns.cublas(own, folder.resolve("conda/lib"), 12);
        StandIns.curand(folder.resolve("conda/lib"));
        Map<String, String> answer = load(environment(
                "JCUVAE_CUDA_LIBRARIES",
                driver(12) + ":" + own,
                "CONDA_PREFIX",
                folder.resolve("conda").toString()));
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertEquals("JCUVAE_CUDA_LIBRARIES", answer.get("driverPlace"));
        assertEquals("CONDA_PREFIX", answer.get("curandPlace"));
    }

    @Test
    void theExplicitSettingGoesFirstAndAsAPropertyBeforeTheVariable() throws IOException {
        String everything = driver(13) + ":" + toolkit(13).resolve("lib64");
        Map<String, String> answer = load(
                environment(
                        "JCUVAE_CUDA_LIBRARIES",
                        driver(12) + ":" + toolkit(12).resolve("lib64"),
                        "LD_LIBRARY_PATH",
                        driver(12),
                        "CUDA_HOME",
                        toolkit(12).toString()),
                "-Djcuvae.cuda.libraries=" + everything);
        assertEquals("0 130007", answer.get("cublasVersion"), answer.get("output"));
        assertEquals("the property jcuvae.cuda.libraries", answer.get("cublasPlace"));
    }

    @Test
    void eachThingThatIsMissingIsNamed() throws IOException {
        Map<String, String> nothing = load(environment());
        assumeTrue(
                !nothing.containsKey("driver") && "DRIVER_LIBRARY".equals(nothing.get("part")),
                "a driver is installed");
        assertTrue(nothing.get("missing").contains("libcuda.so.1 was not found"), nothing.get("missing"));

        Map<String, String> old = load(environment("LD_LIBRARY_PATH", driver(11)));
        assertEquals("DRIVER_VERSION", old.get("part"));
        assertTrue(old.get("missing").contains("up to 11.8 and 12.0 is needed"), old.get("missing"));

        Map<String, String> noBlas = load(environment(
                "LD_LIBRARY_PATH",
                driver(12),
                "CUDA_HOME",
                folder.resolve("nope").toString()));
        assumeTrue("CUBLAS".equals(noBlas.get("part")), "cuBLAS is installed");
        assertTrue(noBlas.get("missing").contains("CUDA_HOME names"), noBlas.get("missing"));
        assertEquals(1, noBlas.get("missing").lines().count());

        Map<String, String> wrongBlas = load(environment(
                "LD_LIBRARY_PATH", driver(12), "CUDA_HOME", toolkit(13).toString()));
        assertEquals("CUBLAS", wrongBlas.get("part"));
        assertTrue(wrongBlas.get("missing").contains("no libcublas.so.12 in"), wrongBlas.get("missing"));
        assertTrue(wrongBlas.get("missing").contains("runs CUDA up to 12.4 only"), wrongBlas.get("missing"));
        assertTrue(wrongBlas.get("missing").contains("install the CUDA 12 toolkit"), wrongBlas.get("missing"));

        Path onlyBlas = folder.resolve("only/lib");
        StandIns.cublas(onlyBlas, onlyBlas, 12);
        Map<String, String> noRand = load(environment("JCUVAE_CUDA_LIBRARIES", driver(12) + ":" + onlyBlas));
        assertEquals("CURAND", noRand.get("part"));
        assertTrue(noRand.get("missing").contains("no libcurand.so.10"), noRand.get("missing"));
    }

    @Test
    void librariesThatCannotBeLoadedArePassedOver() throws IOException {
        Path bad = Files.createDirectories(folder.resolve("bad"));
        Files.writeString(bad.resolve("libcublas.so.12"), "not a library");
        byte[] half = Files.readAllBytes(toolkit(12).resolve("lib64/libcurand.so.10"));
        Files.write(bad.resolve("libcurand.so.10"), Arrays.copyOf(half, half.length / 2));
        Map<String, String> answer = load(environment(
                "JCUVAE_CUDA_LIBRARIES",
                bad.toString(),
                "LD_LIBRARY_PATH",
                driver(12),
                "CUDA_HOME",
                toolkit(12).toString()));
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertTrue(answer.get("note").contains("libcublas.so.12 was passed over"), answer.get("note"));
    }

    @Test
    void aSettingThatNamesNoFolderIsAMistake() throws IOException {
        Map<String, String> answer = load(environment("JCUVAE_CUDA_LIBRARIES", "/nowhere/at/all"));
        assertEquals(
                "JCUVAE_CUDA_LIBRARIES names /nowhere/at/all, which is no folder; correct it or unset it",
                answer.get("missing"));
    }

    @Test
    void aMachineWithoutADriverLoadsNoClassOfJcudas() throws IOException {
        Map<String, String> answer = load(environment("JCUVAE_CUDA_LIBRARIES", folder.toString()), "-verbose:class");
        assumeTrue("DRIVER_LIBRARY".equals(answer.get("part")), "a driver is installed");
        assertFalse(answer.get("output").contains(" jcuda."), "JCuda was loaded");
        assertFalse(Files.exists(folder.resolve("cache")), "nothing is unpacked");
    }

    @Test
    void otherSystemsGetOneReason() throws IOException {
        Map<String, String> answer = load(environment(), "-Dos.name=Mac OS X", "-Dos.arch=aarch64");
        assertEquals("PLATFORM", answer.get("part"));
        assertTrue(answer.get("missing").endsWith("this is Mac OS X on aarch64"), answer.get("missing"));
    }

    @Test
    void staleAndHalfWrittenFilesAreReplaced() throws IOException {
        Map<String, String> environment = environment(
                "LD_LIBRARY_PATH", driver(12), "CUDA_HOME", toolkit(12).toString());
        assertEquals("0 120007", load(environment).get("cublasVersion"));
        List<Path> files = StandIns.files(folder.resolve("cache"));
        assertEquals(3, files.size(), files.toString());
        byte[] driver = null;
        for (Path file : files) {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
            byte[] content = Files.readAllBytes(file);
            if (file.toString().contains("JCudaDriver")) {
                driver = content;
                Files.write(file, Arrays.copyOf(content, content.length / 3));
            } else {
                content[content.length / 2] ^= 1;
                Files.write(file, content);
            }
        }
        assertEquals("0 120007", load(environment).get("cublasVersion"));
        List<Path> after = StandIns.files(folder.resolve("cache"));
        assertEquals(files, after);
        for (Path file : after) {
            if (file.toString().contains("JCudaDriver")) {
                assertArrayEquals(driver, Files.readAllBytes(file));
            }
        }
    }

    @Test
    void whatLiesInTheTemporaryFolderIsNotUsed() throws IOException {
        Path temporary = Files.createDirectories(folder.resolve("tmp"));
        for (String name : List.of("JCudaDriver", "JCublas2", "JCurand")) {
            Files.writeString(temporary.resolve("lib" + name + "-12.6.0-linux-x86_64.so"), "a trap");
        }
        Map<String, String> answer = load(
                environment(
                        "LD_LIBRARY_PATH", driver(12), "CUDA_HOME", toolkit(12).toString()),
                "-Djava.io.tmpdir=" + temporary);
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertEquals("true", answer.get("tmpdirKept"));
    }

    @Test
    void aCacheThatCannotBeUsedIsReplacedByAnother() throws IOException {
        // A file where the folder should be: like a read-only file system, for root too.
        Files.writeString(folder.resolve("cache"), "in the way");
        Path temporary = Files.createDirectories(folder.resolve("tmp"));
        Map<String, String> answer = load(
                environment(
                        "LD_LIBRARY_PATH", driver(12), "CUDA_HOME", toolkit(12).toString()),
                "-Djava.io.tmpdir=" + temporary);
        assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
        assertTrue(answer.get("note").contains(temporary + "/jcuvae-"), answer.get("note"));
        assertTrue(answer.get("note").contains("is used instead (JCUVAE_CACHE chooses another)"), answer.get("note"));
        assertEquals(3, StandIns.files(temporary).size());
    }

    @Test
    void aCacheWhereProgramsAreForbiddenOrThatIsReadOnly() throws IOException {
        for (String option : List.of("noexec", "ro")) {
            Path cache = Files.createDirectories(folder.resolve("cache"));
            Path temporary = Files.createDirectories(folder.resolve("tmp-" + option));
            Process process = LoadingProcess.startUnder(
                    List.of(
                            "unshare",
                            "-rm",
                            "sh",
                            "-c",
                            "mount -t tmpfs -o " + option + " tmpfs " + cache + " || exit 77; exec \"$@\"",
                            "sh"),
                    environment(
                            "LD_LIBRARY_PATH",
                            driver(12),
                            "CUDA_HOME",
                            toolkit(12).toString(),
                            "PATH",
                            System.getenv("PATH")),
                    "-Djava.io.tmpdir=" + temporary);
            Map<String, String> answer = LoadingProcess.answerOrNothing(process);
            assumeTrue(!answer.isEmpty(), "this system lets nobody mount a folder of his own");
            assertEquals("0 120007", answer.get("cublasVersion"), answer.get("output"));
            assertTrue(
                    answer.get("note").contains("cannot be loaded from the cache folder " + cache), answer.get("note"));
            assertTrue(
                    answer.get("note").contains(option.equals("ro") ? "Read-only file system" : "forbids programs"),
                    answer.get("note"));
            assertTrue(answer.get("note").contains(temporary + "/jcuvae-"), answer.get("note"));
        }
    }

    @Test
    void twoProcessesAtOnce() throws IOException {
        Map<String, String> environment = environment(
                "LD_LIBRARY_PATH", driver(13), "CUDA_HOME", toolkit(13).toString());
        for (int round = 0; round < 2; round++) {
            List<Process> processes = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                processes.add(LoadingProcess.start(environment));
            }
            for (Process process : processes) {
                Map<String, String> answer = LoadingProcess.answer(process);
                assertEquals("0 130007", answer.get("cublasVersion"), answer.get("output"));
                assertFalse(answer.containsKey("note"), answer.get("output"));
            }
            List<Path> files = StandIns.files(folder.resolve("cache"));
            assertEquals(3, files.size(), files.toString());
            Path damaged = files.get(0);
            Files.write(damaged, new byte[10]);
        }
    }
}
