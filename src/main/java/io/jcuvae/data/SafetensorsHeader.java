package io.jcuvae.data;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file, checked against itself: known types, no name twice, every array's place as long as
 * its shape asks, the places one after the other without gap or overlap.
 *
 * @param metadata text by key
 * @param places where each array lies
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Place> places) {
    /** The format's own bound. */
    private static final long LONGEST = 100_000_000;

    private static final int MOST_DIMS = 16;

    /** An array's type, shape and byte range within the values. */
    record Place(Safetensors.DType dtype, int[] shape, long begin, long end) {
        long bytes() {
            return end - begin;
        }
    }

    /** The bytes of all values. */
    long dataBytes() {
        return places.values().stream().mapToLong(Place::end).max().orElse(0);
    }

    /** The names as the values lie in the file. */
    List<String> inFileOrder() {
        List<String> names = new ArrayList<>(places.keySet());
        names.sort(Comparator.comparingLong((String name) -> places.get(name).begin())
                .thenComparingLong(name -> places.get(name).end()));
        return names;
    }

    /** Reads the header; the values follow. */
    static SafetensorsHeader read(ByteSource source) {
        String file = source.name();
        long length = ByteBuffer.wrap(source.next(8, "the header length"))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        if (length < 2 || length > LONGEST) {
            throw new UserError(
                    file + ": claims a header of " + Long.toUnsignedString(length) + " bytes where 2 to " + LONGEST
                            + " are accepted; it is no safetensors file or is damaged: check that this is the right"
                            + " file");
        }
        source.requireAtLeast(length, "the header");
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(source.next((int) length, "the header")))
                    .toString();
            SafetensorsHeader header = parse(file, text);
            header.requireGapless(file);
            return header;
        } catch (CharacterCodingException e) {
            throw Faults.damaged(file, "its header is no UTF-8 text");
        } catch (IOException | JsonParseException | IllegalStateException | NumberFormatException e) {
            throw new UserError(
                    Faults.damaged(file, "its header is no JSON of the safetensors format")
                            .getMessage(),
                    e);
        }
    }

    private static SafetensorsHeader parse(String file, String text) throws IOException {
        JsonReader json = new JsonReader(new StringReader(text));
        json.setStrictness(Strictness.STRICT);
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Place> places = new LinkedHashMap<>();
        boolean told = false;
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (name.equals(Safetensors.METADATA) && !told) {
                told = true;
                readMetadata(file, json, metadata);
            } else if (name.equals(Safetensors.METADATA) || places.put(name, place(file, name, json)) != null) {
                throw Faults.damaged(file, "its header names " + Faults.quoted(name) + " twice");
            }
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw new IllegalStateException("text after the header");
        }
        return new SafetensorsHeader(metadata, places);
    }

    private static void readMetadata(String file, JsonReader json, Map<String, String> metadata) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            if (json.peek() != JsonToken.STRING || metadata.put(key, json.nextString()) != null) {
                throw Faults.damaged(file, "its metadata " + Faults.quoted(key) + " is no text or is given twice");
            }
        }
        json.endObject();
    }

    private static Place place(String file, String name, JsonReader json) throws IOException {
        String dtype = null;
        long[] shape = null;
        long[] range = null;
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            if (key.equals("dtype") && dtype == null && json.peek() == JsonToken.STRING) {
                dtype = json.nextString();
            } else if (key.equals("shape") && shape == null) {
                shape = numbers(json, MOST_DIMS);
            } else if (key.equals("data_offsets") && range == null) {
                range = numbers(json, 2);
            } else {
                throw Faults.damaged(
                        file,
                        "its header gives array " + Faults.quoted(name) + " a faulty or second " + Faults.quoted(key));
            }
        }
        json.endObject();
        if (dtype == null || shape == null || range == null || range.length != 2) {
            throw Faults.damaged(
                    file, "its header gives array " + Faults.quoted(name) + " no dtype, shape or data_offsets");
        }
        return checked(file, name, dtype, shape, range);
    }

    private static Place checked(String file, String name, String dtype, long[] shape, long[] range) {
        Safetensors.DType type = Arrays.stream(Safetensors.DType.values())
                .filter(known -> known.name().equals(dtype))
                .findFirst()
                .orElseThrow(() -> new UserError(file + ": array " + Faults.quoted(name) + " has type "
                        + Faults.quoted(dtype) + "; F32, F64, I32, I64 and U8 are supported: convert it"));
        long bytes = type.size();
        int[] sizes = new int[shape.length];
        for (int d = 0; d < shape.length; d++) {
            sizes[d] = (int) shape[d];
            // Products beyond an int's range are beyond what a Java array can take, so they cannot be held anyway.
            bytes = shape[d] > Integer.MAX_VALUE || bytes > Integer.MAX_VALUE * 8L ? Long.MAX_VALUE : bytes * shape[d];
        }
        if (range[1] - range[0] != bytes) {
            throw Faults.damaged(
                    file,
                    "its header gives array " + Faults.quoted(name) + " of shape " + Faults.list(shape) + " and type "
                            + dtype + " the bytes " + Faults.list(range));
        }
        return new Place(type, sizes, range[0], range[1]);
    }

    private static long[] numbers(JsonReader json, int most) throws IOException {
        long[] numbers = new long[most];
        int count = 0;
        json.beginArray();
        while (json.hasNext()) {
            // nextLong would take a number in quotes or 1.0 as well.
            if (count == most || json.peek() != JsonToken.NUMBER) {
                throw new IllegalStateException("no short list of numbers");
            }
            String text = json.nextString();
            if (!text.matches("\\d{1,18}")) {
                throw new IllegalStateException("no whole number");
            }
            numbers[count++] = Long.parseLong(text);
        }
        json.endArray();
        return Arrays.copyOf(numbers, count);
    }

    private void requireGapless(String file) {
        long end = 0;
        for (String name : inFileOrder()) {
            Place place = places.get(name);
            if (place.begin() != end) {
                throw Faults.damaged(
                        file,
                        "its header puts array " + Faults.quoted(name) + " at byte " + place.begin()
                                + " of the values where " + end + " is next");
            }
            end = place.end();
        }
    }
}
