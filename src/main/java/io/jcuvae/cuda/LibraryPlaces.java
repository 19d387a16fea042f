package io.jcuvae.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where CUDA's libraries may lie on this machine, in the order in which they are looked for. Only what the environment and
 * the file system say; nothing is loaded and no program is run.
 */
final class LibraryPlaces {
    /** The explicit setting as an environment variable: folders, separated as in PATH. */
    static final String VARIABLE = "JCUVAE_CUDA_LIBRARIES";
    /** The explicit setting as a system property; it goes before the variable. */
    static final String PROPERTY = "jcuvae.cuda.libraries";

    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final byte[] CACHE_MAGIC = "glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] PREFIX = "libcu".getBytes(StandardCharsets.US_ASCII);

    /**
     * A folder to look in.
     *
     * @param what who names it, as in {@code CUDA_HOME}
     * @param folder a folder that exists
     */
    record Place(String what, Path folder) {}

    private final Path root;
    private final Map<String, String> environment;
    private final Optional<String> property;

    /**
     * Places under a root other than the system's, for tests.
     *
     * @param root what stands for {@code /}
     * @param property the explicit setting as a system property
     */
    LibraryPlaces(Path root, Map<String, String> environment, Optional<String> property) {
        this.root = root;
        this.environment = environment;
        this.property = property;
    }

    /** The places of this machine, for this process. */
    static LibraryPlaces ofThisMachine() {
        return new LibraryPlaces(Path.of("/"), System.getenv(), Optional.ofNullable(System.getProperty(PROPERTY)));
    }

    /**
     * The folders that the user named.
     *
     * @throws Missing when one of them does not exist
     */
    List<Place> explicit() throws Missing {
        String setting = property.isPresent() ? "the property " + PROPERTY : VARIABLE;
        List<Place> places = new ArrayList<>();
        for (String folder : folders(property.orElse(environment.get(VARIABLE)))) {
            Path path = Path.of(folder);
            if (!Files.isDirectory(path)) {
                throw new Missing(
                        Missing.Part.DRIVER_LIBRARY,
                        setting + " names " + folder + ", which is no folder; correct it or unset it");
            }
            places.add(new Place(setting, path));
        }
        return places;
    }

    /** Where the driver's library may lie: it comes with the driver, never with a toolkit. */
    List<Place> driver() throws Missing {
        List<Place> places = new ArrayList<>(explicit());
        places.addAll(linker());
        add(places, "Windows' driver", under("/usr/lib/wsl/lib"));
        add(places, "the container's driver", under("/usr/local/nvidia/lib64"));
        // A toolkit's stubs are for linking programs and know no device.
        places.removeIf(place -> place.folder().endsWith("stubs"));
        return places;
    }

    /** Where cuBLAS and cuRAND may lie; later places are only looked up when earlier ones were not enough. */
    Stream<Place> toolkit() throws Missing {
        List<Place> explicit = explicit();
        List<Supplier<List<Place>>> groups =
                List.of(() -> explicit, this::homes, this::linker, this::installed, this::conda, this::python);
        return groups.stream().flatMap(group -> group.get().stream());
    }

    /** Settings that name folders which do not exist, one line each. */
    List<String> mistakes() {
        List<String> mistakes = new ArrayList<>();
        for (String name : List.of("CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX")) {
            String value = environment.get(name);
            if (value != null && !value.isBlank() && !Files.isDirectory(Path.of(value))) {
                mistakes.add(name + " names " + value + ", which is no folder");
            }
        }
        return mistakes;
    }

