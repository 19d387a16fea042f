package io.jcuvae.data;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Named arrays in one file, in the safetensors format: an 8-byte little-endian header length, a JSON header that gives
 * each array's type, shape and place, then the values, little-endian (github.com/huggingface/safetensors).
 *
 * <p>The metadata key {@code sha256} holds the checksum of all values; where a file has it, reading verifies it.
 */
public final class Safetensors {
    /** The metadata key of the checksum. */
    public static final String CHECKSUM = "sha256";

    static final String METADATA = "__metadata__";
    private static final int CHUNK = 1 << 13;

    private final String file;
    private final Map<String, String> metadata;
    private final Map<String, SafetensorsHeader.Place> places;
    private final Map<String, byte[]> values;

    private Safetensors(
            String file,
            Map<String, String> metadata,
            Map<String, SafetensorsHeader.Place> places,
            Map<String, byte[]> values) {
        this.file = file;
        this.metadata = metadata;
        this.places = places;
        this.values = values;
    }

    /** The value types that are written and read. */
    public enum DType {
        /** 32-bit floats. */
        F32(4, float[].class),
        /** 64-bit floats. */
        F64(8, double[].class),
        /** 32-bit signed integers. */
        I32(4, int[].class),
        /** 64-bit signed integers. */
        I64(8, long[].class),
        /** Unsigned bytes. */
        U8(1, byte[].class);

        private final int size;
        private final Class<?> array;

        DType(int size, Class<?> array) {
            this.size = size;
            this.array = array;
        }

        /** Bytes per value. */
        public int size() {
            return size;
        }
    }

    /**
     * An array to write: the product of its shape in values, taken from an array of the program's without a copy.
     *
     * @param name its name
     * @param shape its sizes, none negative; empty for a single value
     * @param dtype the type
     * @param data float[], double[], int[], long[] or byte[], as the type asks
     * @param offset where its values begin in {@code data}
     */
    public record Entry(String name, int[] shape, DType dtype, Object data, int offset) {
        /**
         * Checks that the values are there.
         *
         * @throws IllegalArgumentException if the array is of another type or too short
         */
        public Entry {
            shape = shape.clone();
            int length = Array.getLength(data);
            if (data.getClass() != dtype.array) {
                throw new IllegalArgumentException(name + " of type " + dtype + " cannot be a " + data.getClass());
            }
            if (name.equals(METADATA) || offset < 0 || product(shape) < 0 || product(shape) > length - offset) {
                throw new IllegalArgumentException(name + " of shape " + Arrays.toString(shape) + " does not fit "
                        + length + " values at " + offset);
            }
        }

        /** Floats from {@code data[offset ..)}. */
        public static Entry of(String name, int[] shape, float[] data, int offset) {
            return new Entry(name, shape, DType.F32, data, offset);
        }

        /** Doubles from {@code data[offset ..)}. */
        public static Entry of(String name, int[] shape, double[] data, int offset) {
            return new Entry(name, shape, DType.F64, data, offset);
        }

        /** Ints from {@code data[offset ..)}. */
        public static Entry of(String name, int[] shape, int[] data, int offset) {
            return new Entry(name, shape, DType.I32, data, offset);
        }

        /** Longs from {@code data[offset ..)}. */
        public static Entry of(String name, int[] shape, long[] data, int offset) {
            return new Entry(name, shape, DType.I64, data, offset);
        }

        /** Bytes from {@code data[offset ..)}. */
        public static Entry of(String name, int[] shape, byte[] data, int offset) {
            return new Entry(name, shape, DType.U8, data, offset);
        }

        /** Writes the values alone, little-endian. */
        void writeTo(OutputStream out) throws IOException {
            put(this, (bytes, count) -> out.write(bytes, 0, count));
        }

        long bytes() {
            return product(shape) * dtype.size();
        }

        private static long product(int[] shape) {
            long product = 1;
            for (int size : shape) {
                product = size < 0 ? -1 : Math.multiplyExact(product, size);
            }
            return product;
        }
    }

    /**
     * Writes a file, which appears only when it is complete on disk.
     *
     * @param file the target, replaced if it exists
     * @param metadata text by key; {@code sha256} is added
     * @param entries the arrays in the order in which they are written
     * @throws UserError if the file cannot be written
     * @throws IllegalArgumentException if two arrays have the same name
     */
    public static void write(Path file, Map<String, String> metadata, List<Entry> entries) {
        MessageDigest digest = Dataset.sha256();
        JsonObject header = new JsonObject();
        Set<String> names = new HashSet<>();
        try {
            for (Entry entry : entries) {
                if (!names.add(entry.name())) {
                    throw new IllegalArgumentException("two arrays are named " + entry.name());
                }
                put(entry, (bytes, count) -> digest.update(bytes, 0, count));
            }
            Map<String, String> told = new LinkedHashMap<>(metadata);
            told.put(CHECKSUM, HexFormat.of().formatHex(digest.digest()));
            Gson gson = new Gson();
            header.add(METADATA, gson.toJsonTree(told));
            long begin = 0;
            for (Entry entry : entries) {
                JsonObject place = new JsonObject();
                place.addProperty("dtype", entry.dtype().name());
                place.add("shape", gson.toJsonTree(entry.shape()));
                place.add("data_offsets", gson.toJsonTree(new long[] {begin, begin + entry.bytes()}));
                header.add(entry.name(), place);
                begin += entry.bytes();
            }
            byte[] head = padded(header.toString());
            AtomicFile.write(file, out -> {
                out.write(head);
                for (Entry entry : entries) {
                    put(entry, (bytes, count) -> out.write(bytes, 0, count));
                }
            });
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }

    /** The length and the header, filled up with spaces so that the values begin at a multiple of 8. */
    private static byte[] padded(String json) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        int length = (text.length + 7) / 8 * 8;
        byte[] head = new byte[8 + length];
        Arrays.fill(head, (byte) ' ');
        ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        System.arraycopy(text, 0, head, 8, text.length);
        return head;
    }

