package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.jcuvae.nn.LayerJson;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which stacks make a network for which samples. */
class VaeSpecTest {
    private static final String FLAT = "{'layer':'flatten'}";
    private static final String CONV = "{'layer':'conv2d','channels':2,'kernel':3,'stride':2,'padding':1}";
    private static final String UP = "{'layer':'upsample','factor':4}";

    private static List<LayerSpec> stack(String text) {
        String json = text.replace("FLAT", FLAT)
                .replace("CONV", CONV)
                .replace("UP", UP)
                .replace("WIDE", "{'layer':'conv2d','channels':9,'kernel':4,'stride':2}")
                .replace("DENSE", dense(9))
                .replace("PICTURE", reshape("1x2x2"))
                .replace("COLOURS", dense(3) + "," + reshape("3x1x1"));
        return LayerJson.parse(
                JsonParser.parseString("[" + json.replace('\'', '"') + "]").getAsJsonArray());
    }

    private static VaeSpec spec(Shape sample, String encoder, String decoder) {
        return new VaeSpec(sample, stack(encoder), 4, stack(decoder), Likelihood.MSE);
    }

    private static Shape shape(String text) {
        int[] sizes = java.util.Arrays.stream(text.split("x"))
                .mapToInt(Integer::parseInt)
                .toArray();
        return Shape.of(sizes);
    }

    private static String dense(int outputs) {
        return "{'layer':'dense','outputs':" + outputs + "}";
    }

    private static String reshape(String shape) {
        return "{'layer':'reshape','shape':'" + shape + "'}";
    }

    @Test
    void theEncoderSeesAPictureUnlessItBeginsWithRows() {
        String decoder = dense(192);
        for (String sample : List.of("8x8x3", "3x8x8")) {
            assertEquals(
                    List.of(Shape.of(3, 8, 8), Shape.of(2, 4, 4), Shape.of(32)),
                    spec(shape(sample), "CONV,FLAT", decoder).encoderShapes());
            assertEquals(
                    List.of(Shape.of(192), Shape.of(5)),
                    spec(shape(sample), dense(5), decoder).encoderShapes());
            assertEquals(
                    List.of(Shape.of(3, 8, 8), Shape.of(192)),
                    spec(shape(sample), "FLAT", decoder).encoderShapes());
        }
        assertEquals(List.of(Shape.of(192)), spec(shape("192"), "", decoder).encoderShapes());
        assertEquals(
                List.of(Shape.of(64), Shape.of(1, 8, 8), Shape.of(2, 4, 4), Shape.of(32)),
                spec(shape("64"), reshape("1x8x8") + ",CONV,FLAT", dense(64)).encoderShapes());
    }

    @Test
    void theDecoderEndsWithThePictureOrAsManyNumbers() {
        String picture = dense(12) + "," + reshape("3x2x2") + ",UP";
        for (String sample : List.of("8x8x3", "3x8x8")) {
            assertEquals(
                    List.of(Shape.of(4), Shape.of(12), Shape.of(3, 2, 2), Shape.of(3, 8, 8)),
                    spec(shape(sample), "FLAT", picture).decoderShapes());
        }
        assertEquals(
                Shape.of(3, 8, 8),
                spec(shape("192"), "FLAT", picture).decoderShapes().get(3));
        assertEquals(
                Shape.of(192),
                spec(shape("192"), "FLAT", picture + ",FLAT").decoderShapes().get(4));
        assertEquals(
                Shape.of(192),
                spec(shape("3x8x8"), "FLAT", picture + ",FLAT").decoderShapes().get(4));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            64 | CONV,FLAT | FLAT | encoder layer 0 Conv2d(2, 3x3, stride 2, padding 1): the data are rows of 64 numbers, no
            64 | CONV,FLAT | FLAT | no pictures; begin with {"layer": "reshape", "shape": "1x8x8"}
            192 | UP,FLAT | FLAT | "shape": "3x8x8"
            65 | UP,FLAT | FLAT | "shape": "CxHxW"
            64 | {'layer':'residual','block':[CONV]} | FLAT | rows of 64 numbers, no pictures
            8x8 | CONV,CONV | FLAT | the encoder ends with a picture, 2x2x2; end it with {"layer": "flatten"} (input 1x8x8,
            8x8 | CONV,CONV | FLAT | (input 1x8x8, after layer 0: 2x4x4, after layer 1: 2x2x2)
            8x8 | CONV,DENSE | FLAT | encoder layer 1 Dense(9): input
            8x8 | WIDE,WIDE | FLAT | encoder layer 1 Conv2d(9, 4x4, stride 2): input 3x3 is smaller than the kernel (input
            8x8 | WIDE,WIDE | FLAT | smaller than the kernel (input 1x8x8, after layer 0: 9x3x3)
            8x8 | FLAT | CONV | decoder layer 0 Conv2d(2, 3x3, stride 2, padding 1): input
            8x8 | FLAT | DENSE | the decoder ends with 9, a sample has 1x8x8, or 64 in a row (input 4, after layer 0: 9)
            65 | FLAT | DENSE | the decoder ends with 9, a sample has 65 in a row
            8x8 | FLAT | PICTURE,UP,CONV | the decoder ends with 2x4x4, a sample has 1x8x8
            65 | FLAT | PICTURE,UP | the decoder ends with 1x8x8, a sample has 65 in a row
            4x4x3 | FLAT | COLOURS,UP,FLAT | decoder layer 3 Flatten: would part the colours
            """)
    void othersAreRefusedWithTheShapesOnTheWay(String sample, String encoder, String decoder, String told) {
        String message = assertThrows(IllegalArgumentException.class, () -> spec(shape(sample), encoder, decoder))
                .getMessage();
        assertTrue(message.contains(told), message);
    }

    @Test
    void picturesBeyondAllBoundsAreRefused() {
        String big = "{'layer':'upsample','factor':1000}";
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> spec(shape("100x100"), big + "," + big + ",FLAT", dense(10_000)))
                .getMessage();
        assertTrue(
                message.startsWith("encoder layer 0 Upsample(1000): its output 1x100000x100000 has more than"),
                message);
    }
}
