package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears only when complete: written aside in the same folder, forced to disk, then renamed over the
 * target. Closed without {@link #commit}, or with the program stopped, it leaves nothing behind.
 */
public final class AtomicFile implements RowTarget {
    private static final int BUFFER = 1 << 16;

    private final Path target;
    private final Path aside;
    private final FileChannel channel;
    private final OutputStream stream;
    private boolean done;

    private AtomicFile(Path target, Path aside, FileChannel channel) {
        this.target = target;
        this.aside = aside;
        this.channel = channel;
        this.stream = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
    }

    /** Something that takes a value and may fail at input or output. */
    @FunctionalInterface
    public interface IOConsumer<T> {
        /** Takes the value. */
        void accept(T value) throws IOException;
    }

    /**
     * Writes a whole file.
     *
     * @param file the target, replaced if it exists; its folder is made if it does not
     * @param body writes the contents; if it throws, the target stays as it was
     * @throws UserError if the file cannot be written
     */
    public static void write(Path file, IOConsumer<OutputStream> body) {
        try (AtomicFile aside = create(file)) {
            body.accept(aside.stream());
            aside.commit();
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }

    /**
     * Begins a file.
     *
     * @param file the target, replaced at {@link #commit}; its folder is made if it does not exist
     * @throws UserError if the target is a folder or device, or its folder cannot be written to
     */
    public static AtomicFile create(Path file) {
        try {
            // A link's target is replaced, not the link.
            Path target = Files.isSymbolicLink(file) && Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                throw new UserError(Faults.name(file) + ": is a folder or a device; give the name of a file to write");
            }
            // JDK 17 refuses to "create" a folder that is a link to one.
            if (!Files.isDirectory(target.getParent())) {
                Files.createDirectories(target.getParent());
            }
            while (true) {
                String mark = Long.toHexString(ThreadLocalRandom.current().nextLong());
                Path aside = target.resolveSibling("." + target.getFileName() + "." + mark + ".part");
                try {
                    // Opened plainly, unlike a temporary file, so that it gets the permissions of any new file.
                    FileChannel channel = FileChannel.open(
                            aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    aside.toFile().deleteOnExit();
                    return new AtomicFile(target, aside, channel);
                } catch (FileAlreadyExistsException e) {
                    // Another writer drew the same mark; draw again.
                }
            }
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }

    /** Where the contents go; flushed by {@link #commit}. */
    @Override
    public OutputStream stream() {
        return stream;
    }

    /**
     * Writes bytes after what the stream took, past its buffer.
     *
     * @throws UserError if the file cannot be written
     */
    @Override
    public void write(ByteBuffer bytes) {
        try {
            stream.flush();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw Faults.unwritable(target, e);
        }
    }

    /**
     * Writes over bytes near the start, when what a header says is known only at the end.
     *
     * @throws UserError if the file cannot be written
     */
    void patch(long position, byte[] bytes) {
        try {
            stream.flush();
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left, position + left.position());
            }
        } catch (IOException e) {
            throw Faults.unwritable(target, e);
        }
    }

    /** What was written so far, to be read from its start; for contents that are packed at the end. */
    FileChannel written() throws IOException {
        stream.flush();
        return channel;
    }

    @Override
    public void complete(byte[] headerOrNull) {
        if (headerOrNull != null) {
            patch(0, headerOrNull);
        }
        commit();
    }

    /**
     * Forces the contents to disk and renames them over the target.
     *
     * @throws UserError if that fails; the target is as it was
     */
    public void commit() {
        try {
            stream.flush();
            channel.force(true);
            channel.close();
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            done = true;
        } catch (IOException e) {
            throw Faults.unwritable(target, e);
        } finally {
            close();
        }
    }

    /** Drops what was written, unless it was committed. */
    @Override
    public void close() {
        try {
            channel.close();
            if (!done) {
                Files.deleteIfExists(aside);
            }
        } catch (IOException e) {
            // It is deleted when the program ends; the failure that led here is the one to tell.
        } finally {
            done = true;
        }
    }
}