    private interface Sink {
        void take(byte[] bytes, int count) throws IOException;
    }

    private static void put(Entry entry, Sink sink) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(8 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        int count = (int) (entry.bytes() / entry.dtype().size());
        for (int done = 0; done < count; done += CHUNK) {
            int size = Math.min(CHUNK, count - done);
            int at = entry.offset() + done;
            switch (entry.dtype()) {
                case F32 -> chunk.asFloatBuffer().put((float[]) entry.data(), at, size);
                case F64 -> chunk.asDoubleBuffer().put((double[]) entry.data(), at, size);
                case I32 -> chunk.asIntBuffer().put((int[]) entry.data(), at, size);
                case I64 -> chunk.asLongBuffer().put((long[]) entry.data(), at, size);
                case U8 -> chunk.put(0, (byte[]) entry.data(), at, size);
            }
            sink.take(chunk.array(), size * entry.dtype().size());
        }
    }

    /**
     * Reads a file whole.
     *
     * @throws UserError if it is damaged, contradicts itself, fails its checksum or holds a type that is not supported
     */
    public static Safetensors read(Path file) {
        String name = Faults.name(file);
        try (ByteSource source = ByteSource.open(file)) {
            SafetensorsHeader header = SafetensorsHeader.read(source);
            source.requireRemaining(header.dataBytes(), "its header");
            MessageDigest digest = Dataset.sha256();
            Map<String, byte[]> values = new LinkedHashMap<>();
            for (String key : header.inFileOrder()) {
                byte[] bytes = readValues(source, header.places().get(key).bytes(), key);
                digest.update(bytes);
                values.put(key, bytes);
            }
            source.requireEnd();
            String sum = header.metadata().get(CHECKSUM);
            if (sum != null && !sum.equals(HexFormat.of().formatHex(digest.digest()))) {
                throw Faults.damaged(name, "its values do not have the SHA-256 that its header gives");
            }
            return new Safetensors(name, header.metadata(), header.places(), values);
        }
    }

    /** Grows as data arrives, since the file may be a gzip that promises more than it holds. */
    private static byte[] readValues(ByteSource source, long promised, String key) {
        String what = "array " + Faults.quoted(key);
        int first = (int) Math.min(Heap.FIRST_GROWTH, promised);
        byte[] bytes = new byte[first];
        source.fill(bytes, 0, first, what);
        while (bytes.length < promised) {
            int filled = bytes.length;
            Heap.check(source.name(), promised, 1);
            bytes = Heap.resized(source.name(), bytes, Heap.grown(source.name(), filled, filled + 1L, promised, 1));
            source.fill(bytes, filled, bytes.length - filled, what);
        }
        return bytes;
    }

    /** The names of the arrays in the order of the header. */
    public List<String> names() {
        return List.copyOf(places.keySet());
    }

    /** The metadata, with the checksum if there is one. */
    public Map<String, String> metadata() {
        return Map.copyOf(metadata);
    }

    /**
     * The shape of an array.
     *
     * @throws UserError if there is none of that name
     */
    public int[] shape(String name) {
        return place(name).shape().clone();
    }

    /**
     * The type of an array.
     *
     * @throws UserError if there is none of that name
     */
    public DType dtype(String name) {
        return place(name).dtype();
    }

    private SafetensorsHeader.Place place(String name) {
        SafetensorsHeader.Place place = places.get(name);
        if (place == null) {
            throw new UserError(file + ": has no array " + Faults.quoted(name) + "; it has " + places.size()
                    + " others: is this the right file?");
        }
        return place;
    }

    private ByteBuffer buffer(String name, DType dtype) {
        if (place(name).dtype() != dtype) {
            throw new UserError(file + ": array " + Faults.quoted(name) + " holds "
                    + place(name).dtype() + " where " + dtype + " is needed; is this the right file?");
        }
        return ByteBuffer.wrap(values.get(name)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The values of an F32 array.
     *
     * @throws UserError if there is none of that name, or it has another type; so for the other types below
     */
    public float[] floats(String name) {
        FloatBuffer from = buffer(name, DType.F32).asFloatBuffer();
        float[] out = new float[from.remaining()];
        from.get(out);
        return out;
    }

    /** Copies an F32 array into {@code out[offset ..)}. */
    public void copyFloats(String name, float[] out, int offset) {
        FloatBuffer from = buffer(name, DType.F32).asFloatBuffer();
        from.get(out, offset, from.remaining());
    }

    /** The values of an F64 array. */
    public double[] doubles(String name) {
        DoubleBuffer from = buffer(name, DType.F64).asDoubleBuffer();
        double[] out = new double[from.remaining()];
        from.get(out);
        return out;
    }

    /** The values of an I32 array. */
    public int[] ints(String name) {
        IntBuffer from = buffer(name, DType.I32).asIntBuffer();
        int[] out = new int[from.remaining()];
        from.get(out);
        return out;
    }

    /** The values of an I64 array. */
    public long[] longs(String name) {
        LongBuffer from = buffer(name, DType.I64).asLongBuffer();
        long[] out = new long[from.remaining()];
        from.get(out);
        return out;
    }

    /** The values of a U8 array. */
    public byte[] bytes(String name) {
        return buffer(name, DType.U8).array().clone();
    }
}
