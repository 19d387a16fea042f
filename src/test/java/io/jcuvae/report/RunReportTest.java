package io.jcuvae.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
    private static final Pattern HEADING = Pattern.compile("<h2>([^<]*)</h2>");

    @TempDir
    Path folder;

    private static List<String> headings(String html) {
        return HEADING.matcher(html).results().map(found -> found.group(1)).toList();
    }

    private String finished(String name, String... settings) throws IOException {
        ReportFixture fixture = new ReportFixture(folder);
        var config = SmallRuns.config(1);
        for (int i = 0; i < settings.length; i += 2) {
            config = config.with(Setting.find(settings[i]).orElseThrow(), settings[i + 1]);
        }
        Trainer trainer = fixture.train(name, config);
        fixture.report(name, trainer, System::nanoTime).end(RunReport.State.FINISHED, "");
        return Files.readString(new RunFolder(fixture.path(name)).report());
    }

    @Test
    void hasAllThatAppliesInOrder() throws IOException {
        String html = finished("run");
        assertEquals(
                List.of(
                        "Configuration",
                        "Data and protocol",
                        "Results",
                        "Curves",
                        "KL per latent",
                        "Reconstructions",
                        "Samples",
                        "Traversals",
                        "Timings",
                        "Environment",
                        "How to repeat it"),
                headings(html));
        assertTrue(html.contains("<th scope=\"row\">hidden</th>\n<td>32,16</td>"));
        assertTrue(html.contains("scripts/vae train --data ")
                && html.contains(" --hidden 32,16 ")
                && html.contains("-again"));
        assertTrue(html.contains("sha256:"));
    }

    /** What a variant does not have is left out. */
    @Test
    void leavesOutWhatDoesNotApply() throws IOException {
        List<String> ae = headings(finished("ae", "posterior", "none"));
        assertFalse(ae.contains("KL per latent") || ae.contains("Samples"), ae.toString());
        assertTrue(ae.contains("Reconstructions") && ae.contains("Traversals"), ae.toString());
        assertFalse(finished("ae2", "posterior", "none").contains(">KL<"));
    }

    /** One file that loads nothing and runs nothing, whatever the data are called. */
    @Test
    void loadsNothingAndRunsNothing() throws IOException {
        ReportFixture fixture = new ReportFixture(folder);
        for (Path page : List.of(fixture.finished(), fixture.failed(), fixture.compared())) {
            String html = Files.readString(page);
            assertFalse(html.contains("<script"), page.toString());
            assertFalse(html.contains("<img src=x"), page.toString());
            assertTrue(html.contains("default-src 'none'; img-src data:;"));
            Matcher loaded = Pattern.compile("(?:src|href)=\"(.{5})").matcher(html);
            while (loaded.find()) {
                assertEquals("data:", loaded.group(1));
            }
            assertFalse(Pattern.compile("url\\(|@import|https?://(?!www.w3.org)")
                    .matcher(html)
                    .find());
            assertTrue(html.contains("&lt;script&gt;window.touched"), page.toString());
            assertTrue(Files.size(page) < 600_000, Files.size(page) + " bytes");
        }
    }

    @Test
    void anOpenPageFollowsTheRunUntilItEnds() throws IOException {
        ReportFixture fixture = new ReportFixture(folder);
        Trainer trainer = fixture.train("run", SmallRuns.config(2));
        Path page = new RunFolder(fixture.path("run")).report();
        RunReport report = fixture.report("run", trainer, System::nanoTime);
        report.begin();
        String begun = Files.readString(page);
        assertTrue(begun.contains("http-equiv=\"refresh\""));
        report.epoch(2);
        report.end(RunReport.State.STOPPED, "stopped in epoch 2");
        String stopped = Files.readString(page);
        assertFalse(stopped.contains("http-equiv=\"refresh\""));
        assertTrue(stopped.contains("Stopped in epoch 2.") && stopped.contains(">Reconstructions<"));
        report.end(RunReport.State.FAILED, "the loss is NaN");
        assertTrue(Files.readString(page).contains("Failed: the loss is NaN"));
        try (var files = Files.list(fixture.path("run"))) {
            assertEquals(
                    0, files.filter(file -> file.toString().endsWith(".part")).count());
        }
    }

    /** By a clock of its own: a page waits until a hundred times its cost has passed, pictures fifty times theirs. */
    @Test
    void takesAShareOfTheTime() {
        AtomicLong now = new AtomicLong();
        RunReport.Pace pace = new RunReport.Pace(50, now::get);
        assertTrue(pace.due());
        pace.measure(() -> now.addAndGet(900));
        assertTrue(pace.due(), "the first time says nothing");
        pace.measure(() -> now.addAndGet(7));
        assertFalse(pace.due());
        now.addAndGet(7 * 50 - 1);
        assertFalse(pace.due());
        now.addAndGet(1);
        assertTrue(pace.due());
        pace.measure(() -> now.addAndGet(1));
        now.addAndGet(50);
        assertTrue(pace.due());
        assertEquals(908, pace.total());
        assertEquals(3, pace.count());
    }

    @Test
    void looksAtFewRowsOfLargePictures() {
        assertEquals(1000, RunReport.rows(784));
        assertEquals(21, RunReport.rows(3 * 256 * 256));
        assertEquals(8, RunReport.rows(1 << 24));
    }

    @Test
    void aComparisonBeginsWithWhatDiffers() throws IOException {
        String html = Files.readString(new ReportFixture(folder).compared());
        assertEquals(
                List.of(
                        "What differs",
                        "Curves",
                        "Measures",
                        "Samples from the same noise",
                        "Reconstructions of the same samples"),
                headings(html));
        String differs = html.substring(html.indexOf("What differs"), html.indexOf(">Curves<"));
        for (String key : List.of("epochs", "latent", "beta", "posterior")) {
            assertTrue(differs.contains("<th scope=\"row\">" + key + "</th>"), key);
        }
        assertFalse(differs.contains(">hidden<") || differs.contains(">seed<"), differs);
        assertTrue(html.contains("The losses do not compare one to one, as the runs differ in beta"));
    }

    @Test
    void wordsOfAShellAreQuoted() {
        assertEquals("a/b-1.npy", Page.quoted("a/b-1.npy"));
        assertEquals("'a b'\\''c'", Page.quoted("a b'c"));
    }
}
