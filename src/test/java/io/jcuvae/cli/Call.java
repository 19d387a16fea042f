package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A call of the program within this process: its exit code and what it printed. */
record Call(int code, String out, String err) {
    static Call of(Object... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = Arrays.stream(words).map(Object::toString).toArray(String[]::new);
        int code = Main.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Call(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** A call that must do its work without a word on standard error. */
    static Call done(Object... words) {
        Call call = of(words);
        assertEquals("", call.err);
        assertEquals(0, call.code, call.out);
        return call;
    }

    /** A call that must be refused as a mistake of the user's, in one line without a stack trace. */
    static String refused(Object... words) {
        Call call = of(words);
        assertEquals(2, call.code, call.toString());
        assertEquals("", call.out);
        assertTrue(call.err.startsWith("error: ") && call.err.endsWith("\n"), call.err);
        assertEquals(1, call.err.lines().count(), call.err);
        return call.err.strip();
    }

    /** Standard output, which must be one JSON object and nothing else. */
    JsonObject json() {
        try (JsonReader reader = new JsonReader(new StringReader(out))) {
            JsonObject object = JsonParser.parseReader(reader).getAsJsonObject();
            assertEquals(JsonToken.END_DOCUMENT, reader.peek(), out);
            return object;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
