package io.jcuvae.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a host may count on: no state of the process, no output, no logging but the platform's, a small interface. */
class MannersTest {
    private static final Path MAIN = Path.of("src", "main", "java");
    private static final Set<Class<?>> OTHERS =
            Set.of(io.jcuvae.train.Setting.class, io.jcuvae.tensor.UserError.class, io.jcuvae.tensor.Failure.class);

    private static final Pattern NOT_CODE = Pattern.compile(
            "//[^\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])+'", Pattern.DOTALL);
    private static final Pattern STATE = Pattern.compile(
            "(?m)^[ ]*(?:(?:private|public|protected|volatile|transient) )*"
                    + "static (?!final |class |record |enum |interface |sealed |abstract |synchronized |<)[^(;{=]*[;=]");
    private static final Pattern CHANGING = Pattern.compile("(?m)^.*static final (?!class )[^(;{=]*=\\s*new "
            + "(?:(?:\\w*Hash|Tree|Enum|Array|Linked|CopyOnWriteArray|Priority|Concurrent\\w+)(?:Map|List|Set|Deque|Queue)"
            + "|Atomic\\w+|StringBuilder|ThreadLocal|Random)\\b");
    private static final Pattern OUTPUT = Pattern.compile(
            "System\\s*\\.\\s*(?:out|err|exit|setOut|setErr|setProperty|setSecurityManager)\\b|printStackTrace"
                    + "|Runtime\\s*\\.\\s*getRuntime\\(\\)\\s*\\.\\s*(?:exit|halt|addShutdownHook)|Locale\\s*\\.\\s*setDefault");
    private static final Pattern LOGGING =
            Pattern.compile("java\\.util\\.logging|org\\.apache\\.(?:log4j|commons\\.logging)|org\\.slf4j|ch\\.qos");

    /** Of the library's sources, where a pattern stands. */
    private static List<String> found(Pattern pattern, String... allowed) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
                String name =
                        MAIN.resolve("io/jcuvae").relativize(file).toString().replace('\\', '/');
                // The commands and what only they reach are a program of their own.
                if (name.matches("(?:cli|bench|cluster)/.*") || List.of(allowed).contains(name)) {
                    continue;
                }
                String code = NOT_CODE.matcher(Files.readString(file))
                        .replaceAll(match -> match.group().replaceAll("[^\n]", " "));
                Matcher matcher = pattern.matcher(code);
                while (matcher.find()) {
                    found.add(name + ": " + matcher.group().strip());
                }
            }
        }
        return found;
    }

    @Test
    void noStaticChanges() throws IOException {
        // What a process has loaded stays loaded: the one place where a static holds state.
        assertEquals(List.of(), found(STATE, "cuda/NativeLibraries.java"));
        assertEquals(List.of(), found(CHANGING, "cuda/NativeLibraries.java"));
        assertTrue(found(STATE).size() > 2, "the scan sees those that are allowed");
        assertTrue(found(CHANGING).size() > 2, "the scan sees those that are allowed");
    }

    @Test
    void nothingIsPrintedAndNothingEndsTheProcess() throws IOException {
        // Both tell a native library where to look while it is loaded, and put back what was there.
        assertEquals(List.of(), found(OUTPUT, "cuda/NativeLibraries.java", "cpu/OpenBlas.java"));
        assertTrue(found(OUTPUT).size() >= 3, "the scan sees those that are allowed");
    }

    @Test
    void noLoggingFrameworkIsNamed() throws IOException {
        // It silences what another library says through java.util.logging while it is loaded.
        assertEquals(List.of(), found(LOGGING, "cpu/OpenBlas.java"));
        assertTrue(!found(LOGGING).isEmpty(), "the scan sees the one that is allowed");
    }

    @Test
    void openingTheCpuLeavesTheProcessAsItWas() {
        String property = "dev.ludovic.netlib.blas.nativeLibPath";
        String before = System.getProperty(property);
        java.util.logging.Logger logger = java.util.logging.Logger.getLogger("dev.ludovic.netlib.blas.InstanceBuilder");
        java.util.logging.Level level = logger.getLevel();
        Device.cpu(1).open().close();
        assertEquals(before, System.getProperty(property));
        assertEquals(level, logger.getLevel());
    }

    @Test
    void signaturesNameTheJdkAndTheSupportedTypesAlone() throws Exception {
        Set<String> broken = new TreeSet<>();
        Set<String> types = new TreeSet<>();
        try (Stream<Path> files = Files.list(MAIN.resolve("io/jcuvae/api"))) {
            for (Path file : files.filter(f -> !f.endsWith("package-info.java")).toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                look(Class.forName("io.jcuvae.api." + name), types, broken);
            }
        }
        assertEquals(Set.of(), broken);
        // A small interface stays small: a type more is a decision, and is made here.
        assertEquals(
                Set.of(
                        "Device",
                        "RowStream",
                        "Rows",
                        "Samples",
                        "Sampling",
                        "TrainedModel",
                        "Training",
                        "TrainingListener",
                        "TrainingResult"),
                types);
    }

    private static void look(Class<?> type, Set<String> types, Set<String> broken) {
        if (!Modifier.isPublic(type.getModifiers())) {
            return;
        }
        if (type.getEnclosingClass() == null) {
            types.add(type.getSimpleName());
        }
        for (Class<?> inner : type.getDeclaredClasses()) {
            look(inner, types, broken);
        }
        for (Constructor<?> made : type.getConstructors()) {
            check(type + " constructor", made.getGenericParameterTypes(), broken);
        }
        for (Method method : type.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())) {
                check(method.toString(), method.getGenericParameterTypes(), broken);
                check(method.toString(), new Type[] {method.getGenericReturnType()}, broken);
            }
        }
        for (Field field : type.getFields()) {
            broken.add("a public field: " + field);
        }
    }

    private static void check(String where, Type[] named, Set<String> broken) {
        for (Type type : named) {
            if (type instanceof ParameterizedType generic) {
                check(where, generic.getActualTypeArguments(), broken);
                check(where, new Type[] {generic.getRawType()}, broken);
            } else if (type instanceof GenericArrayType array) {
                check(where, new Type[] {array.getGenericComponentType()}, broken);
            } else if (type instanceof WildcardType wild) {
                check(where, wild.getUpperBounds(), broken);
                check(where, wild.getLowerBounds(), broken);
            } else if (type instanceof Class<?> plain) {
                Class<?> single = plain;
                while (single.isArray()) {
                    single = single.getComponentType();
                }
                boolean known = single.isPrimitive()
                        || single.getName().startsWith("java.")
                        || single.getPackageName().equals("io.jcuvae.api") && Modifier.isPublic(single.getModifiers())
                        || OTHERS.contains(single);
                if (!known) {
                    broken.add(where + " names " + single.getName());
                }
            } else if (!(type instanceof TypeVariable<?>)) {
                broken.add(where + " names " + type);
            }
        }
    }
}
