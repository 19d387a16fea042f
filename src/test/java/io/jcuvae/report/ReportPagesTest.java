package io.jcuvae.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages in a real browser; skipped where there is none. */
class ReportPagesTest {
    /** Elements that reach beyond the window, but for what scrolls by itself. */
    private static final String BEYOND = """
            [...document.querySelectorAll('body *')]
              .filter(e => !e.closest('.scroll table') && e.getBoundingClientRect().right > innerWidth + 0.5)
              .map(e => e.tagName + ' ' + (e.textContent || '').slice(0, 40))
            """;

    /** Text with a contrast below 4.5 to what lies behind it (WCAG 2.1, 1.4.3). */
    private static final String FAINT = """
            (() => {
              const numbers = c => c.match(/[\\d.]+/g).map(Number);
              const light = c => { const [r, g, b] = numbers(c).slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
                if ((numbers(c)[3] ?? 1) > 0.5) return c; } return 'rgb(255, 255, 255)'; };
              return [...document.querySelectorAll('body *')]
                .filter(e => e.tagName != 'title' && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
                .filter(e => { const s = getComputedStyle(e); const a = light(e.closest('svg') ? s.fill : s.color);
                  const b = light(behind(e)); return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; })
                .map(e => e.tagName + ' ' + e.textContent.slice(0, 40)); })()
            """;

    /** Text of charts that is too small to be read. */
    private static final String TINY = """
            [...document.querySelectorAll('svg text')].filter(e => {
              const box = e.getBoundingClientRect(); return Math.min(box.width, box.height) < 8 && e.textContent.length > 1; })
              .map(e => e.textContent)
            """;

    @TempDir
    Path folder;

    @Test
    void areReadableAtAnyWidthInBothThemes() throws Exception {
        Optional<String> program = Browser.program();
        Assumptions.assumeTrue(
                program.isPresent(),
                "no Chromium on this machine: the pages are not looked at (JCUVAE_BROWSER names one)");
        ReportFixture fixture = new ReportFixture(folder);
        List<Path> pages = List.of(fixture.finished(), fixture.failed(), fixture.compared());
        Path profile = Files.createDirectory(folder.resolve("profile"));
        try (Browser browser = new Browser(program.get(), profile)) {
            for (Path page : pages) {
                for (int width : new int[] {360, 800, 1400}) {
                    for (boolean dark : new boolean[] {false, true}) {
                        check(browser, page.toUri(), width, dark);
                    }
                }
            }
        }
    }

    private static void check(Browser browser, URI page, int width, boolean dark) throws InterruptedException {
        browser.open(page, width, dark);
        String where = page + " at " + width + (dark ? ", dark: " : ", light: ");
        assertEquals(width, browser.evaluate("innerWidth").getAsInt(), where);
        assertEquals("complete", browser.evaluate("document.readyState").getAsString(), where);
        JsonElement wide = browser.evaluate("document.documentElement.scrollWidth");
        assertTrue(wide.getAsInt() <= width, where + wide + " wide: " + browser.evaluate(BEYOND));
        assertEquals("[]", browser.evaluate(BEYOND).toString(), where);
        assertEquals("[]", browser.evaluate(FAINT).toString(), where);
        assertEquals("[]", browser.evaluate(TINY).toString(), where);
        assertEquals(
                "[]",
                browser.evaluate(
                                "[...document.images].filter(i => !i.complete || !i.naturalWidth || !i.alt).map(i => i.alt)")
                        .toString(),
                where);
        double brightness = browser.evaluate(
                        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((a, b) => a + +b, 0)")
                .getAsDouble();
        assertEquals(dark, brightness < 200, where + brightness);
        assertEquals(0, browser.evaluate("document.scripts.length").getAsInt(), where);
        assertEquals("undefined", browser.evaluate("typeof window.touched").getAsString(), where);
        for (String method : List.of("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")) {
            assertEquals(List.of(), browser.events(method), where);
        }
        for (JsonObject request : browser.events("Network.requestWillBeSent")) {
            String url = request.getAsJsonObject("request").get("url").getAsString();
            assertTrue(url.startsWith("data:") || url.equals(page.toString()), where + url);
        }
    }
}
