package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** The arrays of a NumPy .npz by name and whole: for files of named tensors, where {@link DataSource} reads rows. */
public final class NpzTensors {
    /** What members say of when they were written, numpy's word too: equal values make equal bytes, whenever that was. */
    static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final String ENDING = ".npy";
    private static final int BLOCK = 1 << 16;

    /**
     * An array in C order.
     *
     * @param shape its sizes, none for a single number
     * @param values its elements, as near as doubles can be
     */
    public record Values(int[] shape, double[] values) {
        /** The elements rounded to float. */
        public float[] floats() {
            float[] floats = new float[values.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) values[i];
            }
            return floats;
        }
    }

    private NpzTensors() {}

    /**
     * Writes arrays, stored as numpy.savez stores them; the file appears when it is complete.
     *
     * @param arrays each under its name
     */
    public static void write(Path file, List<Safetensors.Entry> arrays) {
        AtomicFile.write(file, out -> {
            ZipOutputStream zip = new ZipOutputStream(out);
            for (Safetensors.Entry array : arrays) {
                byte[] header = NpyHeader.forArray(descr(array.dtype()), array.shape());
                // A stored member names its checksum before its bytes, so these are made twice.
                CheckedOutputStream sum = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
                sum.write(header);
                array.writeTo(sum);
                ZipEntry entry = new ZipEntry(array.name() + ENDING);
                entry.setTimeLocal(NO_TIME);
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(header.length + array.bytes());
                entry.setCrc(sum.getChecksum().getValue());
                zip.putNextEntry(entry);
                zip.write(header);
                array.writeTo(zip);
                zip.closeEntry();
            }
            zip.finish();
        });
    }

    private static String descr(Safetensors.DType type) {
        return switch (type) {
            case F32 -> "<f4";
            case F64 -> "<f8";
            case I32 -> "<i4";
            case I64 -> "<i8";
            case U8 -> "|u1";
        };
    }

    /**
     * Reads every member.
     *
     * @return the arrays by name, in the order of the file
     * @throws UserError if the file is damaged, or a member is no plain array of numbers in C order
     */
    public static Map<String, Values> read(Path file) {
        String name = Faults.name(file);
        if (!Files.isRegularFile(file)) {
            throw new UserError(name + ": no such file; a .npz of tensors is needed here");
        }
        Map<String, Values> arrays = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                String key = entry.getName().replace(ENDING, "");
                arrays.put(key, member(zip, entry, name + ":" + Faults.quoted(key)));
            }
        } catch (IOException | IllegalArgumentException e) {
            throw Faults.unreadable(name, e);
        }
        return arrays;
    }

    private static Values member(ZipFile zip, ZipEntry entry, String name) throws IOException {
        try (ByteSource source = ByteSource.member(
                name,
                zip.getInputStream(entry),
                () -> {},
                entry.getSize(),
                entry.getCompressedSize(),
                entry.getCrc())) {
            ArrayHeader header = NpyHeader.read(source);
            if (header.fortran() && header.dims().length > 1) {
                throw new UserError(name + ": is in Fortran order; save it with numpy.ascontiguousarray");
            }
            source.requireRemaining(header.dataBytes(), "its header");
            double[] values = new double[Heap.check(name, header.elements(), Double.BYTES)];
            int size = header.type().size();
            byte[] block = new byte[(int) Math.min(BLOCK, header.dataBytes())];
            ByteBuffer view = ByteBuffer.wrap(block).order(header.order());
            for (int done = 0; done < values.length; ) {
                int part = Math.min(block.length / size, values.length - done);
                source.fill(block, 0, part * size, "its values");
                for (int i = 0; i < part; i++) {
                    values[done++] = header.type().value(view, i);
                }
            }
            source.requireEnd();
            int[] shape = Arrays.stream(header.dims())
                    .mapToInt(extent -> (int) extent)
                    .toArray();
            return new Values(shape, values);
        }
    }
}
