package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cuda.KernelSignature.Parameter;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Scalars;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A launch passes addresses of arguments; nobody but these tests would notice one too few, or a float for an int. */
class KernelSignaturesTest {
    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)\\s*\\(([^)]*)\\)");
    private static final Pattern PARAMETER = Pattern.compile("\\.param\\s+\\.(\\w+)");
    private static final Pattern KERNEL = Pattern.compile(
            "extern \"C\" __global__ void (?:__launch_bounds__\\([^)]*\\) )?(\\w+)\\(([^)]*)\\)", Pattern.DOTALL);

    @Test
    void everySourceHasALauncher() throws IOException {
        try (Stream<Path> files = Files.list(KernelFamilies.SOURCES)) {
            List<String> sources = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .map(name -> name.substring(0, name.length() - 3))
                    .sorted()
                    .toList();
            assertEquals(sources, List.copyOf(KernelFamilies.all().keySet()));
        }
    }

    @Test
    void compiledKernelsTakeWhatLaunchersDeclare() {
        KernelFamilies.all().forEach((family, signatures) -> {
            Map<String, String> declared = new TreeMap<>();
            signatures.forEach(signature -> declared.put(
                    signature.name(),
                    signature.parameters().stream().map(Parameter::ptx).collect(Collectors.joining(" "))));
            Map<String, String> compiled = new TreeMap<>();
            Matcher entry = ENTRY.matcher(KernelFamilies.ptx(family));
            while (entry.find()) {
                compiled.put(
                        entry.group(1),
                        PARAMETER
                                .matcher(entry.group(2))
                                .results()
                                .map(result -> result.group(1))
                                .collect(Collectors.joining(" ")));
            }
            assertEquals(declared, compiled, family);
        });
    }

    /** PTX has one type for addresses and long integers; the sources have two. */
    @Test
    void sourcesTakeWhatLaunchersDeclare() throws IOException {
        for (Map.Entry<String, List<KernelSignature>> family :
                KernelFamilies.all().entrySet()) {
            Map<String, List<Parameter>> declared = new TreeMap<>();
            family.getValue().forEach(signature -> declared.put(signature.name(), signature.parameters()));
            Map<String, List<Parameter>> written = new TreeMap<>();
            Matcher kernel = KERNEL.matcher(Files.readString(KernelFamilies.SOURCES.resolve(family.getKey() + ".cu")));
            while (kernel.find()) {
                written.put(
                        kernel.group(1),
                        Arrays.stream(kernel.group(2).split(","))
                                .map(KernelSignaturesTest::type)
                                .toList());
            }
            assertEquals(declared, written, family.getKey());
            assertTrue(written.keySet().stream().allMatch(name -> name.startsWith(family.getKey() + "_")));
        }
    }

    private static Parameter type(String declaration) {
        if (declaration.contains("*")) {
            return Parameter.POINTER;
        }
        String type = declaration.strip().replaceFirst("\\s+\\w+$", "");
        return switch (type) {
            case "int" -> Parameter.INT;
            case "long long" -> Parameter.LONG;
            case "float" -> Parameter.FLOAT;
            case "double" -> Parameter.DOUBLE;
            default -> throw new AssertionError("kernels take no " + type);
        };
    }

    /** Kernels and Java number these alike. */
    @Test
    void enumsAgree() throws IOException {
        assertEquals(names(Scalars.values()), enumIn("common.cuh", "Slot"));
        assertEquals(names(Activation.values()), enumIn("activation.cu", "Activation"));
        // Said in words at step_gather_bytes.
        assertEquals("NONE, STATIC, DYNAMIC", names(Binarization.values()));
    }

    private static String names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).collect(Collectors.joining(", "));
    }

    private static String enumIn(String file, String name) throws IOException {
        Matcher found = Pattern.compile("enum " + name + " \\{([^}]*)\\}")
                .matcher(Files.readString(KernelFamilies.SOURCES.resolve(file)));
        assertTrue(found.find(), file);
        return found.group(1).strip().replaceAll("\\s+", " ");
    }
}
