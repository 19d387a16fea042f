package io.jcuvae.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message in the protobuf wire format (protobuf.dev/programming-guides/encoding): fields in the order in which they are added,
 * each a number with a kind and a value. Bytes are kept as they are, not copied.
 */
public final class ProtoMessage {
    private static final int VARINT = 0;
    private static final int DELIMITED = 2;
    private static final int FIXED64 = 1;
    private static final int FIXED32 = 5;

    private final List<byte[]> chunks = new ArrayList<>();
    private long size;

    /** Bytes of the message. */
    public long size() {
        return size;
    }

    /** A whole number; negative ones take ten bytes, as the format has it. */
    public ProtoMessage number(int field, long value) {
        return add(varint((long) field << 3 | VARINT)).add(varint(value));
    }

    /** A float. */
    public ProtoMessage real(int field, float value) {
        byte[] bytes = ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(value)
                .array();
        return add(varint((long) field << 3 | FIXED32)).add(bytes);
    }

    /** A double. */
    public ProtoMessage wide(int field, double value) {
        byte[] bytes = ByteBuffer.allocate(Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(value)
                .array();
        return add(varint((long) field << 3 | FIXED64)).add(bytes);
    }

    /** Bytes. */
    public ProtoMessage bytes(int field, byte[] value) {
        return add(varint((long) field << 3 | DELIMITED))
                .add(varint(value.length))
                .add(value);
    }

    /** A text. */
    public ProtoMessage text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A message within this one, which must be whole by now. */
    public ProtoMessage message(int field, ProtoMessage value) {
        add(varint((long) field << 3 | DELIMITED)).add(varint(value.size));
        return append(value);
    }

    /** The fields of another message behind those of this one. */
    public ProtoMessage append(ProtoMessage other) {
        other.chunks.forEach(this::add);
        return this;
    }

    /** The message by itself. */
    public byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
        chunks.forEach(bytes::put);
        return bytes.array();
    }

    /** Writes the message. */
    public void writeTo(OutputStream out) throws IOException {
        for (byte[] chunk : chunks) {
            out.write(chunk);
        }
    }

    private ProtoMessage add(byte[] chunk) {
        chunks.add(chunk);
        size += chunk.length;
        return this;
    }

    /** Seven bits a byte, the low ones first; the high bit says that more follow. */
    private static byte[] varint(long value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(10);
        long left = value;
        while ((left & ~0x7FL) != 0) {
            bytes.write((int) (left & 0x7F | 0x80));
            left >>>= 7;
        }
        bytes.write((int) left);
        return bytes.toByteArray();
    }
}
