package io.jcuvae.cuda;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Finds and loads the CUDA libraries and JCuda's native halves. CUDA's are loaded by full path, each after those it needs:
 * a later library that needs them by name is then given them by the linker, so no LD_LIBRARY_PATH is needed. JCuda's come
 * out of its jars, through a {@link NativeCache}, changed where that makes them fit what is installed.
 */
final class NativeLibraries {
    /** CUDA 12.0 is the oldest that the kernels are made for. */
    static final int OLDEST_DRIVER = 12000;

    private static final String DRIVER = "libcuda.so.1";
    /** In the order in which one folder's are tried: what JCuda was built for needs no change. */
    private static final List<String> CUBLAS = List.of("libcublas.so.12", "libcublas.so.13");

    private static final String CURAND = "libcurand.so.10";
    /** JCuda's cuRAND part was last published for this version; it asks only for libcurand.so.10, which is in 11, 12 and 13. */
    private static final String JCURAND_VERSION = "11.8.0";

    /**
     * A CUDA library in use.
     *
     * @param name its name for the linker, as in {@code libcublas.so.12}
     * @param path the file
     * @param place who named its folder, as in {@code CUDA_HOME}
     * @param major the number its name ends in: for the driver and cuRAND that of their interface, not CUDA's
     */
    record Library(String name, Path path, String place, int major) {}

    /**
     * What was loaded.
     *
     * @param driverVersion the newest CUDA that the driver can run, 1000 major + 10 minor
     * @param notes what was not as expected and was worked around, one line each
     */
    record Loaded(Library driver, int driverVersion, Library cublas, Library curand, List<String> notes) {}

    // What a process has loaded stays loaded, so here a static may hold state.
    private static Library driver;
    private static int driverVersion;
    private static Library cublas;
    private static Library curand;
    private static final Set<Path> LOADED = new HashSet<>();
    private static final Set<Path> UNUSABLE_CACHES = new HashSet<>();
    private static final Set<String> BOUND = new HashSet<>();
    private static final Set<String> NOTES = new LinkedHashSet<>();

    private NativeLibraries() {}

    /**
     * Loads everything; a second call gives the first one's answer.
     *
     * @throws Missing naming the first thing that is not there
     */
    static synchronized Loaded load() throws Missing {
        driver();
        cublas();
        curand();
        return new Loaded(driver, driverVersion, cublas, curand, notes());
    }

    /** What was not as expected and was worked around, so far. */
    static synchronized List<String> notes() {
        return List.copyOf(NOTES);
    }

    /**
     * Loads the driver's library and JCuda's half of it. Where there is none it is quick: it looks for one file in a few
     * folders, and no class of JCuda's is loaded.
     *
     * @throws Missing also when the driver is too old
     */
    static synchronized Library driver() throws Missing {
        if (driver != null) {
            return driver;
        }
        requirePlatform();
        LibraryPlaces places = LibraryPlaces.ofThisMachine();
        Library found = first(places.driver(), List.of(DRIVER), Set.of(), places)
                .orElseThrow(() -> new Missing(
                        Missing.Part.DRIVER_LIBRARY,
                        "there is no NVIDIA driver: " + DRIVER + " was not found" + because(DRIVER)
                                + "; install the driver (R525 or newer), and in a container start it with --gpus all"));
        Binding.bind("JCudaDriver", Missing.Part.DRIVER_LIBRARY);
        int[] version = new int[1];
        int status = JCudaDriver.cuDriverGetVersion(version);
        if (status != CUresult.CUDA_SUCCESS) {
            throw new Missing(
                    Missing.Part.DRIVER_VERSION,
                    found.path() + " does not tell its version: " + CUresult.stringFor(status)
                            + "; install the NVIDIA driver again");
        }
        if (version[0] < OLDEST_DRIVER) {
            throw new Missing(
                    Missing.Part.DRIVER_VERSION,
                    "the NVIDIA driver is too old: it runs CUDA up to " + version(version[0]) + " and "
                            + version(OLDEST_DRIVER) + " is needed; install driver R525 or newer");
        }
        driverVersion = version[0];
        driver = found;
        return driver;
    }

