package io.jcuvae.explore;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * What a page asks, read strictly: a JSON object of the fields here and no others.
 *
 * @param view what shows the answer, or null
 * @param code [Z], or null
 * @param to [Z], or null
 * @param label a class's number, or -1
 * @param arc whether a walk follows the arc
 * @param steps of a walk, or 0
 */
record Question(String view, float[] code, float[] to, int label, boolean arc, int steps) {
    private static final int LONGEST_VIEW = 40;
    /** Far outside of any prior, near enough for float arithmetic. */
    private static final double FURTHEST = 1e6;

    /** The most bytes of a question about codes of so many values. */
    static int mostBytes(int latents) {
        return 1024 + 64 * latents;
    }

    /**
     * Reads one.
     *
     * @param latents Z
     * @throws Refusal saying what is wrong
     */
    static Question read(byte[] body, int latents) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
            JsonReader reader =
                    new JsonReader(new InputStreamReader(new ByteArrayInputStream(body), StandardCharsets.UTF_8));
            reader.setStrictness(Strictness.STRICT);
            reader.setNestingLimit(3);
            Question question = read(reader, latents);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new Refusal(400, "something follows the JSON object");
            }
            return question;
        } catch (CharacterCodingException e) {
            throw new Refusal(400, "the body is not UTF-8");
        } catch (MalformedJsonException e) {
            throw new Refusal(400, "the body is no JSON");
        } catch (IOException | IllegalStateException | NumberFormatException | JsonParseException e) {
            throw new Refusal(400, "the body is not the JSON object that is expected");
        }
    }

    private static Question read(JsonReader reader, int latents) throws IOException {
        String view = null;
        float[] code = null;
        float[] to = null;
        int label = -1;
        boolean arc = false;
        int steps = 0;
        Set<String> seen = new HashSet<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (!seen.add(name)) {
                throw new Refusal(400, "a field comes twice");
            }
            switch (name) {
                case "view" -> view = view(reader);
                case "code" -> code = code(reader, latents);
                case "to" -> to = code(reader, latents);
                case "label" -> label = reader.nextInt();
                case "arc" -> arc = reader.nextBoolean();
                case "steps" -> steps = reader.nextInt();
                default ->
                    throw new Refusal(
                            400,
                            "there is a field that is not known; there are view, code, to, label, arc," + " steps");
            }
        }
        reader.endObject();
        return new Question(view, code, to, label, arc, steps);
    }

    private static String view(JsonReader reader) throws IOException {
        String view = reader.peek() == JsonToken.STRING ? reader.nextString() : "";
        if (view.isEmpty() || view.length() > LONGEST_VIEW) {
            throw new Refusal(400, "view must be a text of 1 to " + LONGEST_VIEW + " characters");
        }
        return view;
    }

    private static float[] code(JsonReader reader, int latents) throws IOException {
        float[] code = new float[latents];
        int count = 0;
        reader.beginArray();
        while (reader.hasNext()) {
            double value = reader.peek() == JsonToken.NUMBER ? reader.nextDouble() : Double.NaN;
            if (count == latents || !(Math.abs(value) <= FURTHEST)) {
                throw new Refusal(400, "a code is " + latents + " numbers from -1e6 to 1e6");
            }
            code[count++] = (float) value;
        }
        reader.endArray();
        if (count != latents) {
            throw new Refusal(400, "a code is " + latents + " numbers from -1e6 to 1e6; got " + count);
        }
        return code;
    }

    /** Equality of records would compare arrays by identity; questions are not compared. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
