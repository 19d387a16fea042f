package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import jcuda.LibUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the libraries that JCuda publishes. */
class ElfFileTest {
    private static final String BLAS = "libJCublas2-12.6.0-linux-x86_64.so";

    @TempDir
    Path folder;

    private static byte[] library(String name) throws IOException {
        try (InputStream in = LibUtils.class.getResourceAsStream("/lib/" + name)) {
            assumeTrue(in != null, name + " is not published for this system");
            return in.readAllBytes();
        }
    }

    @Test
    void readsNamesAndNeeds() throws IOException {
        ElfFile blas = ElfFile.of(library(BLAS), BLAS);
        assertEquals(BLAS, blas.name().orElseThrow());
        assertEquals(
                List.of(
                        "libpthread.so.0",
                        "librt.so.1",
                        "libdl.so.2",
                        "libcublas.so.12",
                        "libstdc++.so.6",
                        "libc.so.6",
                        "ld-linux-x86-64.so.2"),
                blas.needed());
        assertEquals(
                List.of("libcublas.so.12 " + Integer.toHexString(ElfFile.hash("libcublas.so.12"))),
                blas.versionsOf("libcublas.so.12"));
        assertEquals(
                List.of("libcurand.so.10 " + Integer.toHexString(ElfFile.hash("libcurand.so.10"))),
                ElfFile.of(library("libJCurand-11.8.0-linux-x86_64.so"), "curand")
                        .versionsOf("libcurand.so.10"));
    }

    @Test
    void readsAFileOnDisk() throws IOException {
        Path file = Files.write(folder.resolve(BLAS), library(BLAS));
        assertTrue(ElfFile.open(file).needed().contains("libcublas.so.12"));
    }

    @Test
    void theHashIsTheStandards() {
        // The two that every system's libc shows in `readelf -V`.
        assertEquals(0x09691a75, ElfFile.hash("GLIBC_2.2.5"));
        assertEquals(0x0d696914, ElfFile.hash("GLIBC_2.4"));
    }

    @Test
    void renamesWhereTheLinkerReadsAndNowhereElse() throws IOException {
        byte[] before = library(BLAS);
        byte[] after = ElfFile.renamed(before, BLAS, "libcublas.so.12", "libcublas.so.13");
        ElfFile elf = ElfFile.of(after, BLAS);
        assertTrue(elf.needed().contains("libcublas.so.13"));
        assertTrue(!elf.needed().contains("libcublas.so.12"));
        assertEquals(
                List.of("libcublas.so.13 " + Integer.toHexString(ElfFile.hash("libcublas.so.13"))),
                elf.versionsOf("libcublas.so.13"));
        assertEquals(before.length, after.length);
        int changed = 0;
        for (int i = 0; i < before.length; i++) {
            changed += before[i] == after[i] ? 0 : 1;
        }
        // One letter of one string, and the low byte of its hash; the thousands of symbol names in the file, which
        // carry the
        // name too, are only for debuggers and stay.
        assertEquals(2, changed);
        assertArrayEquals(before, ElfFile.renamed(after, BLAS, "libcublas.so.13", "libcublas.so.12"));
        assertTrue(new String(after, StandardCharsets.ISO_8859_1).contains("cublasGemmEx@@libcublas.so.12"));
    }

    @Test
    void refusesWhatItCannotRename() throws IOException {
        byte[] before = library(BLAS);
        IOException unknown = assertThrows(
                IOException.class, () -> ElfFile.renamed(before, BLAS, "libcublas.so.11", "libcublas.so.13"));
        assertTrue(unknown.getMessage().contains("does not need libcublas.so.11"), unknown.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> ElfFile.renamed(before, BLAS, "libcublas.so.12", "libcublas.so.9"));
    }

    @Test
    void damagedFilesAreRefusedAndNothingElse() throws IOException {
        byte[] whole = library("libJCurand-11.8.0-linux-x86_64.so");
        assertThrows(IOException.class, () -> ElfFile.of(new byte[0], "empty"));
        assertThrows(
                IOException.class,
                () -> ElfFile.of("#!/bin/sh\n".repeat(20).getBytes(StandardCharsets.US_ASCII), "script"));
        for (int length : new int[] {63, 64, 100, 1000, 8000, 16000}) {
            byte[] half = Arrays.copyOf(whole, length);
            assertThrows(IOException.class, () -> ElfFile.of(half, "half").needed());
        }
        byte[] arm = whole.clone();
        arm[18] = (byte) 183;
        IOException other = assertThrows(IOException.class, () -> ElfFile.of(arm, "arm"));
        assertTrue(other.getMessage().contains("64-bit Intel"), other.getMessage());
        // Whatever a few bytes are changed to, the answer is a result or an IOException.
        Random random = new Random(7);
        for (int trial = 0; trial < 3000; trial++) {
            byte[] bad = whole.clone();
            for (int i = 0; i < 4; i++) {
                int reach = random.nextBoolean() ? 1024 : 40000;
                bad[4 + random.nextInt(reach)] = (byte) random.nextInt(256);
            }
            try {
                ElfFile elf = ElfFile.of(bad, "bad");
                elf.name();
                elf.needed();
                elf.versionsOf("libcurand.so.10");
            } catch (IOException e) {
                assertTrue(e.getMessage().contains("bad"));
            }
        }
    }
}