    private List<Place> homes() {
        List<Place> places = new ArrayList<>();
        for (String name : List.of("CUDA_HOME", "CUDA_PATH")) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                addToolkit(places, name, Path.of(value));
            }
        }
        return places;
    }

    /** LD_LIBRARY_PATH, the cache that ldconfig writes, and the folders the linker knows by itself. */
    private List<Place> linker() {
        List<Place> places = new ArrayList<>();
        for (String folder : folders(environment.get("LD_LIBRARY_PATH"))) {
            add(places, "LD_LIBRARY_PATH", Path.of(folder));
        }
        for (Path folder : linkerCache()) {
            add(places, "the linker's cache", folder);
        }
        for (String folder : List.of(
                "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib")) {
            add(places, "the linker's path", under(folder));
        }
        return places;
    }

    /** {@code /usr/local/cuda}, which the system's owner chose, then the versions beside it, newest first. */
    private List<Place> installed() {
        List<Place> places = new ArrayList<>();
        addToolkit(places, "/usr/local", under("/usr/local/cuda"));
        for (Path version : list(under("/usr/local"), "cuda-*")) {
            addToolkit(places, "/usr/local", version);
        }
        return places;
    }

    private List<Place> conda() {
        List<Place> places = new ArrayList<>();
        String prefix = environment.get("CONDA_PREFIX");
        if (prefix != null && !prefix.isBlank()) {
            addToolkit(places, "CONDA_PREFIX", Path.of(prefix));
            addPackages(places, Path.of(prefix));
        }
        return places;
    }

    /** The packages of every python3 that PATH leads to, of an active virtual environment, of the user and of the system. */
    private List<Place> python() {
        Set<Path> prefixes = new LinkedHashSet<>();
        String active = environment.get("VIRTUAL_ENV");
        if (active != null && !active.isBlank()) {
            prefixes.add(Path.of(active));
        }
        for (String folder : folders(environment.get("PATH"))) {
            Path program = Path.of(folder).resolve("python3");
            if (Files.isExecutable(program)) {
                // In a virtual environment the program is a link: its own folder has the packages, and so may the
                // target's.
                addPrefix(prefixes, program);
                try {
                    addPrefix(prefixes, program.toRealPath());
                } catch (IOException e) {
                    // It vanished meanwhile.
                }
            }
        }
        String home = environment.get("HOME");
        if (home != null && !home.isBlank()) {
            prefixes.add(Path.of(home, ".local"));
            // Under pyenv the python3 of PATH is a script that picks one of these.
            prefixes.addAll(list(Path.of(home, ".pyenv", "versions"), "*"));
        }
        prefixes.add(under("/usr/local"));
        prefixes.add(under("/usr"));
        List<Place> places = new ArrayList<>();
        for (Path prefix : prefixes) {
            addPackages(places, prefix);
        }
        return places;
    }

    private static void addPrefix(Set<Path> prefixes, Path program) {
        Path folder = program.toAbsolutePath().getParent();
        if (folder != null && folder.getParent() != null) {
            prefixes.add(folder.getParent());
        }
    }

    /** NVIDIA's Python packages: {@code nvidia/cublas/lib} for CUDA 12, {@code nvidia/cu13/lib} for 13. */
    private static void addPackages(List<Place> places, Path prefix) {
        List<Path> versions = new ArrayList<>(list(prefix.resolve("lib"), "python3*"));
        versions.addAll(list(prefix.resolve("lib64"), "python3*"));
        for (Path version : versions) {
            for (String packages : List.of("site-packages", "dist-packages")) {
                for (Path nvidia : list(version.resolve(packages).resolve("nvidia"), "*")) {
                    add(places, "Python's packages", nvidia.resolve("lib"));
                }
            }
        }
    }

    private static void addToolkit(List<Place> places, String what, Path home) {
        for (String folder : List.of("lib64", "lib", "targets/x86_64-linux/lib")) {
            add(places, what, home.resolve(folder));
        }
    }

    private static void add(List<Place> places, String what, Path folder) {
        if (Files.isDirectory(folder)) {
            places.add(new Place(what, folder));
        }
    }

    private Path under(String absolute) {
        return root.resolve(absolute.substring(1));
    }

    private static List<String> folders(String list) {
        if (list == null) {
            return List.of();
        }
        return Arrays.stream(list.split(File.pathSeparator))
                .filter(folder -> !folder.isBlank())
                .toList();
    }

    /** What a pattern finds in a folder, highest version first; nothing where the folder cannot be read. */
    private static List<Path> list(Path folder, String pattern) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
                entries.forEach(found::add);
            } catch (IOException | DirectoryIteratorException e) {
                return List.of();
            }
        }
        found.sort(Comparator.comparing(LibraryPlaces::versionKey).reversed());
        return found;
    }

    /** The name with its numbers widened, so that 12.10 comes after 12.9. */
    private static String versionKey(Path path) {
        return NUMBER.matcher(path.getFileName().toString())
                .replaceAll(number -> "0".repeat(Math.max(0, 9 - number.group().length())) + number.group());
    }

    /**
     * The folders in which ldconfig found CUDA libraries, in its order. Its cache: a header of 48 bytes with the number of
     * entries at 20, then entries of 24 bytes whose second word is the offset of the name and whose third is that of the
     * path; it may stand behind an older one.
     */
    private List<Path> linkerCache() {
        Path file = under("/etc/ld.so.cache");
        Set<Path> folders = new LinkedHashSet<>();
        try {
            byte[] content = Files.isReadable(file) ? Files.readAllBytes(file) : new byte[0];
            int start = cacheStart(content);
            if (start >= 0) {
                ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
                int count = bytes.getInt(start + 20);
                for (int i = 0; i < count; i++) {
                    int entry = start + 48 + 24 * i;
                    int name = start + bytes.getInt(entry + 4);
                    if (Arrays.equals(content, name, name + PREFIX.length, PREFIX, 0, PREFIX.length)) {
                        folders.add(under(text(content, start + bytes.getInt(entry + 8)))
                                .getParent());
                    }
                }
            }
        } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
            // A cache that cannot be read names nothing; the folders it stands for are looked at anyway.
        }
        return List.copyOf(folders);
    }

    private static int cacheStart(byte[] content) {
        // The older format: a magic of 12 bytes, a count, entries of 12 bytes; then the newer one, aligned to 8.
        int start = 0;
        if (content.length > 16 && new String(content, 0, 11, StandardCharsets.US_ASCII).equals("ld.so-1.7.0")) {
            int count = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
            start = (16 + 12 * count + 7) / 8 * 8;
        }
        boolean newer = start >= 0
                && content.length >= start + 48
                && Arrays.equals(content, start, start + CACHE_MAGIC.length, CACHE_MAGIC, 0, CACHE_MAGIC.length);
        return newer ? start : -1;
    }

    private static String text(byte[] content, int from) {
        int to = from;
        while (content[to] != 0) {
            to++;
        }
        return new String(content, from, to - from, StandardCharsets.UTF_8);
    }
}
