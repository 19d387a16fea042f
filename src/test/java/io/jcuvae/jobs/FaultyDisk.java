package io.jcuvae.jobs;

import io.jcuvae.data.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A disk that stops working, as for a process that is killed while the power fails: what was written since a file was last
 * forced is lost to noise, and nothing more can be done. Or one with so much room and no more.
 */
final class FaultyDisk implements Disk {
    /** The process is gone. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private record Stretch(long at, int bytes) {}

    private final Map<FileChannel, List<Stretch>> unforced = new HashMap<>();
    private final long killAt;
    private long room;
    private long operations;
    private boolean dead;

    private FaultyDisk(long killAt, long room) {
        this.killAt = killAt;
        this.room = room;
    }

    static FaultyDisk killedAt(long operation) {
        return new FaultyDisk(operation, Long.MAX_VALUE);
    }

    static FaultyDisk withRoom(long bytes) {
        return new FaultyDisk(Long.MAX_VALUE, bytes);
    }

    /** Operations so far. */
    long operations() {
        return operations;
    }

    private boolean last() {
        if (dead) {
            throw new Killed();
        }
        return ++operations == killAt;
    }

    private Killed kill() throws IOException {
        dead = true;
        for (Map.Entry<FileChannel, List<Stretch>> file : unforced.entrySet()) {
            for (Stretch stretch : file.getValue()) {
                if (file.getKey().isOpen()) {
                    ByteBuffer noise = ByteBuffer.allocate(stretch.bytes());
                    while (noise.hasRemaining()) {
                        noise.put((byte) 0xA5);
                    }
                    file.getKey().write(noise.flip(), stretch.at());
                }
            }
        }
        return new Killed();
    }

    @Override
    public synchronized void write(FileChannel file, ByteBuffer bytes, long position) throws IOException {
        boolean last = last();
        int size = bytes.remaining();
        unforced.computeIfAbsent(file, f -> new ArrayList<>()).add(new Stretch(position, size));
        if (last) {
            bytes.limit(bytes.position() + size / 2);
            Disk.super.write(file, bytes, position);
            throw kill();
        }
        if (size > room) {
            bytes.limit(bytes.position() + (int) room);
            Disk.super.write(file, bytes, position);
            room = 0;
            throw new IOException("No space left on device");
        }
        room -= size;
        Disk.super.write(file, bytes, position);
    }

    @Override
    public synchronized void force(FileChannel file) throws IOException {
        if (last()) {
            throw kill();
        }
        unforced.remove(file);
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        if (last()) {
            if (operations % 2 == 0) {
                Disk.super.move(from, to);
            }
            throw kill();
        }
        Disk.super.move(from, to);
    }
}
