package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures are decoded once, and again when there is a reason. */
final class PictureCacheTest {
    @TempDir
    private Path folder;

    private Path set;
    private Path cache;
    private PictureOptions options;

    @BeforeEach
    void begin() {
        set = folder.resolve("set");
        cache = folder.resolve("cache");
        options = PictureOptions.asTheyAre().withCache(cache).withThreads(2);
        for (int i = 0; i < 6; i++) {
            TestPictures.put(set, "train/" + i % 2 + "/" + i + ".png", TestPictures.png(2, 3, (long) i));
            TestPictures.put(set, "test/" + i % 2 + "/" + i + ".png", TestPictures.png(2, 3, 10L + i));
        }
    }

    private record Read(byte[] bytes, int[] labels, List<String> notes, List<String> warnings) {
        boolean decoded() {
            return notes.get(0).contains("decoded in");
        }
    }

    private Read read() {
        return read(options);
    }

    private Read read(PictureOptions how) {
        DataSource source = DataSource.parse(set.toString(), how);
        Dataset all = source.load(Split.ALL, 0);
        source.load(Split.TEST, 0);
        assertEquals(1, source.notes().size());
        return new Read(all.bytes(), all.labels(), source.notes(), source.warnings());
    }

    private Path rows() {
        return cache.resolve(Samples.names(cache).stream()
                .filter(name -> !name.endsWith(".shape"))
                .findFirst()
                .orElseThrow());
    }

    @Test
    void theSecondReadDecodesNothing() throws Exception {
        Read first = read();
        assertTrue(first.decoded());
        FileTime written = Files.getLastModifiedTime(rows());
        Read second = read();
        assertTrue(!second.decoded() && second.notes().get(0).contains("decoded before, from " + rows()));
        assertArrayEquals(first.bytes(), second.bytes());
        assertArrayEquals(first.labels(), second.labels());
        assertEquals(written, Files.getLastModifiedTime(rows()));
        assertEquals(2, Samples.names(cache).size());
        // The same wish in other words, as a model has it.
        assertTrue(!read(options.like(new SampleShape(2, 3, 3))).decoded());
        // Another wish.
        assertTrue(read(options.withGrey(true)).decoded());
        assertTrue(!read(options.withGrey(true)).decoded());
        assertTrue(!read(options.like(new SampleShape(2, 3))).decoded());
        assertTrue(read(options.withSize("5x4")).decoded());
        assertTrue(!read(options.withSize("5x4")).decoded());
    }

    @Test
    void everyChangeIsNoticed() throws Exception {
        read();
        Path one = set.resolve("train/0/0.png");
        Files.setLastModifiedTime(one, FileTime.from(Instant.ofEpochSecond(1_000_000)));
        assertTrue(read().decoded());
        assertTrue(!read().decoded());
        TestPictures.put(set, "train/0/0.png", TestPictures.png(2, 3, 77L));
        assertTrue(read().decoded());
        Files.move(one, set.resolve("train/1/00.png"));
        assertTrue(read().decoded());
        Files.delete(set.resolve("test/0/4.png"));
        Read fewer = read();
        assertTrue(fewer.decoded());
        assertEquals(11, fewer.labels().length);
        // What is no picture does not matter.
        TestPictures.put(set, "notes.txt", new byte[1]);
        assertTrue(!read().decoded());
    }

    @Test
    void aZipIsKnownByWhatItHolds() throws Exception {
        byte[] content =
                Samples.zip(List.of("a.png", "b.png"), List.of(TestPictures.png(1, 1, 1), TestPictures.png(1, 1, 2)));
        set = TestPictures.put(folder, "one.zip", content);
        assertTrue(read().decoded());
        set = Files.move(set, folder.resolve("elsewhere.zip"));
        Files.setLastModifiedTime(set, FileTime.from(Instant.ofEpochSecond(1_000_000)));
        assertTrue(!read().decoded());
        byte[] other =
                Samples.zip(List.of("a.png", "b.png"), List.of(TestPictures.png(1, 1, 1), TestPictures.png(1, 1, 3)));
        TestPictures.put(folder, "elsewhere.zip", other);
        assertTrue(read().decoded());
    }

