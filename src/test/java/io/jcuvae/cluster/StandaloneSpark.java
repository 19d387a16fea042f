package io.jcuvae.cluster;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * Spark on this machine, out of the jars of these tests: laid out as an installation, started as its scripts start it, on
 * loopback alone.
 */
final class StandaloneSpark implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final long PATIENCE_SECONDS = 120;
    /** What starts fast matters here, not what runs fast. */
    private static final List<String> FLAGS =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Djava.awt.headless=true");

    private final Path folder;
    private final Path home;
    private final Path jar;
    private final String libraries;
    private final List<Process> started = new ArrayList<>();
    private final List<String> flags;
    private String master;

    /** Lays out an installation, and our jar beside it. */
    StandaloneSpark(Path folder) throws IOException {
        this(folder, FLAGS);
    }

    /**
     * The same, with all processes started otherwise.
     *
     * @param flags of their JVMs
     */
    StandaloneSpark(Path folder, List<String> flags) throws IOException {
        this.flags = List.copyOf(flags);
        this.folder = Files.createDirectories(folder);
        home = folder.resolve("spark");
        // Looked for, and empty: the jars lie elsewhere.
        Files.createDirectories(home.resolve("jars"));
        libraries = libraries();
        jar = folder.resolve("jcuvae.jar");
        pack(jar);
    }

    /** The jars of these tests, Spark's and ours, without the classes of either. */
    private static String libraries() throws IOException {
        List<String> entries = new ArrayList<>();
        try {
            // JUnit's console loads tests by a loader of its own, Surefire by the system's.
            if (StandaloneSpark.class.getClassLoader() instanceof URLClassLoader loader) {
                for (URL url : loader.getURLs()) {
                    entries.add(Path.of(url.toURI()).toString());
                }
            } else {
                entries.addAll(List.of(System.getProperty("java.class.path").split(File.pathSeparator)));
            }
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        return entries.stream()
                .filter(entry -> entry.endsWith(".jar") && Files.isRegularFile(Path.of(entry)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The classes of the program in a jar, as the build makes it. */
    private static void pack(Path jar) throws IOException {
        Path classes;
        try {
            classes = Path.of(SparkJobs.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream packed = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            packed.setLevel(0);
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                packed.putNextEntry(
                        new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, packed);
                packed.closeEntry();
            }
        }
    }

    private Process start(String log, Path place, List<String> words) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
        command.add("-Dspark.master.rest.enabled=false");
        command.addAll(List.of("-Xmx600m", "-cp", jar + File.pathSeparator + libraries));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(place.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(log).toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_DIST_CLASSPATH", libraries);
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", LOOPBACK);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    /** Starts a master and so many workers of one processor each, and returns the workers. */
    List<Process> cluster(int workers) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
            port = free.getLocalPort();
        }
        master = "spark://" + LOOPBACK + ":" + port;
        String number = Integer.toString(port);
        Process first = start(
                "master.log",
                folder,
                List.of(
                        "org.apache.spark.deploy.master.Master",
                        "--host",
                        LOOPBACK,
                        "--port",
                        number,
                        "--webui-port",
                        "0"));
        awaitPort(port, first);
        List<Process> all = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            Path work = folder.resolve("work" + i);
            all.add(start(
                    "worker" + i + ".log",
                    folder,
                    List.of(
                            "org.apache.spark.deploy.worker.Worker",
                            "--host",
                            LOOPBACK,
                            "--webui-port",
                            "0",
                            "-c",
                            "1",
                            "-m",
                            "600m",
                            "-d",
                            work.toString(),
                            master)));
        }
        return all;
    }

    private static void awaitPort(int port, Process process) throws IOException, InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS); ; ) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(LOOPBACK, port), 1000);
                return;
            } catch (IOException e) {
                if (System.nanoTime() > end || !process.isAlive()) {
                    throw e;
                }
                Thread.sleep(50);
            }
        }
    }

    /**
     * Submits a job, to the cluster that was started, or to threads of the process itself where none was.
     *
     * @param place the folder in which one stands
     */
    Process submit(String log, Path place, Object... words) throws IOException {
        return submit(SparkJobs.class, log, place, words);
    }

    /** The same of another application of ours. */
    Process submit(Class<?> application, String log, Path place, Object... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                master == null ? "local[2]" : master,
                "--executor-memory",
                "500m",
                "--conf",
                "spark.executor.extraJavaOptions=" + String.join(" ", flags),
                "--conf",
                "spark.driver.host=" + LOOPBACK,
                "--conf",
                "spark.driver.bindAddress=" + LOOPBACK,
                "--conf",
                "spark.ui.enabled=false",
                "--class",
                application.getName(),
                jar.toString()));
        for (Object word : words) {
            command.add(word.toString());
        }
        return start(log, place, command);
    }

    /** Starts the program itself, without Spark. */
    Process alone(String log, Path place, Object... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("io.jcuvae.cli.Main"));
        for (Object word : words) {
            command.add(word.toString());
        }
        return start(log, place, command);
    }

    /** The exit code of a process, which has some time to end. */
    static int exit(Process process) throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("did not end within " + PATIENCE_SECONDS + " seconds");
        }
        return process.exitValue();
    }

    /** What a process has printed so far. */
    String log(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    /** Kills a process and all that it has started, as a machine ends that loses its power. */
    static void kill(Process process) {
        List<ProcessHandle> below = process.descendants().toList();
        process.destroyForcibly();
        below.forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
        below.forEach(handle -> handle.onExit().join());
    }

    @Override
    public void close() {
        for (Process process : started) {
            kill(process);
        }
    }
}
