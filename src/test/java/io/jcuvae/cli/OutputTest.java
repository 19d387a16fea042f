package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class OutputTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String written() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void jsonSurvivesAnyEncoding() {
        JsonObject json = new JsonObject();
        json.addProperty("file", "Mond-\u00e4\u00df-\u2202.npy");
        Output output = Output.of(stream, stream).with(true, false);
        output.line("not for programs");
        output.note("nor this");
        output.json(json);
        assertEquals("{\"file\":\"Mond-\\u00e4\\u00df-\\u2202.npy\"}\n", written());
    }

    @Test
    void nobodyWatchesAPipe() {
        assertNull(Output.of(stream, stream).live());
    }

    @Test
    void theLiveLineChangesInPlaceAndGoesAway() {
        LiveLine line = new LiveLine(stream, 10, (state, length) -> state.getExtraMessage());
        line.at(3, "three of ten");
        long patience = System.nanoTime() + 10_000_000_000L;
        while (!written().contains("three of ten") && System.nanoTime() < patience) {
            Thread.onSpinWait();
        }
        line.close();
        line.close();
        assertTrue(written().contains("\r\033[Kthree of ten"), written());
        assertTrue(written().endsWith("\r\033[K"), written());
        assertTrue(!written().contains("\n"), written());
    }

    @Test
    void numbersReadTheSameInEveryCountry() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals("1,234,567", Figures.count(1_234_567));
            assertEquals("123.46", Figures.nats(123.456));
            assertEquals("0.058", Figures.nats(0.0580));
            assertEquals("1.000e-05", Figures.nats(1e-5));
            assertEquals("1.235e+09", Figures.nats(1_234_567_890));
            assertEquals("0:00", Figures.time(0.2));
            assertEquals("2:05", Figures.time(125));
            assertEquals("1:00:01", Figures.time(3601));
            assertEquals("[===   ]", Figures.bar(0.5, 8));
            assertEquals("[======]", Figures.bar(1.5, 8));
        } finally {
            Locale.setDefault(before);
        }
    }
}
