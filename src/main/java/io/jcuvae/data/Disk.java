package io.jcuvae.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The four things that a job asks of a file store, whose order its guarantees rest on: what a journal names was forced
 * before. Tests put one in between that is full, or stops as a killed process does.
 */
public interface Disk {
    /** The machine's. */
    Disk REAL = new Disk() {};

    /** Writes all of the bytes at a place of a file. */
    default void write(FileChannel file, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += file.write(bytes, at);
        }
    }

    /** Returns when a file's contents would survive a power cut. */
    default void force(FileChannel file) throws IOException {
        file.force(false);
    }

    /** Gives a file or folder another name on the same store, at once and for good; a file of that name is replaced. */
    default void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel folder = FileChannel.open(to.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        } catch (IOException e) {
            // Not every system opens folders; the name is then as safe as the system keeps names.
        }
    }
}
