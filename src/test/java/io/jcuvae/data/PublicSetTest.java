package io.jcuvae.data;

import static io.jcuvae.data.Liar.head;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a server on loopback that stalls, truncates and lies. */
class PublicSetTest {
    private static final Mirror.Patience SHORT = new Mirror.Patience(
            Duration.ofSeconds(5), Duration.ofMillis(1500), Duration.ofMillis(1000), Duration.ofMillis(1500), 100_000);
    private static final String NOBODY = "http://127.0.0.1:9/";

    @TempDir
    Path folder;

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final PublicSet set = digits();

    /** A set of 30 training and 10 test images that do not compress: 24 KB. */
    private PublicSet digits() {
        Random random = new Random(5);
        for (String half : List.of("train", "t10k")) {
            int count = half.equals("train") ? 30 : 10;
            ByteBuffer images = ByteBuffer.allocate(16 + count * 784);
            images.putInt(0x803).putInt(count).putInt(28).putInt(28);
            random.nextBytes(images.array());
            images.rewind().putInt(0x803).putInt(count).putInt(28).putInt(28);
            ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
            for (int i = 0; i < count; i++) {
                labels.put((byte) (i % 10));
            }
            files.put(half + "-images-idx3-ubyte.gz", gzip(images.array()));
            files.put(half + "-labels-idx1-ubyte.gz", gzip(labels.array()));
        }
        List<PublicSet.Part> parts = new ArrayList<>();
        files.forEach((name, bytes) -> parts.add(new PublicSet.Part(
                name, bytes.length, HexFormat.of().formatHex(Dataset.sha256().digest(bytes)))));
        return new PublicSet("noise", List.of(NOBODY), parts);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private Fetching from(String... mirrors) {
        return new Fetching(List.of(mirrors), PictureOptions.asTheyAre().progress(), folder, SHORT);
    }

    private void assertWhole() throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            assertArrayEquals(
                    file.getValue(), Files.readAllBytes(folder.resolve("noise").resolve(file.getKey())));
        }
        try (Stream<Path> there = Files.list(folder.resolve("noise"))) {
            assertEquals(4, there.count());
        }
    }

    @Test
    void filesComeOnceAndAreReadOfflineAfterwards() throws IOException {
        List<String> notes = new ArrayList<>();
        List<Long> progress = new ArrayList<>();
        PictureOptions.Progress told = new PictureOptions.Progress() {
            @Override
            public void at(long done, long total) {
                assertEquals(
                        files.values().stream().mapToLong(file -> file.length).sum(), total);
                progress.add(done);
            }

            @Override
            public void close() {
                progress.add(-1L);
            }
        };
        try (Liar server = new Liar(files, Liar.HONEST)) {
            set.ready(from(server.address()).withProgress(() -> told), notes);
            assertEquals(4, server.asked().size());
        }
        assertWhole();
        assertEquals(1, notes.size());
        assertTrue(notes.get(0).startsWith("downloaded noise: 4 files, 0.0 MB from http://127.0.0.1:"), notes.get(0));
        assertEquals(-1L, progress.remove(progress.size() - 1));
        assertEquals(progress.stream().sorted().toList(), progress);
        assertEquals(files.values().stream().mapToLong(file -> file.length).sum(), progress.get(progress.size() - 1));

        PublicSet.Copy copy = set.copy(from(NOBODY), notes);
        RowSource.Open rows = copy.rows("t10k").open(true);
        try (SampleReader reader = rows.reader()) {
            assertEquals(new SampleShape(28, 28), reader.shape());
            assertEquals(10, reader.count());
        }
        assertArrayEquals(
                new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, rows.labels().get());
        assertEquals(1, notes.size());
    }

    /** Ways to be a bad mirror, by name. */
    private static Liar.Manner manner(String name) {
        return switch (name) {
            case "nothing there" -> (out, file, from) -> head(out, "404 Not Found", "Content-Length: 0");
            case "other bytes" ->
                (out, file, from) -> {
                    byte[] other = file.clone();
                    other[other.length / 2] ^= 1;
                    Liar.HONEST.answer(out, other, from);
                };
            case "other length" ->
                (out, file, from) -> Liar.HONEST.answer(out, Arrays.copyOf(file, file.length - 1), 0);
            case "endless" ->
                (out, file, from) -> {
                    head(out, "200 OK");
                    out.write(file);
                    while (true) {
                        out.write(file);
                    }
                };
            case "redirects in a ring" ->
                (out, file, from) -> head(out, "302 Found", "Location: /again", "Content-Length: 0");
            case "redirects to a file" ->
                (out, file, from) -> head(out, "301 Moved", "Location: file:///etc/passwd", "Content-Length: 0");
            case "redirects to nothing" -> (out, file, from) -> head(out, "301 Moved", "Content-Length: 0");
            case "a web page" ->
                (out, file, from) -> {
                    byte[] page = "<html>log in</html>".repeat(500).getBytes(StandardCharsets.US_ASCII);
                    head(out, "200 OK", "Content-Type: text/html");
                    out.write(page);
                };
            case "no HTTP" ->
                (out, file, from) -> out.write("what?\n".repeat(100).getBytes(StandardCharsets.US_ASCII));
            case "hangs up" -> (out, file, from) -> out.close();
            case "does not answer" -> (out, file, from) -> Thread.sleep(60_000);
            case "stalls" ->
                (out, file, from) -> {
                    head(out, "200 OK", "Content-Length: " + file.length);
                    out.write(file, 0, 10);
                    out.flush();
                    Thread.sleep(60_000);
                };
            case "trickles" ->
                (out, file, from) -> {
                    head(out, "200 OK", "Content-Length: " + file.length);
                    for (int i = 0; ; i++) {
                        out.write(file, i, 1);
                        out.flush();
                        Thread.sleep(100);
                    }
                };
            case "another part" ->
                (out, file, from) -> {
                    head(out, "206 Partial Content", "Content-Length: " + file.length, "Content-Range: bytes 3-9/9");
                    out.write(file);
                };
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing there",
                "other bytes",
                "other length",
                "endless",
                "redirects in a ring",
                "redirects to a file",
                "redirects to nothing",
                "a web page",
                "no HTTP",
                "hangs up",
                "does not answer",
                "stalls",
                "trickles",
                "another part"
            })
    void theNextMirrorMakesUpForABadOne(String name) throws IOException {
        PublicSet small = new PublicSet("noise", set.mirrors(), set.files().subList(0, 1));
        try (Liar bad = new Liar(files, manner(name));
                Liar good = new Liar(files, Liar.HONEST)) {
            Failure alone = assertThrows(Failure.class, () -> small.ready(from(bad.address()), new ArrayList<>()));
            assertEquals(1, alone.getMessage().lines().count());
            assertTrue(alone.getMessage().contains(bad.address() + "/: "), alone.getMessage());
            assertTrue(alone.getMessage().contains(told(name)), alone.getMessage());
            try (Stream<Path> left = Files.list(folder.resolve("noise"))) {
                assertEquals(List.of(), left.toList());
            }
            if (List.of("does not answer", "stalls", "trickles").contains(name)) {
                return; // To wait once is enough.
            }
            small.ready(from(bad.address(), good.address()), new ArrayList<>());
        }
        PublicSet.Part part = small.files().get(0);
        assertArrayEquals(
                files.get(part.file()),
                Files.readAllBytes(folder.resolve("noise").resolve(part.file())));
    }

    private static String told(String name) {
        return switch (name) {
            case "nothing there" -> "it answers with HTTP 404";
            case "other bytes" -> "it sends other contents than the public file's";
            case "other length" -> "it would send ";
            case "endless" -> "it sends more than the file's ";
            case "redirects in a ring" -> "it redirects more than 5 times";
            case "redirects to a file", "redirects to nothing" -> "it redirects to what is no web address";
            case "a web page" -> "it sends no .gz, a web page";
            case "does not answer" -> "it does not answer in time";
            case "stalls" -> "it stalls";
            case "trickles" -> "it is too slow";
            case "another part" -> "it answers with HTTP 206";
            default -> "";
        };
    }

    /** Sends the first half, promised whole. */
    private static Liar.Manner half(int flipped) {
        return (out, file, from) -> {
            byte[] sent = file.clone();
            sent[100] ^= flipped;
            head(out, "200 OK", "Content-Length: " + (file.length - from));
            out.write(sent, (int) from, file.length / 2);
        };
    }

    @Test
    void aTornDownloadGoesOnWhereItBroke() throws IOException {
        try (Liar server = new Liar(files, Liar.HONEST).first(0, half(0))) {
            set.ready(from(server.address()), new ArrayList<>());
            PublicSet.Part first = set.files().get(0);
            assertEquals(first.file() + " 0", server.asked().get(0));
            assertEquals(first.file() + " " + first.bytes() / 2, server.asked().get(1));
            assertEquals(5, server.asked().size());
        }
        assertWhole();
    }

    @Test
    void aServerWithoutRangesSendsItAllAgain() throws IOException {
        Liar.Manner plain = (out, file, from) -> Liar.HONEST.answer(out, file, 0);
        try (Liar server = new Liar(files, plain).first(0, half(0))) {
            set.ready(from(server.address()), new ArrayList<>());
            assertEquals(5, server.asked().size());
        }
        assertWhole();
    }

    @Test
    void aWrongPartOfOneMirrorDoesNotSpoilTheNext() throws IOException {
        Liar.Manner gone = (out, file, from) -> head(out, "503 Service Unavailable", "Content-Length: 0");
        try (Liar bad = new Liar(files, gone).first(0, half(1));
                Liar good = new Liar(files, Liar.HONEST)) {
            set.ready(from(bad.address(), good.address()), new ArrayList<>());
            PublicSet.Part first = set.files().get(0);
            assertEquals(
                    List.of(first.file() + " " + first.bytes() / 2, first.file() + " 0"),
                    good.asked().subList(0, 2));
        }
        assertWhole();
    }

    @Test
    void aDamagedCopyIsFetchedAgainAndAWholeOneIsNot() throws IOException {
        try (Liar server = new Liar(files, Liar.HONEST)) {
            set.ready(from(server.address()), new ArrayList<>());
            Path damaged = folder.resolve("noise/t10k-images-idx3-ubyte.gz");
            byte[] bytes = Files.readAllBytes(damaged);
            bytes[50] ^= 4;
            Files.write(damaged, bytes);
            Files.delete(folder.resolve("noise/t10k-labels-idx1-ubyte.gz"));
            set.ready(from(server.address()), new ArrayList<>());
            assertEquals(
                    List.of("t10k-images-idx3-ubyte.gz 0", "t10k-labels-idx1-ubyte.gz 0"),
                    server.asked().subList(4, 6));
            assertEquals(6, server.asked().size());
        }
        assertWhole();
    }

    @Test
    void severalMayFetchAtOnce() throws Exception {
        int many = 4;
        CyclicBarrier together = new CyclicBarrier(many);
        ExecutorService threads = Executors.newFixedThreadPool(many);
        try (Liar server = new Liar(files, Liar.HONEST)) {
            Callable<Path> task = () -> {
                together.await();
                return set.ready(from(server.address()), new ArrayList<>());
            };
            for (Future<Path> done : threads.invokeAll(Collections.nCopies(many, task))) {
                assertEquals(folder.resolve("noise"), done.get());
            }
        } finally {
            threads.shutdownNow();
        }
        assertWhole();
    }

    @Test
    void anUnwritableCacheIsTheUsersMatterAndNoMirrors() throws IOException {
        Files.writeString(folder.resolve("noise"), "a file");
        try (Liar server = new Liar(files, Liar.HONEST)) {
            UserError error = assertThrows(UserError.class, () -> set.ready(from(server.address()), new ArrayList<>()));
            assertTrue(error.getMessage().contains("cannot be used for downloaded data"), error.getMessage());
            assertEquals(List.of(), server.asked());
        }
    }

    @Test
    void namesAndAddressesAreChecked() {
        for (String no : List.of("ftp://host/x", "/a/folder", "http:///x", "https://host/a?b", "http://ho st/")) {
            UserError error = assertThrows(UserError.class, () -> Mirror.parse(List.of(no)));
            assertTrue(error.getMessage().startsWith("--mirror "), error.getMessage());
        }
        UserError clash = assertThrows(UserError.class, () -> PublicSet.requireNoFile("src"));
        assertEquals(
                "src: is the name of a public data set and of a folder here; give ./src for what is here, or public:src for"
                        + " the data set",
                clash.getMessage());
        assertDoesNotThrow(() -> PublicSet.requireNoFile("public:src"));
        assertEquals("mnist", DataSource.parse("public:mnist").name().substring("public:".length()));
        UserError other = assertThrows(
                UserError.class,
                () -> DataSource.parse(
                        "moons:9", SourceOptions.NONE.withMirrors(List.of(NOBODY), Fetching.USUAL.progress())));
        assertTrue(
                other.getMessage().startsWith("--mirror: is about the public sets mnist and fashion-mnist"),
                other.getMessage());
    }

    /** The checksums in the program against the public files, where they are. */
    @Test
    void theTableIsThatOfThePublicFiles() {
        for (PublicSet known : PublicSet.ALL) {
            Path real = Samples.shared(known.name());
            known.files().forEach(part -> assertTrue(part.isIn(real), part.file()));
            assertFalse(known.files().get(0).isIn(folder));
        }
    }
}
