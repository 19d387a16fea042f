package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Event files read by the text of their formats alone: records as tensorflow/core/lib/io/record_writer.h describes them, messages
 * by the wire format, the checksum bit by bit from its polynomial. It shares nothing with what writes them.
 */
final class EventRecords {
    private EventRecords() {}

    /** A message: of each field number the values, whole numbers and bytes, in their order. */
    record Message(Map<Integer, List<Object>> fields) {
        static Message of(byte[] bytes) {
            Map<Integer, List<Object>> fields = new TreeMap<>();
            ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            while (in.hasRemaining()) {
                long key = varint(in);
                Object value =
                        switch ((int) (key & 7)) {
                            case 0 -> varint(in);
                            case 1 -> in.getLong();
                            case 2 -> {
                                byte[] part = new byte[(int) varint(in)];
                                in.get(part);
                                yield part;
                            }
                            case 5 -> (long) in.getInt();
                            default -> throw new AssertionError("wire type " + (key & 7));
                        };
                fields.computeIfAbsent((int) (key >>> 3), f -> new ArrayList<>())
                        .add(value);
            }
            return new Message(fields);
        }

        private static long varint(ByteBuffer in) {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = in.get();
                value |= (long) (next & 0x7F) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }

        boolean has(int field) {
            return fields.containsKey(field);
        }

        long number(int field) {
            return has(field) ? (Long) fields.get(field).get(0) : 0;
        }

        double wide(int field) {
            return Double.longBitsToDouble(number(field));
        }

        float real(int field) {
            return Float.intBitsToFloat((int) number(field));
        }

        byte[] bytes(int field) {
            return (byte[]) fields.get(field).get(0);
        }

        String text(int field) {
            return new String(bytes(field), StandardCharsets.UTF_8);
        }

        Message message(int field) {
            return of(bytes(field));
        }

        List<Message> messages(int field) {
            return fields.getOrDefault(field, List.of()).stream()
                    .map(value -> of((byte[]) value))
                    .toList();
        }
    }

    /** The event files of a folder, in the order in which TensorBoard reads them. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().contains("tfevents"))
                    .sorted()
                    .toList();
        }
    }

    /** The events of a file, whose checksums must be right. */
    static List<Message> events(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Message> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertEquals(masked(length), in.getInt(), "checksum of a length");
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(data);
            assertEquals(masked(data), in.getInt(), "checksum of an event");
            events.add(Message.of(data));
        }
        return events;
    }

    /** The scalars that TensorBoard draws of a folder, by tag and step: later files take back steps by their restart. */
    static Map<String, Map<Long, Float>> scalars(Path folder) throws IOException {
        Map<String, Map<Long, Float>> scalars = new LinkedHashMap<>();
        for (Path file : files(folder)) {
            for (Message event : events(file)) {
                long step = event.number(2);
                if (event.has(7) && event.message(7).number(1) == 1) {
                    scalars.values().forEach(steps -> steps.keySet().removeIf(known -> known >= step));
                }
                for (Message value : event.has(5) ? event.message(5).messages(1) : List.<Message>of()) {
                    if (value.has(2)) {
                        Float before = scalars.computeIfAbsent(value.text(1), tag -> new TreeMap<>())
                                .put(step, value.real(2));
                        assertTrue(before == null, () -> value.text(1) + " comes twice at step " + step);
                    }
                }
            }
        }
        return scalars;
    }

    /** CRC-32C (RFC 3720, appendix B.4: polynomial 0x1EDC6F41, here with its bits reversed), rotated and shifted. */
    static int masked(byte[] bytes) {
        int crc = crc(bytes);
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    static int crc(byte[] bytes) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xFF;
            for (int bit = 0; bit < 8; bit++) {
                crc = crc >>> 1 ^ ((crc & 1) == 1 ? 0x82F63B78 : 0);
            }
        }
        return ~crc;
    }
}
