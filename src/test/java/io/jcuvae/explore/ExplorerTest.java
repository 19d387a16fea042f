package io.jcuvae.explore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.OnePicture;
import io.jcuvae.jobs.CodePaths;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.LatentUse;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.ConditionRuns;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the server answers to those who ask as the page does. */
@Timeout(60)
class ExplorerTest {
    private static final int SIDE = SmallRuns.SIDE;

    private static Served plain() {
        return new Served(SmallRuns.config(4), SmallRuns.blobs(60, 1), Served.GENEROUS);
    }

    /** The library decodes in batches of its own size, for which products round otherwise: a level at most. */
    private static void assertPixels(byte[] expected, byte[] found) {
        assertEquals(expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i] & 0xFF, found[i] & 0xFF, 1, "pixel " + i);
        }
    }

    private static byte[] png(byte[] grey) throws IOException {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, SIDE, SIDE, grey);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    @Test
    void aCodeIsDecodedAsTheLibraryDoes() throws Exception {
        try (Served served = plain()) {
            float[][] codes = {{0, 0, 0}, {1.5f, -2, 0.25f}, {-3, 3, 1e-7f}};
            for (float[] code : codes) {
                HttpResponse<byte[]> answer =
                        served.ask("/api/decode", "{\"view\":\"v\",\"code\":" + Served.array(code) + "}");
                assertEquals(200, answer.statusCode(), Served.text(answer));
                float[] made = served.library.decode(code, 1, -1);
                assertPixels(OnePicture.pixels(made, served.model.data().shape()), answer.body());
            }
        }
    }

    @Test
    void aSampleAndItsPictureHaveOneCode() throws Exception {
        try (Served served = plain()) {
            Inspection.Seen seen = served.library.look(served.rows.rows(), served.rows.told(), 60);
            JsonObject sample = Served.json(served.get("/api/sample?row=7"));
            assertArrayEquals(Inspection.row(seen.codes(), 7, 3), Served.floats(sample, "code"), 1e-5f);
            byte[] pixels = Base64.getDecoder().decode(sample.get("pixels").getAsString());
            byte[] original = Arrays.copyOfRange(SmallRuns.blobs(60, 1).bytes(), 7 * SIDE * SIDE, 8 * SIDE * SIDE);
            assertArrayEquals(original, pixels);
            JsonObject encoded = Served.json(served.upload("", png(original)));
            assertArrayEquals(Served.floats(sample, "code"), Served.floats(encoded, "code"), 1e-5f);
            assertEquals(sample.get("pixels"), encoded.get("pixels"));
        }
    }

    @Test
    void aDamagedPictureIsRefusedWithAReason() throws Exception {
        try (Served served = plain()) {
            byte[] good = png(new byte[SIDE * SIDE]);
            byte[] broken = good.clone();
            broken[good.length - 20] ^= 0x55;
            for (byte[] bad : new byte[][] {broken, Arrays.copyOf(good, 40), "GIF89a".getBytes("US-ASCII"), {}}) {
                HttpResponse<byte[]> answer = served.upload("", bad);
                assertEquals(422, answer.statusCode());
                assertTrue(Served.text(answer).startsWith("the picture cannot be read: "), Served.text(answer));
                assertEquals(1, Served.text(answer).lines().count());
            }
            assertEquals(200, served.upload("", good).statusCode());
            // Several times: an answer before the last byte is lost with the connection, or not, by chance.
            for (int i = 0; i < 5; i++) {
                byte[] large = new byte[OnePicture.MOST_BYTES + 1 + i * (OnePicture.MOST_BYTES / 5)];
                assertEquals(413, served.upload("", large).statusCode());
            }
            assertEquals(200, served.upload("", good).statusCode());
        }
    }

    @Test
    void aWalkIsTheLibrarys() throws Exception {
        float[] from = {1, 0.5f, -2};
        float[] to = {-1, 2, 0.5f};
        try (Served served = plain()) {
            for (boolean arc : new boolean[] {false, true}) {
                JsonObject answer = Served.json(served.ask(
                        "/api/walk",
                        "{\"code\":" + Served.array(from) + ",\"to\":" + Served.array(to) + ",\"arc\":" + arc
                                + ",\"steps\":5}"));
                float[] expected = arc ? CodePaths.arc(from, to, 5) : CodePaths.line(from, to, 5);
                JsonArray codes = answer.getAsJsonArray("codes");
                assertEquals(5, codes.size());
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(
                            expected[i],
                            codes.get(i / 3).getAsJsonArray().get(i % 3).getAsFloat());
                }
            }
        }
    }

    @Test
    void thePageIsToldWhatThereIs() throws Exception {
        try (Served served = plain()) {
            JsonObject model = Served.json(served.get("/api/model"));
            LatentUse use = LatentUse.of(served.library.look(served.rows.rows(), served.rows.told(), 60));
            JsonArray latents = model.getAsJsonArray("latents");
            for (int i = 0; i < 3; i++) {
                JsonObject latent = latents.get(i).getAsJsonObject();
                assertEquals(use.order()[i], latent.get("number").getAsInt());
                assertEquals(use.kl()[use.order()[i]], latent.get("kl").getAsDouble(), 1e-9);
                assertTrue(latent.get("low").getAsDouble() <= -3.5
                        && latent.get("high").getAsDouble() >= 3.5);
            }
            JsonObject map = model.getAsJsonObject("map");
            assertEquals(60, map.getAsJsonArray("points").size());
            // A place on the plane belongs to a code as the page computes it: directions are orthonormal.
            float[] x = Served.floats(map.getAsJsonArray("directions").get(0).getAsJsonArray());
            float[] y = Served.floats(map.getAsJsonArray("directions").get(1).getAsJsonArray());
            float[] centre = Served.floats(map, "centre");
            float[] code = Served.floats(Served.json(served.get("/api/sample?row=3")), "code");
            float[] place = Served.floats(map.getAsJsonArray("points").get(3).getAsJsonArray());
            double across = 0;
            double up = 0;
            double mixed = 0;
            for (int i = 0; i < 3; i++) {
                across += x[i] * (code[i] - centre[i]);
                up += y[i] * (code[i] - centre[i]);
                mixed += x[i] * y[i];
            }
            assertEquals(place[0], across, 1e-4);
            assertEquals(place[1], up, 1e-4);
            assertEquals(0, mixed, 1e-5);
            HttpResponse<byte[]> page = served.get("/");
            assertEquals(200, page.statusCode());
            String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
            assertTrue(policy.startsWith("default-src 'none'; script-src 'self';"), policy);
            assertFalse(page.headers().firstValue("Server").isPresent());
        }
    }

    @Test
    void aClassIsAskedForWhereThereAreSome() throws Exception {
        try (Served served = new Served(ConditionRuns.config(4), ConditionRuns.blobs(60, 1), Served.GENEROUS)) {
            JsonObject model = Served.json(served.get("/api/model"));
            assertEquals("[\"0\",\"1\",\"2\",\"3\"]", model.get("classes").toString());
            assertEquals(model.get("classes"), model.getAsJsonObject("map").get("names"));
            float[] code = {0.5f, 0, -1};
            byte[] before = null;
            for (int label = 0; label < 4; label++) {
                byte[] found = served.ask(
                                "/api/decode", "{\"label\":" + label + ",\"code\":" + Served.array(code) + "}")
                        .body();
                float[] made = served.library.decode(code, 1, label);
                assertPixels(OnePicture.pixels(made, served.model.data().shape()), found);
                assertFalse(Arrays.equals(before, found));
                before = found;
            }
            HttpResponse<byte[]> none = served.ask("/api/decode", "{\"code\":" + Served.array(code) + "}");
            assertEquals(400, none.statusCode());
            assertEquals("label must be from 0 to 3\n", Served.text(none));
            JsonObject sample = Served.json(served.get("/api/sample?row=5"));
            assertEquals(served.rows.told().at(5), sample.get("label").getAsInt());
            byte[] file = png(Arrays.copyOfRange(ConditionRuns.blobs(60, 1).bytes(), 5 * SIDE * SIDE, 6 * SIDE * SIDE));
            int label = sample.get("label").getAsInt();
            assertArrayEquals(
                    Served.floats(sample, "code"),
                    Served.floats(Served.json(served.upload("?label=" + label, file)), "code"),
                    1e-5f);
            assertEquals(400, served.upload("?label=4", file).statusCode());
            assertEquals(400, served.upload("", file).statusCode());
        }
    }

    @Test
    void codesWithoutPriorHaveTheirOwnRange() throws Exception {
        try (Served served = new Served(
                SmallRuns.config(2).with(Setting.POSTERIOR, "none"), SmallRuns.blobs(60, 1), Served.GENEROUS)) {
            JsonObject model = Served.json(served.get("/api/model"));
            assertFalse(model.get("normal").getAsBoolean());
            Inspection.Seen seen = served.library.look(served.rows.rows(), served.rows.told(), 60);
            LatentUse use = LatentUse.of(seen);
            for (int i = 0; i < 3; i++) {
                JsonObject latent = model.getAsJsonArray("latents").get(i).getAsJsonObject();
                assertFalse(latent.has("kl"));
                int number = latent.get("number").getAsInt();
                assertEquals(use.order()[i], number);
                assertEquals(use.mean()[number], latent.get("start").getAsDouble(), 1e-9);
                for (int n = 0; n < 60; n++) {
                    assertTrue(seen.codes()[3 * n + number] >= latent.get("low").getAsDouble());
                    assertTrue(
                            seen.codes()[3 * n + number] <= latent.get("high").getAsDouble());
                }
            }
        }
    }

    @Test
    void aModelOfACodebookIsRefusedInALine() {
        UserError refused = assertThrows(
                UserError.class,
                () -> new Served(
                                SmallRuns.with(
                                        SmallRuns.config(1), "--posterior vq --latent 6 --code-size 2 --codes 7"),
                                SmallRuns.blobs(60, 1),
                                Served.GENEROUS)
                        .close());
        assertEquals(
                "explore: moves latents by themselves, which codes of --posterior vq do not have; plot latents and plot"
                        + " interpolation show them",
                refused.getMessage());
    }

    @Test
    void rowsThatAreNoPicturesAreValues() throws Exception {
        try (Served served = new Served(
                SmallRuns.config(1).with(Setting.LIKELIHOOD, "gaussian"),
                SmallRuns.constant(40, 5, 0.5f),
                Served.GENEROUS)) {
            JsonObject answer = Served.json(served.ask("/api/decode", "{\"code\":[1,2,3]}"));
            assertArrayEquals(
                    served.library.decode(new float[] {1, 2, 3}, 1, -1), Served.floats(answer, "values"), 1e-5f);
            assertEquals(5, Served.floats(Served.json(served.get("/api/sample?row=1")), "values").length);
            assertEquals(400, served.upload("", new byte[9]).statusCode());
        }
    }

    /** Without a thread that answers, requests wait; of one view the newest, and no more in all than there is room for. */
    @Test
    void whatHasBeenOvertakenIsNotDecoded() throws Exception {
        Limits narrow = new Limits(64, 1e6, 1e6, 3, 20);
        try (Served served = new Served(SmallRuns.config(1), SmallRuns.blobs(60, 1), narrow, false)) {
            List<CompletableFuture<Integer>> view = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                view.add(status(served, "{\"view\":\"v\",\"code\":[" + i + ",0,0]}"));
            }
            await(view, 3);
            List<CompletableFuture<Integer>> others = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                others.add(status(served, "{\"code\":[" + i + ",0,0]}"));
            }
            await(others, 3);
            served.work();
            assertEquals(List.of(200, 204, 204, 204), sorted(view));
            assertEquals(List.of(200, 200, 503, 503, 503), sorted(others));
        }
    }

    private static CompletableFuture<Integer> status(Served served, String json) {
        return served.client
                .sendAsync(served.question("/api/decode", json), HttpResponse.BodyHandlers.ofByteArray())
                .thenApply(HttpResponse::statusCode);
    }

    private static void await(List<CompletableFuture<Integer>> answers, int count) throws InterruptedException {
        while (answers.stream().filter(CompletableFuture::isDone).count() < count) {
            Thread.sleep(1);
        }
    }

    private static List<Integer> sorted(List<CompletableFuture<Integer>> answers) {
        return answers.stream().map(CompletableFuture::join).sorted().toList();
    }
}
