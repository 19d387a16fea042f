package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeCacheTest {
    private static final byte[] CONTENT = "what is to be executed".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    private NativeCache cache;

    @BeforeEach
    void open() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "only used on Linux");
        cache = new NativeCache(folder.resolve("natives"));
    }

    @Test
    void aFileIsPutOnceAndFoundAgain() throws Exception {
        Path file = cache.put("lib.so", CONTENT);
        assertArrayEquals(CONTENT, Files.readAllBytes(file));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache.folder())));
        Object inode = Files.getAttribute(file, "unix:ino");
        assertEquals(file, cache.put("lib.so", CONTENT));
        assertEquals(inode, Files.getAttribute(file, "unix:ino"), "a good file stays");
        Path other = cache.put("lib.so", "another version".getBytes(StandardCharsets.US_ASCII));
        assertNotEquals(file, other, "two versions lie side by side");
    }

    @Test
    void whatDiffersIsReplacedAndWhoHasItOpenKeepsIt() throws Exception {
        Path file = cache.put("lib.so", CONTENT);
        for (byte[] wrong : List.of(
                new byte[0],
                "what is to be".getBytes(StandardCharsets.US_ASCII),
                "w".repeat(22).getBytes(StandardCharsets.US_ASCII))) {
            Files.write(file, wrong);
            try (var open = Files.newInputStream(file)) {
                cache.put("lib.so", CONTENT);
                assertArrayEquals(wrong, open.readAllBytes());
            }
            assertArrayEquals(CONTENT, Files.readAllBytes(file));
        }
    }

    @Test
    void aLinkOrAFileThatOthersMayWriteIsReplaced() throws Exception {
        Path file = cache.put("lib.so", CONTENT);
        Path elsewhere = Files.write(folder.resolve("elsewhere"), CONTENT);
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);
        cache.put("lib.so", CONTENT);
        assertTrue(!Files.isSymbolicLink(file));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxrwx"));
        cache.put("lib.so", CONTENT);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void aFileOfSomebodyElsesIsReplacedAndAFolderOfTheirsIsRefused() throws Exception {
        Path file = cache.put("lib.so", CONTENT);
        try {
            Files.setAttribute(file, "unix:uid", 65534);
        } catch (IOException | RuntimeException e) {
            assumeTrue(false, "only root can give files away");
        }
        cache.put("lib.so", CONTENT);
        assertEquals(0, Files.getAttribute(file, "unix:uid"));
        Files.setAttribute(cache.folder(), "unix:uid", 65534);
        IOException refused = assertThrows(IOException.class, () -> cache.put("lib.so", CONTENT));
        assertTrue(refused.getMessage().endsWith("belongs to somebody else"), refused.getMessage());
    }

    @Test
    void aFolderThatOthersMayWriteIsRefused() throws Exception {
        cache.put("lib.so", CONTENT);
        Files.setPosixFilePermissions(cache.folder(), PosixFilePermissions.fromString("rwxrwxrwx"));
        IOException refused = assertThrows(IOException.class, () -> cache.put("lib.so", CONTENT));
        assertTrue(refused.getMessage().endsWith("can be written to by others"), refused.getMessage());
    }

    @Test
    void leftoversOfKilledProcessesGoAway() throws Exception {
        Path file = cache.put("lib.so", CONTENT);
        Path old = Files.createFile(file.resolveSibling("lib.so1.part"));
        Path young = Files.createFile(file.resolveSibling("lib.so2.part"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(7200)));
        Files.delete(file);
        cache.put("lib.so", CONTENT);
        assertTrue(!Files.exists(old) && Files.exists(young), "one that is being written stays");
    }

    @Test
    void manyAtOnce() throws Exception {
        byte[] large = new byte[1 << 20];
        large[77] = 1;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Path>> results = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                results.add(threads.submit(() -> new NativeCache(folder.resolve("natives")).put("lib.so", large)));
            }
            for (Future<Path> result : results) {
                assertArrayEquals(large, Files.readAllBytes(result.get()));
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(1, StandIns.files(folder).size());
    }

    @Test
    void theFoldersToTry() {
        Map<String, String> environment = Map.of("XDG_CACHE_HOME", "/xdg", "XDG_RUNTIME_DIR", "/run/user/7");
        List<Path> folders = NativeCache.folders(environment, Optional.empty());
        assertEquals(Path.of("/xdg/jcuvae"), folders.get(0));
        assertTrue(folders.contains(Path.of("/run/user/7/jcuvae")));
        assertEquals(
                Path.of("/mine"),
                NativeCache.folders(environment, Optional.of("/mine")).get(0));
        assertEquals(
                Path.of("/var/mine"),
                NativeCache.folders(Map.of("JCUVAE_CACHE", "/var/mine"), Optional.empty())
                        .get(0));
        assertTrue(NativeCache.folders(Map.of(), Optional.empty()).get(0).endsWith(".cache/jcuvae"));
    }
}
