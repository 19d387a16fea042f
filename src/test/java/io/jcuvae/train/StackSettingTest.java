package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Presets, and stacks as settings: from a preset, a file or one by one. */
class StackSettingTest {
    private static final String TANH = "[{\"layer\":\"dense\",\"outputs\":5,\"activation\":\"tanh\"}]";

    @TempDir
    Path folder;

    private static String refused(Executable call) {
        String message = assertThrows(UserError.class, call).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static TrainConfig preset(Preset preset) {
        return TrainConfig.preset(preset.label());
    }

    @Test
    void presetsAreDifferencesToTheFirst() {
        assertEquals(
                List.of("mlp", "conv-28", "conv-32-rgb", "conv-64", "resnet-32"), TrainConfig.PRESETS.subList(0, 5));
        assertEquals(TrainConfig.defaults(), TrainConfig.preset("mlp"));
        JsonObject mlp = TrainConfig.defaults().toJson();
        JsonObject conv = TrainConfig.preset("conv-28").toJson();
        assertEquals(mlp.keySet(), conv.keySet());
        for (String key : mlp.keySet()) {
            boolean own = key.equals("encoder") || key.equals("decoder");
            assertEquals(!own, mlp.get(key).equals(conv.get(key)), key);
        }
        TrainConfig rgb = TrainConfig.preset("conv-32-rgb");
        assertEquals(Likelihood.GAUSSIAN_LEARNED, rgb.likelihood());
        assertEquals(128, rgb.latents());
    }

    @Test
    void anUnknownPresetIsToldTheNearest() {
        assertEquals(
                "--preset: there is no preset 'con-28'; did you mean conv-28?" + " (there are "
                        + String.join(", ", TrainConfig.PRESETS) + ")",
                refused(() -> TrainConfig.preset("con-28")));
    }

    @ParameterizedTest
    @EnumSource(Preset.class)
    void everyPresetKnowsItself(Preset preset) {
        assertEquals(preset, Preset.of(preset(preset)).orElseThrow());
        assertEquals(preset, Preset.find(preset.label()).orElseThrow());
        TrainConfig other = preset(preset).with(Setting.ENCODER, TANH);
        assertTrue(Preset.of(other).isEmpty());
    }

    /** Grey and colour, channels first and last: the decoder ends as the sample is. */
    @ParameterizedTest
    @CsvSource({
        "conv-28, 28x28, 1691369",
        "conv-28, 28x28x1, 1691369",
        "conv-28, 28x28x3, 1693419",
        "conv-28, 3x28x28, 1693419",
        "conv-32-rgb, 32x32x3, 0",
        "conv-32-rgb, 32x32, 0",
        "conv-64, 64x64, 0",
        "conv-64, 64x64x3, 0",
        "resnet-32, 32x32x3, 0",
        "resnet-32, 1x32x32, 0"
    })
    void presetsFitGreyAndColour(String name, String sizes, long parameters) {
        int[] extents = java.util.Arrays.stream(sizes.split("x"))
                .mapToInt(Integer::parseInt)
                .toArray();
        VaeSpec spec = TrainConfig.preset(name).spec(Shape.of(extents));
        List<Shape> shapes = spec.decoderShapes();
        assertEquals(spec.encoderInput(), shapes.get(shapes.size() - 1));
        // conv-28 on grey: as many as the same network has in PyTorch.
        if (parameters > 0) {
            assertEquals(parameters, spec.layout().count());
        }
    }

    @Test
    void dataOfAnotherSizeAreToldWhichPresetFits() {
        assertEquals(
                "preset conv-28 is for pictures of 28x28; the data are 32x32x3: use conv-32-rgb or resnet-32,"
                        + " --size 28x28 (of a folder or zip of pictures), other --data, or layers that fit in --config",
                refused(() -> TrainConfig.preset("conv-28").spec(Shape.of(32, 32, 3))));
        String row = refused(() -> TrainConfig.preset("conv-64").spec(Shape.of(784)));
        assertTrue(row.startsWith("preset conv-64 is for pictures of 64x64; the data are 784: use mlp, "), row);
        TrainConfig own = TrainConfig.preset("conv-28").with(Setting.DECODER, "mlp");
        String changed = refused(() -> own.spec(Shape.of(784)));
        assertTrue(changed.startsWith("encoder layer 0 Conv2d(32, "), changed);
    }

    @Test
    void aStackIsTheSameFromLibraryFileAndRun() throws IOException {
        TrainConfig one = TrainConfig.defaults()
                .with(
                        Setting.ENCODER,
                        " [ {'layer': 'dense', 'activation': 'tanh', 'outputs': 5} ] ".replace('\'', '"'))
                .with(Setting.LATENT, "3");
        Path file = Files.writeString(folder.resolve("c.json"), "{\"latent\": 3, \"encoder\": " + TANH + "}");
        assertEquals(one, TrainConfig.defaults().withFile(file));
        Path run =
                Files.writeString(folder.resolve("r.json"), "{\"format\": \"x\", \"options\": " + one.toJson() + "}");
        assertEquals(one, TrainConfig.defaults().withFile(run));
        assertTrue(one.toJson().get("encoder").isJsonArray());
        VaeSpec spec = one.spec(Shape.of(9));
        assertEquals(List.of(new DenseSpec(5, Activation.TANH)), spec.encoder());
        assertEquals(List.of(400, 200), one.hidden());
        assertEquals(3, spec.decoder().size());
    }

    @Test
    void whatFollowsTheDataStaysSoInFiles() {
        TrainConfig config = TrainConfig.preset("conv-28");
        TrainConfig again = TrainConfig.defaults()
                .with(JsonParser.parseString(config.toJson().toString()).getAsJsonObject(), "again");
        assertEquals(config, again);
        for (Shape sample : List.of(Shape.of(28, 28), Shape.of(28, 28, 3))) {
            List<LayerSpec> decoder = again.spec(sample).decoder();
            assertEquals(
                    sample.rank() == 2 ? 1 : 3,
                    decoder.get(decoder.size() - 1)
                            .outputShape(Shape.of(32, 14, 14))
                            .extent(0));
        }
        TrainConfig rows = TrainConfig.defaults().with(Setting.DECODER, "[{\"layer\":\"dense\",\"outputs\":\"data\"}]");
        assertEquals(
                List.of(new DenseSpec(9, Activation.IDENTITY)),
                rows.spec(Shape.of(9)).decoder());
    }

    @Test
    void mistakesNameFileStackAndLayer() throws IOException {
        Path file = folder.resolve("c.json");
        Files.writeString(file, "{\"encoder\": [{\"layer\":\"flatten\"},{\"layer\":\"dense\",\"widht\":3}]}");
        String key = refused(() -> TrainConfig.defaults().withFile(file));
        assertEquals(file + ": encoder: layer 1 dense: unknown key 'widht' (it has outputs, activation)", key);
        Files.writeString(file, "{\"decodre\": []}");
        String setting = refused(() -> TrainConfig.defaults().withFile(file));
        assertTrue(
                setting.startsWith(file + ": unknown key 'decodre'; did you mean decoder? (known are data, "), setting);
        Files.writeString(file, "{\"decoder\": {\"layer\": \"flatten\"}}");
        String object = refused(() -> TrainConfig.defaults().withFile(file));
        assertTrue(object.startsWith(file + ": decoder must be "), object);
        for (String text : List.of("cnn", "[{", "{}", "")) {
            String option = refused(() -> TrainConfig.defaults().with(Setting.DECODER, text));
            assertTrue(option.startsWith("--decoder: must be mlp or a JSON array of layers, as in [{"), option);
            assertTrue(option.endsWith("got '" + text + "'"), option);
        }
    }

    @Test
    void settingsThatWouldDoNothingAreRefused() {
        String hidden = refused(() -> TrainConfig.preset("conv-28").requireOfUse(Setting.HIDDEN));
        assertTrue(
                hidden.startsWith("--hidden: makes dense layers, but encoder and decoder are given layer by layer"),
                hidden);
        assertTrue(hidden.contains("by preset conv-28"), hidden);
        // Half of it may still be dense.
        TrainConfig.preset("conv-28").with(Setting.DECODER, "mlp").requireOfUse(Setting.HIDDEN);
        TrainConfig.preset("conv-28").requireOfUse(Setting.LATENT);
        TrainConfig.defaults().requireOfUse(Setting.ACTIVATION);
        assertFalse(Preset.CONV_28.fits(Shape.of(784)));
    }
}
