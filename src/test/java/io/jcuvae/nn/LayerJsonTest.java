package io.jcuvae.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerJsonTest {
    /** One of every kind, with no value at its default. */
    private static final List<LayerSpec> ALL = List.of(
            new Conv2dSpec(3, 5, 2, 1, Activation.GELU),
            new ConvTranspose2dSpec(4, 6, 3, 2, 1, Activation.TANH),
            new BatchNormSpec(0.25, 1e-3),
            new LayerNormSpec(1e-6),
            new DropoutSpec(0.125),
            new ActivationSpec(Activation.LEAKY_RELU),
            new DenseSpec(7, Activation.SILU),
            new FlattenSpec(),
            new ReshapeSpec(Shape.of(2, 3, 4)),
            new ReshapeSpec(Shape.of(24)),
            new UpsampleSpec(2),
            new ResidualSpec(
                    List.of(new ResidualSpec(List.of(new FlattenSpec()), List.of(), Activation.ELU)),
                    List.of(new DenseSpec(1, Activation.IDENTITY)),
                    Activation.SIGMOID));

    private static JsonArray json(String text) {
        return JsonParser.parseString(text.replace('\'', '"')).getAsJsonArray();
    }

    private static List<LayerSpec> parse(String text) {
        return LayerJson.parse(json(text));
    }

    @Test
    void whatIsPrintedIsReadAgain() {
        assertEquals(ALL, LayerJson.parse(LayerJson.print(ALL)));
        assertEquals(ALL, LayerJson.parse(json(LayerJson.print(ALL).toString())));
        assertEquals(List.of(), parse("[]"));
    }

    /** A new layer fails here until it has a row above, and so until it has its JSON. */
    @Test
    void everyLayerHasItsJson() {
        Set<Class<?>> covered =
                new HashSet<>(ALL.stream().map(LayerSpec::getClass).toList());
        Set<Class<?>> all = Stream.of(LayerSpec.class.getPermittedSubclasses()).collect(Collectors.toSet());
        assertEquals(all, covered);
    }

    @Test
    void keysLeftOutAreAsInPyTorch() {
        assertEquals(
                List.of(
                        new Conv2dSpec(3, 5, 1, 0, Activation.IDENTITY),
                        new ConvTranspose2dSpec(4, 2, 1, 0, 0, Activation.IDENTITY),
                        new BatchNormSpec(0.1, 1e-5),
                        new LayerNormSpec(1e-5),
                        new DropoutSpec(0.5),
                        new DenseSpec(6, Activation.IDENTITY),
                        new ReshapeSpec(Shape.of(6, 1, 1)),
                        new ResidualSpec(List.of(new FlattenSpec()), List.of(), Activation.IDENTITY)),
                parse(
                        "[{'layer':'conv2d','channels':3,'kernel':5},{'layer':'conv_transpose2d','channels':4,'kernel':2},"
                                + "{'layer':'batch_norm'},{'layer':'layer_norm'},{'layer':'dropout'},"
                                + "{'layer':'dense','outputs':6},{'layer':'reshape','shape':[6,1,1]},"
                                + "{'layer':'residual','block':[{'layer':'flatten'}]}]"));
    }

    @Test
    void theDecodersLastLayerMayFollowTheData() {
        JsonArray conv = json("[{'layer':'flatten'},{'layer':'conv2d','channels':'data','kernel':3}]");
        for (Shape colour : List.of(Shape.of(8, 8, 3), Shape.of(3, 8, 8))) {
            assertEquals(
                    new Conv2dSpec(3, 3, 1, 0, Activation.IDENTITY),
                    LayerJson.parse(conv, colour).get(1));
        }
        assertEquals(
                new Conv2dSpec(1, 3, 1, 0, Activation.IDENTITY),
                LayerJson.parse(conv, Shape.of(8, 8)).get(1));
        assertEquals(
                List.of(new DenseSpec(192, Activation.IDENTITY)),
                LayerJson.parse(json("[{'layer':'dense','outputs':'data'}]"), Shape.of(8, 8, 3)));
        refused("layer 1 conv2d: channels \"data\" is for pictures", () -> LayerJson.parse(conv, Shape.of(64)));
        refused("only in the last layer of the decoder", () -> LayerJson.parse(conv));
        JsonArray early = json("[{'layer':'dense','outputs':'data'},{'layer':'flatten'}]");
        refused("layer 0 dense: outputs can be \"data\" only", () -> LayerJson.parse(early, Shape.of(64)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [4] | layer 0: must be an object as in {"layer": "flatten"}, got 4
            [{}] | layer 0: needs "layer": NAME, one of activation, batch_norm,
            [{'layer':3}] | layer 0: needs "layer": NAME
            [{flatten},{conv}] | layer 1: unknown layer 'conv'; did you mean conv2d? (there are
            [{Linear}] | did you mean dense?
            [{BatchNorm2d}] | did you mean batch_norm?
            [{ReLU}] | did you mean activation?
            [{xyzzy}] | unknown layer 'xyzzy' (there are
            [{conv2d,'channels':1,'kernal':3}] | layer 0 conv2d: unknown key 'kernal'; did you mean kernel? (it has channels,
            [{conv2d,'out_channels':1,'kernel':3}] | did you mean channels?
            [{dense,'out_features':1}] | did you mean outputs?
            [{batch_norm,'eps':1}] | did you mean epsilon?
            [{flatten,'shape':1}] | layer 0 flatten: unknown key 'shape' (it has none)
            [{conv2d,'channels':1}] | layer 0 conv2d: kernel is missing
            [{activation}] | layer 0 activation: activation is missing
            [{conv2d,'channels':'32','kernel':3}] | channels must be a number, got "32"
            [{conv2d,'channels':1.5,'kernel':3}] | channels must be a whole number from 1 to 1000000, got 1.5
            [{conv2d,'channels':1,'kernel':1e999}] | kernel must be a
            [{conv2d,'channels':1,'kernel':3,'stride':0}] | stride must be a whole number from 1 to 1000, got 0
            [{conv2d,'channels':1,'kernel':3,'padding':3}] | layer 0 conv2d: padding must be from 0 to kernel - 1 = 2, got 3
            [{dense,'outputs':null}] | outputs must be a number, got null
            [{dense,'outputs':1,'activation':'rleu'}] | unknown activation "rleu"; did you mean relu? (there are identity,
            [{dense,'outputs':1,'activation':1}] | unknown activation 1 (there are
            [{dropout,'rate':1}] | layer 0 dropout:
            [{dropout,'rate':'half'}] | rate must be a number, got "half"
            [{reshape,'shape':'4x4'}] | shape must be "CxHxW" as in "64x7x7", or one number, got "4x4"
            [{reshape,'shape':[1,0,4]}] | shape must be "CxHxW"
            [{residual,'block':{}}] | layer 0 residual block must be an array of layers, got {}
            [{residual,'block':[]}] | layer 0 residual: its block needs at least one layer
            [{residual,'block':[{dens}]}] | layer 0 residual block layer 0: unknown layer 'dens'; did you mean dense?
            [{residual,'block':[{flatten}],'shortcut':[{dense}]}] | layer 0 residual shortcut layer 0 dense: outputs is""")
    void mistakesAreToldWithTheLayer(String stack, String told) {
        refused(told, () -> parse(stack.replaceAll("\\{(\\w+)", "{'layer':'$1'")));
    }

    @Test
    void endlessNestingIsRefused() {
        String stack = "[{'layer':'residual','block':".repeat(50) + "[]" + "}]".repeat(50);
        refused("is nested more than 8 deep", () -> parse(stack));
    }

    private static void refused(String told, org.junit.jupiter.api.function.Executable reading) {
        String message = assertThrows(IllegalArgumentException.class, reading).getMessage();
        assertTrue(message.contains(told), message);
        assertEquals(1, message.lines().count(), message);
    }
}