    @Test
    void damageAtAnyByteIsNoticedAndMended() throws Exception {
        Read first = read();
        Path rows = rows();
        byte[] sound = Files.readAllBytes(rows);
        for (int i = 0; i <= sound.length; i += i < 32 || i > sound.length - 60 ? 1 : 11) {
            byte[] damaged = sound.clone();
            if (i < sound.length) {
                damaged[i] ^= 4;
            }
            for (byte[] wrong : List.of(
                    i < sound.length ? damaged : Samples.join(sound, new byte[1]),
                    Arrays.copyOf(sound, Math.max(0, i - 1)))) {
                Files.write(rows, wrong);
                Read again = read();
                assertTrue(again.decoded(), "byte " + i);
                assertTrue(
                        again.warnings().get(0).contains("damaged; they are decoded again"),
                        again.warnings()::toString);
                assertArrayEquals(first.bytes(), again.bytes());
                assertArrayEquals(sound, Files.readAllBytes(rows));
            }
        }
        Path shape = cache.resolve(rows.getFileName().toString().replace("2x3x3", "own-own.shape"));
        for (String wrong : List.of("", "9x9", "no shape")) {
            Files.writeString(shape, wrong);
            assertTrue(read().decoded());
            assertTrue(!read().decoded());
        }
    }

    @Test
    void nothingIsLeftOfWhatFailed() throws Exception {
        TestPictures.put(set, "train/0/9.png", TestPictures.png(4, 4, 1));
        assertThrows(UserError.class, this::read);
        TestPictures.put(set, "train/0/9.png", new byte[30]);
        assertThrows(UserError.class, this::read);
        assertEquals(List.of(), Samples.names(cache));
        // A program that was killed long ago left this, another is at work on that.
        Path old = Files.createFile(cache.resolve(".x.0.part"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.ofEpochSecond(1_000_000)));
        Files.createFile(cache.resolve(".y.0.part"));
        Files.delete(set.resolve("train/0/9.png"));
        read();
        List<String> names = Samples.names(cache);
        assertTrue(!names.contains(".x.0.part") && names.contains(".y.0.part") && names.size() == 3, names::toString);
    }

    @Test
    void manyAtOnceGetTheSameRows() throws Exception {
        byte[] expected = read(options.withCache(folder.resolve("alone"))).bytes();
        int count = 8;
        CyclicBarrier together = new CyclicBarrier(count);
        ExecutorService pool = Executors.newFixedThreadPool(count);
        try {
            List<Future<Read>> reads = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                reads.add(pool.submit(() -> {
                    together.await();
                    return read();
                }));
            }
            for (Future<Read> one : reads) {
                assertArrayEquals(expected, one.get().bytes());
                assertEquals(List.of(), one.get().warnings());
            }
        } finally {
            pool.shutdownNow();
        }
        assertEquals(2, Samples.names(cache).size());
        assertTrue(!read().decoded());
    }

    @Test
    void aFolderThatCannotBeUsedIsNamed() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        UserError error = assertThrows(UserError.class, () -> read(options.withCache(file.resolve("pictures"))));
        Samples.assertOneLine(error, "file");
        assertTrue(error.getMessage().contains("JCUVAE_CACHE"), error.getMessage());
    }

    @Test
    void theUsersFolderIsTakenFromItsSetting() {
        String before = System.getProperty(CacheFolder.PROPERTY);
        try {
            System.setProperty(CacheFolder.PROPERTY, folder.resolve("mine").toString());
            assertEquals(folder.resolve("mine/pictures"), CacheFolder.of("pictures"));
            read(options.withCache(null));
            assertEquals(2, Samples.names(folder.resolve("mine/pictures")).size());
        } finally {
            if (before == null) {
                System.clearProperty(CacheFolder.PROPERTY);
            } else {
                System.setProperty(CacheFolder.PROPERTY, before);
            }
        }
    }

    @Test
    void progressIsToldAndEnded() {
        ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
        PictureOptions.Progress progress = new PictureOptions.Progress() {
            @Override
            public void at(long done, long total) {
                told.add(done + "/" + total);
            }

            @Override
            public void close() {
                told.add("end");
            }
        };
        read(options.withProgress(() -> progress));
        assertEquals(List.of("12/12", "end"), List.copyOf(told));
        read(options.withProgress(() -> progress));
        assertEquals(2, told.size());
    }
}
