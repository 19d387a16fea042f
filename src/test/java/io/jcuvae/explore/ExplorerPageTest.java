package io.jcuvae.explore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.OnePicture;
import io.jcuvae.data.SampleReader;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.report.Browser;
import io.jcuvae.train.ConditionRuns;
import io.jcuvae.train.SmallRuns;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, used as people do; skipped where there is none. */
@Timeout(120)
class ExplorerPageTest {
    /** The code that is seen, or null before there is one. */
    private static final String SHOWN = "document.getElementById('picture').dataset.code || null";

    /** The first channel of the picture that is seen. */
    private static final String PIXELS = "(() => { const c = document.getElementById('picture');"
            + " return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((v, i) => i % 4 == 0); })()";

    private static final String MESSAGE = "document.getElementById('message').textContent";

    @TempDir
    Path folder;

    private Browser browser;

    private static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }

    /** Waits until an expression is true; the test's time-out ends it. */
    private void until(String expression) throws InterruptedException {
        while (!browser.evaluate("Boolean(" + expression + ")").getAsBoolean()) {
            Thread.sleep(10);
        }
    }

    private void click(String id) throws InterruptedException {
        browser.evaluate("document.getElementById('" + id + "').click()");
    }

    private void mouse(String type, double x, double y) throws InterruptedException {
        browser.call(
                "Input.dispatchMouseEvent",
                object("{type: '" + type + "', x: " + x + ", y: " + y
                        + ", button: 'left', buttons: 1, clickCount: 1}"));
    }

    /** Presses at one place of an element and lets go at another; places are shares of its width and height. */
    private void drag(String id, double x1, double y1, double x2, double y2) throws InterruptedException {
        JsonArray box = browser.evaluate("(() => { const e = document.getElementById('" + id
                        + "'); e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
                        + " return [b.left, b.top, b.width, b.height]; })()")
                .getAsJsonArray();
        double[] b = box.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
        mouse("mousePressed", b[0] + x1 * b[2], b[1] + y1 * b[3]);
        for (int k = 1; k <= 4; k++) {
            mouse("mouseMoved", b[0] + (x1 + (x2 - x1) * k / 4) * b[2], b[1] + (y1 + (y2 - y1) * k / 4) * b[3]);
        }
        mouse("mouseReleased", b[0] + x2 * b[2], b[1] + y2 * b[3]);
    }

    private void key(String key) throws InterruptedException {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            int code = key.equals("ArrowRight") ? 39 : key.equals("Enter") ? 13 : 0;
            browser.call(
                    "Input.dispatchKeyEvent",
                    object("{type: '" + type + "', key: '" + key + "', code: '" + key + "', windowsVirtualKeyCode: "
                            + code + "}"));
        }
    }

    /** Gives the page's input a file. */
    private void upload(Path file) throws InterruptedException {
        JsonObject found =
                browser.call("Runtime.evaluate", object("{expression: \"document.getElementById('file')\"}"));
        JsonObject parameters = new JsonObject();
        JsonArray files = new JsonArray();
        files.add(file.toString());
        parameters.add("files", files);
        parameters.add("objectId", found.getAsJsonObject("result").get("objectId"));
        browser.call("DOM.setFileInputFiles", parameters);
    }

    private float[] shown() throws InterruptedException {
        return Served.floats(
                JsonParser.parseString(browser.evaluate(SHOWN).getAsString()).getAsJsonArray());
    }

    /** What is seen is what the library makes of the code that is said to be seen. */
    private void assertSeen(Served served, int label) throws InterruptedException {
        float[] made = served.library.decode(shown(), 1, label);
        byte[] expected = OnePicture.pixels(made, served.model.data().shape());
        JsonArray found = browser.evaluate(PIXELS).getAsJsonArray();
        assertEquals(expected.length, found.size());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i] & 0xFF, found.get(i).getAsInt(), 1, "pixel " + i);
        }
    }

    private void assertClean(Served served) {
        for (String method : List.of("Runtime.consoleAPICalled", "Runtime.exceptionThrown")) {
            assertEquals(List.of(), browser.events(method));
        }
        for (JsonObject request : browser.events("Network.requestWillBeSent")) {
            String url = request.getAsJsonObject("request").get("url").getAsString();
            assertTrue(url.startsWith(served.address.toString()) || url.startsWith("blob:"), url);
        }
    }

    private void photograph(String name) throws IOException, InterruptedException {
        if (System.getenv("JCUVAE_SCREENSHOTS") != null) {
            JsonObject taken = browser.call("Page.captureScreenshot", object("{captureBeyondViewport: true}"));
            Files.write(
                    Path.of(System.getenv("JCUVAE_SCREENSHOTS"), name + ".png"),
                    Base64.getDecoder().decode(taken.get("data").getAsString()));
        }
    }

    private static String program() {
        Optional<String> program = Browser.program();
        Assumptions.assumeTrue(
                program.isPresent(),
                "no Chromium on this machine: the explorer's page is not looked at (JCUVAE_BROWSER names one)");
        return program.get();
    }

    @Test
    void whatIsMovedIsSeen() throws Exception {
        String program = program();
        try (Served served = new Served(SmallRuns.config(4), SmallRuns.blobs(60, 1), Served.GENEROUS);
                Browser opened = new Browser(program, Files.createDirectory(folder.resolve("profile")))) {
            browser = opened;
            browser.open(served.address, 1400, false);
            until(SHOWN);
            assertArrayEquals(new float[3], shown());
            assertSeen(served, -1);
            int first = sliderOfMostKl();
            drag("latent-" + first, 0.5, 0.5, 0.9, 0.5);
            until("JSON.parse(" + SHOWN + ")[" + (first - 1) + "] > 2");
            until("JSON.parse(" + SHOWN + ")[" + (first - 1) + "] == document.getElementById('latent-" + first
                    + "').value");
            assertSeen(served, -1);
            browser.evaluate("document.getElementById('latent-" + first + "').focus()");
            float before = shown()[first - 1];
            key("ArrowRight");
            until("JSON.parse(" + SHOWN + ")[" + (first - 1) + "] > " + (before + 1e-3));
            assertSeen(served, -1);
            drag("map", 0.5, 0.5, 0.3, 0.6);
            float[] dragged = shown();
            browser.evaluate("document.getElementById('map').focus()");
            key("Enter");
            until("!document.getElementById('given-figure').hidden");
            until(SHOWN + " != '" + Served.array(dragged) + "'");
            until(MESSAGE + ".startsWith('Sample ')");
            String message = browser.evaluate(MESSAGE).getAsString();
            int row = Integer.parseInt(message.replaceAll("Sample (\\d+) of .*", "$1"));
            float[] code =
                    served.library.code(Inspection.row(served.rows.rows(), row, SmallRuns.SIDE * SmallRuns.SIDE), -1);
            until("Math.abs(JSON.parse(" + SHOWN + ")[0] - " + code[0] + ") < 1e-4");
            assertArrayEquals(code, shown(), 1e-4f);
            assertSeen(served, -1);
            walk(served);
            pictures(served);
            saved(served);
            assertClean(served);
        }
    }

    private int sliderOfMostKl() throws InterruptedException {
        return Integer.parseInt(browser.evaluate("document.querySelector('#sliders input').id.slice(7)")
                .getAsString());
    }

    private void walk(Served served) throws InterruptedException {
        click("from-here");
        float[] from = shown();
        click("reset");
        until(SHOWN + " == '[0,0,0]'");
        click("to-here");
        assertEquals(
                "Play",
                browser.evaluate("document.getElementById('play').textContent").getAsString());
        click("play");
        until("document.getElementById('position').value > 3");
        until(
                "document.getElementById('play').textContent == 'Play' && document.getElementById('position').value == 60");
        until(SHOWN + " == '[0,0,0]'");
        browser.evaluate("(() => { const p = document.getElementById('position'); p.value = 30;"
                + " p.dispatchEvent(new Event('input')); })()");
        until("Math.abs(JSON.parse(" + SHOWN + ")[0] - " + from[0] / 2 + ") < 1e-5");
        assertSeen(served, -1);
    }

    private void pictures(Served served) throws IOException, InterruptedException {
        BufferedImage image = new BufferedImage(30, 20, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 100; p++) {
            image.setRGB(8 + p % 10, 5 + p / 10, 0xffffff);
        }
        Path good = folder.resolve("a square.png");
        ImageIO.write(image, "png", good.toFile());
        upload(good);
        until(MESSAGE + ".startsWith('Encoded a square.png')");
        float[] code = served.library.code(
                OnePicture.row(Files.readAllBytes(good), served.model.data().shape()), -1);
        until("Math.abs(JSON.parse(" + SHOWN + ")[1] - " + code[1] + ") < 1e-4");
        assertArrayEquals(code, shown(), 1e-4f);
        assertSeen(served, -1);
        byte[] bytes = Files.readAllBytes(good);
        bytes[bytes.length / 2] ^= 0x10;
        Path bad = folder.resolve("bad <b>.png");
        Files.write(bad, bytes);
        upload(bad);
        until(MESSAGE + ".startsWith('bad <b>.png is not encoded: the picture cannot be read: ')");
        assertEquals(
                "bad",
                browser.evaluate("document.getElementById('message').className").getAsString());
        assertArrayEquals(code, shown(), 1e-4f);
    }

    private void saved(Served served) throws IOException, InterruptedException {
        Path downloads = Files.createDirectory(folder.resolve("downloads"));
        JsonObject where = object("{behavior: 'allow'}");
        where.addProperty("downloadPath", downloads.toString());
        browser.call("Browser.setDownloadBehavior", where);
        for (String kind : List.of("npy", "json", "png")) {
            click("save-" + kind);
        }
        for (String name : List.of("code.npy", "code.json", "decoded.png")) {
            while (!Files.exists(downloads.resolve(name))) {
                browser.evaluate("1");
                Thread.sleep(10);
            }
        }
        float[] code = new float[3];
        try (SampleReader reader =
                DataSource.openLatents(downloads.resolve("code.npy").toString(), 3)) {
            assertEquals(1, reader.read(code, 1));
        }
        assertArrayEquals(shown(), code);
        JsonObject json = object(Files.readString(downloads.resolve("code.json")));
        assertArrayEquals(shown(), Served.floats(json, "code"));
        float[] made = served.library.decode(code, 1, -1);
        byte[] expected = OnePicture.pixels(made, served.model.data().shape());
        BufferedImage picture = ImageIO.read(downloads.resolve("decoded.png").toFile());
        for (int i = 0; i < expected.length; i++) {
            int level = picture.getRGB(i % SmallRuns.SIDE, i / SmallRuns.SIDE) & 0xFF;
            assertEquals(expected[i] & 0xFF, level, 1, "pixel " + i);
        }
    }

    /** Nothing beyond the window at any width, in both themes; classes change the picture. */
    @Test
    void fitsAnyWindow() throws Exception {
        String program = program();
        try (Served served = new Served(ConditionRuns.config(4), ConditionRuns.blobs(60, 1), Served.GENEROUS);
                Browser opened = new Browser(program, Files.createDirectory(folder.resolve("profile")))) {
            browser = opened;
            for (int width : new int[] {360, 800, 1400}) {
                for (boolean dark : new boolean[] {false, true}) {
                    browser.open(served.address, width, dark);
                    until(SHOWN);
                    String where = width + (dark ? " dark" : " light");
                    int wide = browser.evaluate("document.documentElement.scrollWidth")
                            .getAsInt();
                    assertTrue(wide <= width, where + ": " + wide);
                    assertEquals(
                            "[]",
                            browser.evaluate("[...document.querySelectorAll('body *')]"
                                            + ".filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)"
                                            + ".map(e => e.tagName + ' ' + e.id)")
                                    .toString(),
                            where);
                    assertEquals(
                            "[]",
                            browser.evaluate("[...document.querySelectorAll('input, select, button')]"
                                            + ".filter(e => !e.labels?.length && !e.textContent.trim()).map(e => e.id)")
                                    .toString(),
                            where);
                    photograph("explorer-" + width + (dark ? "-dark" : ""));
                    assertClean(served);
                }
            }
            browser.evaluate("(() => { const s = document.getElementById('label'); s.value = 2;"
                    + " s.dispatchEvent(new Event('change')); })()");
            until("document.getElementById('picture').dataset.label == '2'");
            assertSeen(served, 2);
        }
    }
}