    /** The newest CUDA that the loaded driver can run, 1000 major + 10 minor. */
    static synchronized int driverVersion() {
        return driverVersion;
    }

    /** Loads cuBLAS and JCuda's half of it, after {@link #driver()}. */
    static synchronized Library cublas() throws Missing {
        if (cublas != null) {
            return cublas;
        }
        Set<String> tooNew = new LinkedHashSet<>();
        for (String name : CUBLAS) {
            if (major(name) > driverVersion / 1000) {
                tooNew.add(name);
            }
        }
        Library found = toolkit(Missing.Part.CUBLAS, "cuBLAS", CUBLAS, tooNew, null);
        Binding.bindCublas(found);
        cublas = found;
        return cublas;
    }

    /** Loads cuRAND and JCuda's half of it, after {@link #cublas()}: from the same toolkit if possible. */
    static synchronized Library curand() throws Missing {
        if (curand != null) {
            return curand;
        }
        Library found = toolkit(Missing.Part.CURAND, "cuRAND", List.of(CURAND), Set.of(), cublas);
        Binding.bindCurand();
        curand = found;
        return curand;
    }

    /** Loads the PTX compiler that travels with JCuda; it needs neither a driver nor a device. */
    static synchronized void ptxCompiler() throws Missing {
        requirePlatform();
        Binding.bind("JNvPTXCompiler", Missing.Part.PLATFORM);
    }

    private static void requirePlatform() throws Missing {
        String system = System.getProperty("os.name", "");
        String processor = System.getProperty("os.arch", "");
        if (!system.equals("Linux") || !processor.equals("amd64")) {
            throw new Missing(
                    Missing.Part.PLATFORM,
                    "CUDA is used on Linux with a 64-bit Intel or AMD processor only, and this is " + system + " on "
                            + processor);
        }
    }

    /** The first usable one of some names, of the same toolkit as another library where that has it. */
    private static Library toolkit(
            Missing.Part part, String called, List<String> names, Set<String> tooNew, Library beside) throws Missing {
        LibraryPlaces places = LibraryPlaces.ofThisMachine();
        List<String> usable =
                names.stream().filter(name -> !tooNew.contains(name)).toList();
        List<LibraryPlaces.Place> order = new ArrayList<>();
        if (beside != null) {
            Path folder = beside.path().toAbsolutePath().getParent();
            order.add(new LibraryPlaces.Place(beside.place(), folder));
            // Python's packages for CUDA 12 keep each library in a folder of its own.
            Path sibling = folder.resolve("../../curand/lib").normalize();
            if (beside.place().startsWith("Python") && Files.isDirectory(sibling)) {
                order.add(new LibraryPlaces.Place(beside.place(), sibling));
            }
        }
        Iterator<LibraryPlaces.Place> all = places.toolkit().iterator();
        Optional<Library> found = first(order, usable, tooNew, places);
        while (found.isEmpty() && all.hasNext()) {
            found = first(List.of(all.next()), usable, tooNew, places);
        }
        return found.orElseThrow(() -> new Missing(
                part,
                called + " was not found: no " + String.join(" or ", usable) + " in a toolkit's, the linker's or"
                        + " Python's folders" + because(names.toArray(new String[0])) + mistakes(places)
                        + "; install the CUDA "
                        + (usable.size() == 1 && part == Missing.Part.CUBLAS ? "12" : "12 or 13") + " toolkit, or name"
                        + " the folder that holds it in " + LibraryPlaces.VARIABLE));
    }

    private static String mistakes(LibraryPlaces places) {
        List<String> mistakes = places.mistakes();
        return mistakes.isEmpty() ? "" : " (" + String.join("; ", mistakes) + ")";
    }

    /** What was found under these names and could not be used, for a message. */
    private static String because(String... names) {
        List<String> reasons = NOTES.stream()
                .filter(note -> {
                    for (String name : names) {
                        if (note.contains(name)) {
                            return true;
                        }
                    }
                    return false;
                })
                .toList();
        return reasons.isEmpty() ? "" : " (" + String.join("; ", reasons) + ")";
    }

