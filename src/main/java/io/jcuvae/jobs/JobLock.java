package io.jcuvae.jobs;

import io.jcuvae.tensor.UserError;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * The workshop of a job, a folder beside its files, held by one process at a time: the system takes the lock back when that
 * ends, however it ends.
 */
final class JobLock implements Closeable {
    private static final int ATTEMPTS = 100;
    private static final int MARKS = 1 << 20;

    /**
     * What this process holds. The system's locks belong to processes, and closing any channel of a file gives all of them
     * back, so a second job must not even open it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;
    private final FileLock lock;
    private final long mark;

    private JobLock(Path folder, FileChannel channel, FileLock lock, long mark) {
        this.mark = mark;
        this.folder = folder;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Takes it.
     *
     * @param folder made if it is not there; its parent must be
     * @throws UserError when another job has it
     */
    static JobLock take(Path folder) {
        try {
            for (int i = 0; i < ATTEMPTS; i++) {
                JobLock taken = attempt(folder);
                if (taken != null) {
                    return taken;
                }
            }
        } catch (IOException e) {
            throw new UserError(folder + ": cannot be locked (" + e.getMessage() + ")", e);
        }
        throw busy(folder, null);
    }

    /** Null where the one before took the folder away meanwhile. */
    private static JobLock attempt(Path folder) throws IOException {
        if (!HELD.add(folder)) {
            throw busy(folder, null);
        }
        JobLock taken = null;
        FileChannel channel = null;
        try {
            Path file = folder.resolve("lock");
            Files.createDirectories(folder);
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw busy(folder, null);
            }
            // What is locked may be a file that has lost its name. A length by chance tells, without opening it again.
            long mark = 1 + ThreadLocalRandom.current().nextLong(MARKS);
            channel.truncate(0);
            channel.write(ByteBuffer.allocate(1), mark - 1);
            if (Files.size(file) == mark) {
                taken = new JobLock(folder, channel, lock, mark);
            }
            return taken;
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (taken == null) {
                HELD.remove(folder);
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    private static UserError busy(Path folder, Exception cause) {
        return new UserError(
                folder.getParent() + ": another job is at work on " + folder.getFileName()
                        + "; wait for it, or name another --out",
                cause);
    }

    /**
     * Checks that the workshop is still there, and this one's: files made in its folder after it was taken away would stand
     * beside a manifest that knows of others.
     *
     * @throws UserError if it has gone
     */
    void requireHeld() {
        try {
            if (Files.size(folder.resolve("lock")) == mark) {
                return;
            }
        } catch (IOException e) {
            // Told below.
        }
        throw new UserError(folder.getParent() + ": has gone, or somebody cleared it, while the job was at work in it");
    }

    /** Empties the workshop but for what is named. */
    void keepOnly(List<Path> kept) {
        for (int left = ATTEMPTS; !swept(kept, left == 1); left--) {
            continue;
        }
    }

    /** False where somebody who has not heard yet that the job is over was writing into it meanwhile. */
    private boolean swept(List<Path> kept, boolean last) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)
                        && !file.equals(folder.resolve("lock"))
                        && kept.stream().noneMatch(file::startsWith)) {
                    Files.deleteIfExists(file);
                }
            }
            return true;
        } catch (IOException | UncheckedIOException e) {
            if (last) {
                throw new UserError(folder + ": cannot be cleared (" + e.getMessage() + ")", e);
            }
            return false;
        }
    }

    /** Takes the workshop away; the job is done. */
    void remove() {
        keepOnly(List.of());
        try {
            Files.deleteIfExists(folder.resolve("lock"));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // An empty folder with a hidden name is no harm.
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            // The end of the process takes it back.
        } finally {
            HELD.remove(folder);
        }
    }
}
