package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A file of a job under way: it grows block by block, each forced to disk with a checksum before anybody is told of it, and
 * stays where it is when the job stops, so that another goes on after its last block.
 */
public final class BlockFile implements RowTarget {
    private static final int BUFFER = 1 << 16;

    /**
     * A stretch of a file; the first begins with the header, and each where the one before ends.
     *
     * @param bytes its length
     * @param crc its CRC-32C (RFC 3720)
     */
    public record Block(long bytes, int crc) {}

    private final Path name;
    private final Disk disk;
    private final FileChannel channel;
    private final OutputStream stream;
    private MessageDigest sha = Dataset.sha256();
    private final CRC32C crc = new CRC32C();
    private long blockStart;
    private long position;
    /** Whether a writer is at its header, which the file has already. */
    private boolean muted;

    /**
     * Opens it.
     *
     * @param name of the file that it becomes, for messages
     * @param aside where it lies until then
     * @throws UserError if it cannot be written
     */
    public BlockFile(Path name, Path aside, Disk disk) {
        this.name = name;
        this.disk = disk;
        try {
            channel = FileChannel.open(
                    aside, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw Faults.unwritable(name, e);
        }
        stream = new BufferedOutputStream(
                new OutputStream() {
                    @Override
                    public void write(int b) {
                        put(ByteBuffer.wrap(new byte[] {(byte) b}));
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) {
                        put(ByteBuffer.wrap(bytes, offset, length));
                    }
                },
                BUFFER);
    }

    /**
     * Goes on after blocks that are there: reads them again, and drops the first that is not as it was written with all that
     * follow. The header that a writer puts out next is passed over where the file has it, until {@link #ready}.
     *
     * @return how many are kept
     */
    public int goOn(List<Block> blocks) {
        try {
            int kept = 0;
            for (Block block : blocks) {
                MessageDigest before = (MessageDigest) sha.clone();
                if (!readAgain(block)) {
                    sha = before;
                    break;
                }
                position += block.bytes();
                kept++;
            }
            channel.truncate(position);
            crc.reset();
            blockStart = position;
            muted = kept > 0;
            return kept;
        } catch (IOException e) {
            throw Faults.unwritable(name, e);
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the file has the block at the position; what there is goes into the file's checksum. */
    private boolean readAgain(Block block) throws IOException {
        crc.reset();
        ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
        long done = 0;
        while (done < block.bytes()) {
            bytes.clear().limit((int) Math.min(BUFFER, block.bytes() - done));
            int got = channel.read(bytes, position + done);
            if (got < 0) {
                return false;
            }
            sha.update(bytes.array(), 0, got);
            crc.update(bytes.array(), 0, got);
            done += got;
        }
        return (int) crc.getValue() == block.crc();
    }

    /** A writer has put out its header, and rows follow. */
    public void ready() {
        flush();
        muted = false;
    }

    @Override
    public OutputStream stream() {
        return stream;
    }

    @Override
    public void write(ByteBuffer bytes) {
        flush();
        put(bytes);
    }

    private void flush() {
        try {
            stream.flush();
        } catch (IOException e) {
            throw Faults.unwritable(name, e);
        }
    }

    private void put(ByteBuffer bytes) {
        if (muted) {
            bytes.position(bytes.limit());
            return;
        }
        crc.update(bytes.duplicate());
        sha.update(bytes.duplicate());
        long at = position;
        position += bytes.remaining();
        try {
            disk.write(channel, bytes, at);
        } catch (IOException e) {
            throw Faults.unwritable(name, e);
        }
    }

    /**
     * Ends a block: what was written since the last one is on disk when this returns.
     *
     * @throws UserError if it cannot be
     */
    public Block cut() {
        flush();
        try {
            disk.force(channel);
        } catch (IOException e) {
            throw Faults.unwritable(name, e);
        }
        Block block = new Block(position - blockStart, (int) crc.getValue());
        crc.reset();
        blockStart = position;
        return block;
    }

    /** SHA-256 of all bytes, 64 hexadecimal digits; nothing may be written afterwards. */
    public String sha256() {
        return HexFormat.of().formatHex(sha.digest());
    }

    @Override
    public void complete(byte[] headerOrNull) {
        throw new IllegalStateException("the job completes its files");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // What counts was forced before.
        }
    }
}