    private static Optional<Library> first(
            List<LibraryPlaces.Place> order, List<String> names, Set<String> tooNew, LibraryPlaces places)
            throws Missing {
        for (LibraryPlaces.Place place : order) {
            for (String name : tooNew) {
                if (Files.isRegularFile(place.folder().resolve(name))) {
                    NOTES.add(place.folder().resolve(name) + " was passed over: the driver runs CUDA up to "
                            + version(driverVersion) + " only");
                }
            }
            for (String name : names) {
                Path file = place.folder().resolve(name);
                if (Files.isRegularFile(file) && loads(file, name, places)) {
                    return Optional.of(new Library(name, file, place.what(), major(name)));
                }
            }
        }
        return Optional.empty();
    }

    /** Loads a library after those it needs; one that cannot be loaded is noted and passed over. */
    private static boolean loads(Path file, String name, LibraryPlaces places) throws Missing {
        if (LOADED.contains(file)) {
            return true;
        }
        try {
            ElfFile elf = ElfFile.open(file);
            if (!elf.name().orElse("").equals(name)) {
                NOTES.add(
                        file + " was passed over: it calls itself " + elf.name().orElse("nothing"));
                return false;
            }
            for (String needed : elf.needed()) {
                // What else CUDA brings along lies beside it or in another of the folders; the rest is the system's.
                if (needed.startsWith("libcu") && !needed.equals(DRIVER) || needed.startsWith("libnv")) {
                    loadNeeded(needed, file, places);
                }
            }
            System.load(file.toAbsolutePath().toString());
            LOADED.add(file);
            return true;
        } catch (IOException e) {
            NOTES.add(file + " was passed over: " + reason(e));
        } catch (UnsatisfiedLinkError e) {
            NOTES.add(file + " was passed over: it cannot be loaded: " + reason(e));
        }
        return false;
    }

    private static void loadNeeded(String name, Path by, LibraryPlaces places) throws Missing {
        Path beside = by.resolveSibling(name);
        if (Files.isRegularFile(beside) && loads(beside, name, places)) {
            return;
        }
        Iterator<LibraryPlaces.Place> all = places.toolkit().iterator();
        while (all.hasNext()) {
            Path file = all.next().folder().resolve(name);
            if (Files.isRegularFile(file) && loads(file, name, places)) {
                return;
            }
        }
    }

    private static int major(String name) {
        return Integer.parseInt(name.substring(name.lastIndexOf('.') + 1));
    }

    /** A CUDA version as people write it: 12040 is 12.4. */
    static String version(int version) {
        return String.format(Locale.ROOT, "%d.%d", version / 1000, version % 1000 / 10);
    }

    private static String reason(Throwable thrown) {
        String message = String.valueOf(thrown.getMessage());
        return message.lines().findFirst().orElse(thrown.toString()).strip();
    }

    /**
     * JCuda's native halves. Its own loader looks in java.library.path, and else takes whatever lies in java.io.tmpdir under a
     * name that anybody can guess, or unpacks to there, which two processes can do at once. So that folder is named by this
     * class for as long as a library is loaded: one of ours, in which the right file lies already.
     */
    private static final class Binding {
        private Binding() {}

        static void bind(String library, Missing.Part part) throws Missing {
            String file = fileName(library);
            bind(library, part, resource(file, part));
        }

        /** JCuda's asks for cuBLAS 12; the calls that are made of it are the same in 13, so it may be given that. */
        static void bindCublas(Library found) throws Missing {
            String file = fileName("JCublas2");
            byte[] content = resource(file, Missing.Part.CUBLAS);
            if (!found.name().equals(CUBLAS.get(0))) {
                try {
                    content = ElfFile.renamed(content, file, CUBLAS.get(0), found.name());
                } catch (IOException e) {
                    throw new Missing(
                            Missing.Part.CUBLAS,
                            "JCuda cannot be fitted to " + found.path() + ": " + e.getMessage()
                                    + "; install the CUDA 12 toolkit beside it",
                            e);
                }
            }
            bind("JCublas2", Missing.Part.CUBLAS, content);
        }

        /** The last published one does, under the name that JCuda's loader asks for. */
        static void bindCurand() throws Missing {
            String published = fileName("JCurand").replace(JCudaVersion.get(), JCURAND_VERSION);
            bind("JCurand", Missing.Part.CURAND, resource(published, Missing.Part.CURAND));
        }

