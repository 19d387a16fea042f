package io.jcuvae.cuda;

import io.jcuvae.ChildJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcurand.JCurand;

/** A process of its own that loads the libraries: what one has loaded stays, so each case needs another. */
final class LoadingProcess {
    private LoadingProcess() {}

    /** Loads, and prints what came of it as lines of {@code key=value}. */
    public static void main(String[] arguments) {
        String temporary = System.getProperty("java.io.tmpdir");
        try {
            NativeLibraries.Loaded loaded = NativeLibraries.load();
            print("driver", loaded.driver());
            print("cublas", loaded.cublas());
            print("curand", loaded.curand());
            System.out.println("driverVersion=" + loaded.driverVersion());
            loaded.notes().forEach(note -> System.out.println("note=" + note));
            cublasHandle handle = new cublasHandle();
            int[] version = new int[1];
            int status = JCublas2.cublasCreate(handle);
            JCublas2.cublasGetVersion(handle, version);
            System.out.println("cublasVersion=" + status + " " + version[0]);
            JCurand.curandGetVersion(version);
            System.out.println("curandVersion=" + version[0]);
            System.out.println("again=" + (NativeLibraries.load().equals(loaded)));
        } catch (Missing e) {
            System.out.println("part=" + e.part());
            System.out.println("missing=" + e.getMessage());
        }
        System.out.println("tmpdirKept=" + temporary.equals(System.getProperty("java.io.tmpdir")));
    }

    private static void print(String key, NativeLibraries.Library library) {
        System.out.println(key + "=" + library.path());
        System.out.println(key + "Place=" + library.place());
        System.out.println(key + "Major=" + library.major());
    }

    /** Starts one. */
    static Process start(Map<String, String> environment, String... options) throws IOException {
        return startUnder(List.of(), environment, options);
    }

    /** Starts one by another program, which is given its command line. */
    static Process startUnder(List<String> program, Map<String, String> environment, String... options)
            throws IOException {
        List<String> command = new ArrayList<>(program);
        List<String> all = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        all.addAll(List.of(options));
        command.addAll(ChildJvm.command(all, LoadingProcess.class));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** What one printed, or nothing when it could not be started. */
    static Map<String, String> answerOrNothing(Process process) throws IOException {
        try {
            return answer(process);
        } catch (IllegalStateException e) {
            return Map.of();
        }
    }

    /** Waits for one, and gives what it printed; lines with the same key are joined. */
    static Map<String, String> answer(Process process) throws IOException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        Map<String, String> answer = new TreeMap<>();
        answer.put("output", output);
        for (String line : output.lines().toList()) {
            int at = line.indexOf('=');
            if (at > 0) {
                answer.merge(line.substring(0, at), line.substring(at + 1), (a, b) -> a + " | " + b);
            }
        }
        return answer;
    }
}
