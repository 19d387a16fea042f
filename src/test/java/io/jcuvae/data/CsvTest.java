package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of numbers in text. */
final class CsvTest {
    @TempDir
    private Path folder;

    private Path write(String text) {
        return Samples.write(folder.resolve("t.csv"), text.getBytes(StandardCharsets.UTF_8));
    }

    private Dataset load(String text) {
        return DataSource.parse(write(text).toString()).load(Split.ALL, 0);
    }

    private String refused(String text) {
        Path file = write(text);
        return Samples.assertRefused(file, () -> Samples.readEveryWay(file));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1,-2.5,3e-1\n4,+5,.6\n",
                "1,-2.5,3e-1\n4,+5,.6",
                "1,-2.5,3e-1\r\n4,+5,.6\r\n\r\n",
                "\ufeff1,-2.5,3e-1\n4,+5,.6\n\n\n",
                "1;-2.5;3e-1\n4;+5;.6\n",
                "1\t-2.5\t3e-1\n4\t+5\t.6\n",
                "a,b,c\n1,-2.5,3e-1\n4,+5,.6\n",
                "\"a\",\"b, or not\",\"c\"\n\"1\", \"-2.5\" ,3e-1\n 4 ,+5,.6\n",
                "# a,b,c\n1,-2.5,3e-1\n4,+5,.6\n",
                "0,1,2\n1,-2.5,3e-1\n4,+5,.6\n",
                ",a,b,c\n0,1,-2.5,3e-1\n1,4,+5,.6\n",
                "\n1,-2.5,3e-1\n4,5.,6E-1\n"
            })
    void oneTableInManyHands(String text) {
        Dataset data = load(text);
        assertArrayEquals(new float[] {1, -2.5f, 0.3f, 4, 5, 0.6f}, data.floats());
        assertEquals(new SampleShape(3), data.shape());
    }

    @Test
    void gzippedToo() {
        Path file =
                Samples.write(folder.resolve("t.csv.gz"), Samples.gzip("1,2\n3,4\n".getBytes(StandardCharsets.UTF_8)));
        assertArrayEquals(
                new float[] {1, 2, 3, 4},
                DataSource.parse(file.toString()).load(Split.ALL, 0).floats());
    }

    @Test
    void aColumnOfLabelsIsNoFeature() {
        for (String name : List.of("label", "y", "Label", "\"Y\"")) {
            Dataset data = load("a," + name + ",b\n1,7,2\n3,8.0,4\n5,-9,6\n");
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, data.floats());
            assertArrayEquals(new int[] {7, 8, -9}, data.labels());
        }
        assertTrue(refused("a,y\n1,2\n3,4.5\n").contains("line 3, column 2"));
        assertTrue(refused("label,y\n1,2\n").contains("two columns of labels"));
    }

    @Test
    void labelsFollowTheSplit() {
        StringBuilder text = new StringBuilder("x,y\n");
        for (int i = 0; i < 3000; i++) {
            text.append(i).append(',').append(i).append('\n');
        }
        DataSource source = DataSource.parse(write(text.toString()).toString());
        for (Split split : new Split[] {Split.TRAIN, Split.TEST, Split.ALL}) {
            for (int limit : new int[] {0, 5}) {
                Dataset data = source.load(split, limit);
                for (int i = 0; i < data.count(); i++) {
                    assertEquals(data.floats()[i], data.labels()[i]);
                }
            }
        }
    }

    @Test
    void guessesAreTold() {
        DataSource source = DataSource.parse(write(",a\n0,1\n1,2\n").toString());
        source.load(Split.ALL, 0);
        assertEquals(1, source.warnings().size());
        assertTrue(
                source.warnings().get(0).contains("row index"),
                source.warnings().get(0));
        source = DataSource.parse(write("0,1,2\n0,1,5\n").toString());
        source.load(Split.ALL, 0);
        assertTrue(
                source.warnings().get(0).contains("line 1"), source.warnings().get(0));
    }

    @Test
    void faultsNameLineAndColumn() {
        assertTrue(refused("1,2\n3,x\n").contains("line 2, column 2 is \"x\""));
        assertTrue(refused("1,2\n3,\n").contains("line 2, column 2 is empty"));
        assertTrue(refused("a,b\n1,2\n3,nan\n").contains("line 3, column 2 is \"nan\""));
        assertTrue(refused("NaN,2\n1,2\n").contains("line 1, column 1 is \"NaN\""));
        assertTrue(refused("1,2\n-inf,2\n").contains("line 2, column 1 is \"-inf\""));
        assertTrue(refused("1,2\n3,1e39\n").contains("line 2, column 2 is \"1e39\""));
        assertTrue(refused("1,2\n3,1e999\n").contains("line 2, column 2 is \"1e999\""));
        assertTrue(refused("1,2\n3\n").contains("line 2 has 1 fields"));
        assertTrue(refused("1,2\n3,4,5\n").contains("line 2 has 3 fields"));
        assertTrue(refused("1,2\n\n3,4\n").contains("line 2 is empty"));
        assertTrue(refused("1,2\n\"3,4\n").contains("line 2, column 1 has an unmatched quote"));
        assertTrue(refused("1,2\n\"3\"4,4\n").contains("line 2, column 1 has an unmatched quote"));
        assertTrue(refused("1,2\n0x1p3,4\n").contains("line 2, column 1"));
        assertTrue(refused("1,2\n1f,4\n").contains("line 2, column 1"));
        assertTrue(refused("1,2\n1e,4\n").contains("line 2, column 1"));
        assertTrue(refused("1;2\n1,5;2\n").contains("line 2, column 1 is \"1,5\""));
        assertTrue(refused("").contains("is empty"));
        assertTrue(refused("\n\n").contains("is empty"));
        assertTrue(refused("a,b\n").contains("no rows"));
        assertTrue(refused("y\n1\n").contains("0 columns"));
        refused("1,2\n\u0000\u0001\u001b[31m,4\n");
    }

    @Test
    void utf16IsNamed() {
        Path file = Samples.write(folder.resolve("t.csv"), "\ufeff1,2\n".getBytes(StandardCharsets.UTF_16LE));
        assertTrue(Samples.assertRefused(file, () -> Samples.readEveryWay(file)).contains("UTF-16"));
    }

    @Test
    void numbersAreTheNearestDoubles() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            String text =
                    switch (i % 4) {
                        case 0 -> Float.toString(Float.intBitsToFloat(random.nextInt()));
                        case 1 -> Double.toString(Double.longBitsToDouble(random.nextLong()));
                        case 2 -> Integer.toString(random.nextInt());
                        default ->
                            random.nextInt(1000) + "." + Math.abs(random.nextLong()) + "e" + (random.nextInt(60) - 30);
                    };
            byte[] bytes = ("x" + text + "y").getBytes(StandardCharsets.UTF_8);
            if (CsvNumber.isGap(text)) {
                assertThrows(NumberFormatException.class, () -> CsvNumber.parse(bytes, 1, bytes.length - 1));
            } else {
                assertEquals(Double.parseDouble(text), CsvNumber.parse(bytes, 1, bytes.length - 1), text);
            }
        }
    }
}