        private static void bind(String library, Missing.Part part, byte[] content) throws Missing {
            if (BOUND.contains(library)) {
                return;
            }
            String first = null;
            for (Path folder : NativeCache.folders(
                    System.getenv(), Optional.ofNullable(System.getProperty(NativeCache.PROPERTY)))) {
                if (UNUSABLE_CACHES.contains(folder)) {
                    continue;
                }
                try {
                    Path file = new NativeCache(folder.resolve("natives")).put(fileName(library), content);
                    loadFrom(file, library);
                    BOUND.add(library);
                    if (first != null) {
                        NOTES.add(first + "; " + folder + " is used instead (" + NativeCache.VARIABLE
                                + " chooses another)");
                    }
                    return;
                } catch (IOException | UnsatisfiedLinkError e) {
                    UNUSABLE_CACHES.add(folder);
                    if (first == null) {
                        first = "JCuda's " + library + " cannot be loaded from the cache folder " + folder + ": "
                                + cause(e);
                    }
                }
            }
            // The next call tries all folders again: what was wrong with them may have been put right.
            UNUSABLE_CACHES.clear();
            throw new Missing(
                    part,
                    (first == null ? "there is no folder for JCuda's " + library : first)
                            + "; name a folder on a file system that allows programs in " + NativeCache.VARIABLE);
        }

        private static void loadFrom(Path file, String library) throws IOException {
            rememberTemporaryFolder();
            String before = System.getProperty("java.io.tmpdir");
            System.setProperty("java.io.tmpdir", file.getParent().toString());
            try {
                // First without the class that needs it, which a failure would make unusable for good.
                LibUtils.loadLibrary(platformName(library));
                initialize(library);
            } finally {
                System.setProperty("java.io.tmpdir", before);
            }
        }

        private static void initialize(String library) {
            String type =
                    switch (library) {
                        case "JCudaDriver" -> "jcuda.driver.JCudaDriver";
                        case "JCublas2" -> "jcuda.jcublas.JCublas2";
                        case "JCurand" -> "jcuda.jcurand.JCurand";
                        default -> "jcuda.nvptxcompiler.JNvPTXCompiler";
                    };
            try {
                Class.forName(type, true, NativeLibraries.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException("JCuda's jars are not all there", e);
            }
        }

        /** The JDK's own temporary files go to the folder that its classes first saw; that must not be ours. */
        private static void rememberTemporaryFolder() {
            try {
                Files.delete(Files.createTempFile("jcuvae", ""));
                Files.delete(File.createTempFile("jcuvae", "").toPath());
            } catch (IOException e) {
                // No such folder: then nobody can use it anyway, and the classes have seen its name.
            }
        }

        private static byte[] resource(String file, Missing.Part part) throws Missing {
            try (InputStream in = LibUtils.class.getResourceAsStream("/lib/" + file)) {
                if (in == null) {
                    throw new Missing(
                            part, file + " is not on the class path; it comes in JCuda's jars for Linux on x86_64");
                }
                return in.readAllBytes();
            } catch (IOException e) {
                throw new Missing(part, file + " cannot be read from JCuda's jar: " + reason(e), e);
            }
        }

        private static String platformName(String library) {
            return LibUtils.createPlatformLibraryName(library + "-" + JCudaVersion.get());
        }

        private static String fileName(String library) {
            return LibUtils.createLibraryFileName(platformName(library));
        }

        /** The line that matters of what went wrong: JCuda's loader puts two stack traces into one message. */
        private static String cause(Throwable thrown) {
            String marker = "UnsatisfiedLinkError: ";
            String found = null;
            for (String line : String.valueOf(thrown.getMessage()).lines().toList()) {
                int at = line.indexOf(marker);
                if (at >= 0) {
                    found = line.substring(at + marker.length()).strip();
                }
            }
            if (found != null && found.contains("failed to map segment")) {
                return "its file system forbids programs (noexec)";
            }
            if (thrown instanceof AccessDeniedException) {
                return thrown.getMessage() + ": permission denied";
            }
            return found == null ? reason(thrown) : found;
        }
    }
}
