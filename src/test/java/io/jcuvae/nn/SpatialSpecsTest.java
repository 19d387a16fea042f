package io.jcuvae.nn;

import static io.jcuvae.tensor.Activation.IDENTITY;
import static io.jcuvae.tensor.Activation.RELU;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes, names and refusals of the layers that know pictures. */
class SpatialSpecsTest {
    private static Shape picture(int... extents) {
        return Shape.of(extents);
    }

    @ParameterizedTest
    @CsvSource({
        // PyTorch's formula: floor((H + 2 p - k) / s) + 1
        "4, 2, 1, 28, 14",
        "4, 2, 1, 7, 3",
        "3, 1, 1, 9, 9",
        "3, 2, 0, 6, 2",
        "2, 3, 0, 7, 2",
        "1, 1, 0, 5, 5",
        "5, 4, 4, 1, 2",
    })
    void convolutionsShrink(int kernel, int stride, int padding, int extent, int expected) {
        Conv2dSpec conv = new Conv2dSpec(6, kernel, stride, padding, RELU);
        assertEquals(picture(6, expected, expected), conv.outputShape(picture(3, extent, extent)));
    }

    @ParameterizedTest
    @CsvSource({
        // PyTorch's formula: (H - 1) s - 2 p + k + output padding
        "4, 2, 1, 0, 7, 14",
        "3, 2, 1, 1, 7, 14",
        "3, 2, 0, 0, 1, 3",
        "2, 3, 0, 2, 2, 7",
        "1, 1, 0, 0, 5, 5",
    })
    void transposedConvolutionsGrow(int kernel, int stride, int padding, int more, int extent, int expected) {
        ConvTranspose2dSpec conv = new ConvTranspose2dSpec(6, kernel, stride, padding, more, RELU);
        assertEquals(picture(6, expected, expected), conv.outputShape(picture(3, extent, extent)));
    }

    @Test
    void parametersAreNamedAndLaidOutAsInPyTorch() {
        ParameterLayout layout = new ParameterLayout();
        List<LayerSpec> specs = List.of(
                new Conv2dSpec(6, 4, 2, 1, RELU),
                new ResidualSpec(
                        List.of(new Conv2dSpec(8, 3, 1, 1, IDENTITY)),
                        List.of(new Conv2dSpec(8, 1, 1, 0, IDENTITY)),
                        RELU),
                new ConvTranspose2dSpec(3, 4, 2, 1, 0, IDENTITY),
                new UpsampleSpec(2),
                new FlattenSpec(),
                new DenseSpec(5, RELU),
                new ReshapeSpec(picture(5, 1, 1)));
        assertEquals(picture(5, 1, 1), Sequential.declare(layout, specs, "enc", picture(2, 10, 8)));
        assertEquals(Shape.of(6, 2, 4, 4), layout.entry("enc0.weight").shape());
        assertEquals(32, layout.entry("enc0.weight").fanIn());
        assertEquals(Shape.of(8, 6, 3, 3), layout.entry("enc1.block.0.weight").shape());
        assertEquals(
                Shape.of(8, 6, 1, 1), layout.entry("enc1.shortcut.0.weight").shape());
        assertEquals(Shape.of(8, 3, 4, 4), layout.entry("enc2.weight").shape());
        assertEquals(48, layout.entry("enc2.bias").fanIn(), "as PyTorch counts it: the output's channels");
        assertEquals(Shape.of(5, 3 * 20 * 16), layout.entry("enc5.weight").shape());
    }

    @Test
    void layersDescribeThemselves() {
        assertEquals("Conv2d(64, 4x4, stride 2)", new Conv2dSpec(64, 4, 2, 0, IDENTITY).describe());
        assertEquals("Conv2d(8, 3x3, padding 1, relu)", new Conv2dSpec(8, 3, 1, 1, RELU).describe());
        assertEquals(
                "ConvTranspose2d(1, 3x3, stride 2, padding 1, output padding 1)",
                new ConvTranspose2dSpec(1, 3, 2, 1, 1, IDENTITY).describe());
        assertEquals("Reshape(64x7x7)", new ReshapeSpec(picture(64, 7, 7)).describe());
        assertEquals("Upsample(2)", new UpsampleSpec(2).describe());
        assertEquals("Flatten", new FlattenSpec().describe());
        assertEquals(
                "Residual(Conv2d(8, 1x1) - Flatten | Flatten, relu)",
                new ResidualSpec(
                                List.of(new Conv2dSpec(8, 1, 1, 0, IDENTITY), new FlattenSpec()),
                                List.of(new FlattenSpec()),
                                RELU)
                        .describe());
    }

    @Test
    void whatDoesNotFitIsToldWithTheLayerAndItsInput() {
        Conv2dSpec conv = new Conv2dSpec(64, 4, 2, 0, IDENTITY);
        refused(
                "layer 3 Conv2d(64, 4x4, stride 2): input 2x2 is smaller than the kernel",
                () -> Sequential.outputShape(List.of(conv, conv, conv, conv), picture(1, 37, 37)));
        refused("with its padding is smaller", () -> new Conv2dSpec(1, 5, 1, 1, RELU).outputShape(picture(1, 9, 2)));
        refused("is no picture", () -> conv.outputShape(Shape.of(784)));
        refused("is no picture", () -> new UpsampleSpec(2).outputShape(Shape.of(28, 28)));
        refused("put Flatten before it", () -> new DenseSpec(3, RELU).outputShape(picture(2, 4, 4)));
        refused("has 12 values, not 8", () -> new ReshapeSpec(picture(2, 2, 2)).outputShape(Shape.of(12)));
        refused(
                "leaves nothing inside of the padding",
                () -> new ConvTranspose2dSpec(1, 3, 1, 2, 0, RELU).outputShape(picture(1, 2, 2)));
        ResidualSpec residual = new ResidualSpec(List.of(conv), List.of(), RELU);
        refused("identity past it into [1x9x9]", () -> residual.outputShape(picture(1, 9, 9)));
        refused(
                "layer 1 Residual: block layer 0 Conv2d(64, 4x4, stride 2): input 3x3 is smaller",
                () -> Sequential.outputShape(List.of(new UpsampleSpec(1), residual), picture(1, 3, 3)));
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        refused("channels must be at least 1, got 0", () -> new Conv2dSpec(0, 3, 1, 1, RELU));
        refused("kernel must be at least 1, got 0", () -> new Conv2dSpec(1, 0, 1, 0, RELU));
        refused("stride must be at least 1, got 0", () -> new ConvTranspose2dSpec(1, 3, 0, 0, 0, RELU));
        refused("padding must be from 0 to kernel - 1 = 2, got 3", () -> new Conv2dSpec(1, 3, 1, 3, RELU));
        refused("from 0 to stride - 1 = 1, got 2", () -> new ConvTranspose2dSpec(1, 3, 2, 0, 2, RELU));
        refused("factor must be at least 1, got 0", () -> new UpsampleSpec(0));
        refused("[values] or [channels, height, width]", () -> new ReshapeSpec(Shape.of(2, 2)));
        refused("at least one layer", () -> new ResidualSpec(List.of(), List.of(), RELU));
    }

    private static void refused(String told, Executable making) {
        String message = assertThrows(IllegalArgumentException.class, making).getMessage();
        assertTrue(message.contains(told), message);
    }
}
