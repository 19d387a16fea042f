package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks before they are trained, as {@code info} and docs/models.md show them. */
class InfoNetworkTest {
    private static final Path PAGE = Path.of("docs/models.md");

    @TempDir
    Path folder;

    @Test
    void aPresetIsShownLayerByLayer() {
        String text = Call.done("info", "--preset", "conv-28").out();
        assertTrue(
                text.startsWith(
                        "network      conv-28: 1x28x28-32x14x14-64x7x7-3136-256-(20, 20)-256-3136-64x7x7-32x14x14"
                                + "-1x28x28, bernoulli\n"),
                text);
        assertTrue(text.contains("\n  enc0        Conv2d(32, 4x4, stride 2, padding 1, relu) "), text);
        assertTrue(Pattern.compile("\n  total +1,691,369\n").matcher(text).find(), text);
        JsonObject json = Call.done("info", "--preset", "conv-28", "--latent", 2, "--json")
                .json();
        assertEquals("conv-28", json.get("preset").getAsString());
        assertEquals("[28,28]", json.get("sample").toString());
        assertEquals(2, json.get("latents").getAsInt());
        JsonObject first = json.getAsJsonArray("layers").get(0).getAsJsonObject();
        assertEquals("[1,28,28]", first.get("from").toString());
        assertEquals("[32,14,14]", first.get("to").toString());
        assertEquals(544, first.get("parameters").getAsLong());
    }

    @Test
    void residualBlocksShowWhatIsInThem() {
        String text = Call.done("info", "--preset", "resnet-32").out();
        assertTrue(text.contains("\n  enc3               Residual(relu) "), text);
        assertTrue(text.contains("\n    enc3.block.0       Conv2d(32, 3x3, stride 2, padding 1) "), text);
        assertTrue(text.contains("\n    enc3.shortcut.1    BatchNorm "), text);
        JsonObject json = Call.done("info", "--preset", "resnet-32", "--json").json();
        JsonObject block = json.getAsJsonArray("layers").get(3).getAsJsonObject();
        assertEquals(5, block.getAsJsonArray("block").size());
        assertEquals(2, block.getAsJsonArray("shortcut").size());
        long inside =
                sum(block.getAsJsonArray("block"), "parameters") + sum(block.getAsJsonArray("shortcut"), "parameters");
        assertEquals(block.get("parameters").getAsLong(), inside);
        // Per batch norm two running statistics of each channel and the number of batches.
        assertEquals(3 * (2 * 32 + 1), block.get("buffers").getAsLong());
        assertEquals(json.get("parameters").getAsLong(), sum(json.getAsJsonArray("layers"), "parameters"));
        assertEquals(json.get("buffers").getAsLong(), sum(json.getAsJsonArray("layers"), "buffers"));
    }

    private static long sum(JsonArray layers, String key) {
        return layers.asList().stream()
                .mapToLong(layer -> layer.getAsJsonObject().get(key).getAsLong())
                .sum();
    }

    @Test
    void theSampleIsTakenFromOptionPresetOrData() throws IOException {
        assertTrue(Call.done("info", "--preset", "mlp").out().contains("784-400-200-(20, 20)-200-400-784, relu, "));
        String colour =
                Call.done("info", "--preset", "conv-64", "--sample", "64x64x3").out();
        assertTrue(colour.contains("conv-64: 3x64x64-32x32x32-") && colour.contains("-3x64x64, bernoulli"), colour);
        Path rows = Files.writeString(folder.resolve("rows.csv"), "1,2,3\n");
        String table = Call.done("info", "--hidden", "none", "--latent", 1, "--data", rows)
                .out();
        assertTrue(table.contains("3-(1, 1)-3, relu"), table);
        Path file = Files.writeString(folder.resolve("c.json"), "{\"data\": \"" + rows + "\", \"hidden\": [7]}");
        assertTrue(Call.done("info", "--config", file).out().contains("3-7-(20, 20)-7-3"));
    }

    @Test
    void mistakesAreToldInOneLine() {
        assertTrue(Call.refused("info").contains("--model DIR is missing"));
        assertTrue(Call.refused("info", "--model", "x", "--preset", "mlp")
                .contains("--preset: cannot be given with --model"));
        assertTrue(Call.refused("info", "--preset", "mlp", "--sample", "8by8").contains("--sample: "));
        assertTrue(Call.refused("info", "--sample", "8x8", "--data", "moons").contains("leave one out"));
        assertTrue(Call.refused("info", "--preset", "conv-28", "--sample", "32x32x3")
                .contains(
                        "preset conv-28 is for pictures of 28x28; the data are 32x32x3: use conv-32-rgb or resnet-32"));
        String conv = "[{\"layer\":\"conv2d\",\"channels\":64,\"kernel\":4,\"stride\":2}";
        String deep = Call.refused(
                "info", "--sample", "37x37", "--encoder", conv + ("," + conv.substring(1)).repeat(3) + "]");
        assertTrue(
                deep.endsWith(
                        "encoder layer 3 Conv2d(64, 4x4, stride 2): input 2x2 is smaller than the kernel (input 1x37x37,"
                                + " after layer 0: 64x17x17, after layer 1: 64x7x7, after layer 2: 64x2x2)"),
                deep);
        assertTrue(Call.refused("train", "--preset", "conv-28", "--hidden", "3").startsWith("error: --hidden: "));
    }

    @Test
    void everyExampleOfThePageIsANetwork() throws IOException {
        String page = Files.readString(PAGE);
        List<String> blocks = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(found -> found.group(1))
                .toList();
        assertEquals(3, blocks.size());
        for (String block : blocks) {
            JsonElement json = JsonParser.parseString(block);
            TrainConfig config = json.isJsonArray()
                    ? TrainConfig.defaults().with(Setting.ENCODER, block)
                    : TrainConfig.defaults().with(json.getAsJsonObject(), PAGE.toString());
            config.spec(Shape.of(28, 28));
        }
        for (String example : Pattern.compile("`--(encoder|decoder) '(.*?)'`")
                .matcher(page)
                .results()
                .map(found -> found.group(2))
                .toList()) {
            TrainConfig.defaults().with(Setting.ENCODER, example).spec(Shape.of(28, 28));
        }
    }

    /** Every call that the page shows prints what stands below it. */
    @Test
    void thePageShowsWhatIsPrinted() throws IOException {
        List<MatchResult> calls = Pattern.compile("```\n\\$ scripts/vae (info .*?)\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE))
                .results()
                .toList();
        // Variants have the network of the first preset.
        long networks = Stream.of(Preset.values())
                .filter(preset -> preset == Preset.MLP || preset.example().isPresent())
                .count();
        assertEquals(networks, calls.size());
        for (MatchResult call : calls) {
            assertEquals(Call.done((Object[]) call.group(1).split(" ")).out(), call.group(2), call.group(1));
        }
    }
}
