package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The driver's work done ahead, without a driver: NVIDIA's compiler of PTX, which comes with JCuda, assembles every kernel
 * for the devices of each generation. What it says of registers is put into {@code target/kernels}.
 */
class PtxAssemblyTest {
    private static final Path REPORTS = Path.of("target", "kernels");
    private static final Pattern USE = Pattern.compile(
            "Compiling entry function '(\\w+)'.*?"
                    + "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads.*?Used (\\d+) registers",
            Pattern.DOTALL);

    @TempDir
    private static Path unpacked;

    /**
     * JCuda unpacks a library into the temporary folder and takes one that lies there already, whoever put it there: so it
     * is given a folder of its own.
     */
    @BeforeAll
    static void load() {
        String library = LibUtils.createPlatformLibraryName("JNvPTXCompiler-" + JCudaVersion.get());
        assumeTrue(
                LibUtils.class.getResource("/lib/" + System.mapLibraryName(library)) != null,
                "JCuda has no compiler of PTX for this operating system");
        String before = System.getProperty("java.io.tmpdir");
        System.setProperty("java.io.tmpdir", unpacked.toString());
        try {
            int[] major = new int[1];
            check(JNvPTXCompiler.nvPTXCompilerGetVersion(major, new int[1]), "version");
            assertEquals(12, major[0]);
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90"})
    void assembles(String device) throws IOException {
        Map<String, String> uses = new TreeMap<>();
        StringBuilder spills = new StringBuilder();
        KernelFamilies.all().forEach((family, signatures) -> {
            String log = assemble(family, device);
            int found = 0;
            Matcher use = USE.matcher(log);
            while (use.find()) {
                found++;
                String registers = use.group(5) + " registers, " + use.group(2) + " bytes of stack, " + use.group(3)
                        + " + " + use.group(4) + " bytes of spills";
                uses.put(use.group(1), registers);
                if (!use.group(3).equals("0") || !use.group(4).equals("0")) {
                    spills.append(use.group(1)).append(": ").append(registers).append('\n');
                }
            }
            assertEquals(signatures.size(), found, log);
        });
        Files.createDirectories(REPORTS);
        StringBuilder report = new StringBuilder();
        uses.forEach(
                (kernel, use) -> report.append(kernel).append(": ").append(use).append('\n'));
        Files.writeString(REPORTS.resolve(device + ".txt"), report);
        assertTrue(spills.isEmpty(), () -> "registers spill on " + device + ":\n" + spills);
    }

    /** What the compiler says of one family. */
    private static String assemble(String family, String device) {
        byte[] ptx = PtxModule.text(family);
        nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
        check(JNvPTXCompiler.nvPTXCompilerCreate(compiler, ptx.length, ptx), family);
        try {
            String[] options = {"--gpu-name=" + device, "--verbose"};
            int status = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
            long[] size = new long[1];
            if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
                check(JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size), "its log");
                byte[] log = new byte[(int) size[0] + 1];
                check(JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log), "its log");
                throw new AssertionError(family + " for " + device + ": " + nvPTXCompileResult.stringFor(status) + "\n"
                        + new String(log, StandardCharsets.US_ASCII));
            }
            check(JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(compiler, size), "its size");
            assertTrue(size[0] > 0, family);
            check(JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(compiler, size), "its log");
            byte[] log = new byte[(int) size[0] + 1];
            check(JNvPTXCompiler.nvPTXCompilerGetInfoLog(compiler, log), "its log");
            return new String(log, StandardCharsets.US_ASCII);
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
        }
    }

    private static void check(int status, String what) {
        assertEquals(nvPTXCompileResult.NVPTXCOMPILE_SUCCESS, status, what);
    }
}
