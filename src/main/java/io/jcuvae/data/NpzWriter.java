package io.jcuvae.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Rows as a .npz of float32 members, each a range of the columns. The members are gathered aside and put together,
 * stored as numpy.savez stores them, when the number of rows is known.
 */
final class NpzWriter implements RowWriter {
    private static final int BLOCK = 1 << 16;

    /**
     * A member of the file.
     *
     * @param key its name
     * @param first its first column in the rows
     * @param whole whether it is int32 [rows], written apart by {@link NpzWriter#writeWhole}
     * @param sizes the shape of its part of a row
     */
    record Member(String key, int first, boolean whole, int... sizes) {
        Member(String key, int first, int... sizes) {
            this(key, first, false, sizes);
        }

        /** Whole numbers, one for each row. */
        static Member whole(String key) {
            return new Member(key, 0, true, 1);
        }

        int width() {
            return new SampleShape(sizes).width();
        }
    }

    private final Path file;
    private final int width;
    private final long promised;
    private final List<Member> members;
    private final List<AtomicFile> parts = new ArrayList<>();
    private final List<FloatOutput> floats = new ArrayList<>();
    private long rows;

    NpzWriter(Path file, int width, long count, List<Member> members) {
        this.file = file;
        this.width = width;
        this.promised = count;
        this.members = members;
        for (int i = 0; i < members.size(); i++) {
            AtomicFile part = AtomicFile.create(file);
            parts.add(part);
            floats.add(new FloatOutput(file, part.stream()));
        }
    }

    @Override
    public void write(float[] values, int count) {
        for (int i = 0; i < members.size(); i++) {
            int columns = members.get(i).width();
            if (members.get(i).whole()) {
                continue;
            }
            if (columns == width) {
                floats.get(i).write(values, 0, count * width);
                continue;
            }
            float[] part = new float[count * columns];
            for (int row = 0; row < count; row++) {
                System.arraycopy(values, row * width + members.get(i).first(), part, row * columns, columns);
            }
            floats.get(i).write(part, 0, part.length);
        }
        rows += count;
    }

    /**
     * Writes the next whole numbers of a member.
     *
     * @param member its place among the members
     */
    void writeWhole(int member, int[] values, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values, 0, count);
        parts.get(member).write(bytes);
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        try (this) {
            AtomicFile.write(file, out -> {
                ZipOutputStream zip = new ZipOutputStream(out);
                for (int i = 0; i < members.size(); i++) {
                    addMember(zip, members.get(i), parts.get(i).written());
                }
                zip.finish();
            });
        }
    }

    private void addMember(ZipOutputStream zip, Member member, FileChannel values) throws IOException {
        byte[] header = member.whole() ? NpyHeader.forInts(rows) : NpyHeader.forFloats(rows, member.sizes());
        // A stored member names its checksum before its bytes, so these are read twice.
        CheckedOutputStream sum = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
        sum.write(header);
        copy(values, sum);
        ZipEntry entry = new ZipEntry(member.key() + ".npy");
        entry.setTimeLocal(NpzTensors.NO_TIME);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(header.length + values.size());
        entry.setCrc(sum.getChecksum().getValue());
        zip.putNextEntry(entry);
        zip.write(header);
        copy(values, zip);
        zip.closeEntry();
    }

    private static void copy(FileChannel from, OutputStream to) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        long position = 0;
        while (position < from.size()) {
            block.clear();
            int got = from.read(block, position);
            to.write(block.array(), 0, got);
            position += got;
        }
    }

    @Override
    public void close() {
        parts.forEach(AtomicFile::close);
    }
}
