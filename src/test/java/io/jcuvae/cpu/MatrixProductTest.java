package io.jcuvae.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import org.junit.jupiter.api.Test;

class MatrixProductTest {
    /** Counts how often each element of c is computed; the product itself does not matter here. */
    private static final Gemm COUNTING =
            (rows, columns, inner, c, cStart, cStride, a, aStart, aStride, ta, b, bStart, bStride, tb, accumulate) -> {
                for (int r = 0; r < rows; r++) {
                    for (int column = 0; column < columns; column++) {
                        c[cStart + r * cStride + column]++;
                    }
                }
            };

    private static Tensor matrix(int rows, int columns) {
        return Tensor.of(new CpuBuffer(ElementType.F32, rows * columns), Shape.of(rows, columns));
    }

    @Test
    void tilesCoverEveryElementOnce() {
        int[][] shapes = {{128, 400, 784}, {400, 784, 128}, {1024, 40, 200}, {17, 9001, 100}, {9001, 17, 100}, {1, 1, 1}
        };
        for (int[] s : shapes) {
            for (int processors : new int[] {1, 2, 3, 7, 16, 200}) {
                Tensor c = matrix(s[0], s[1]);
                MatrixProduct product = new MatrixProduct(
                        COUNTING, processors, c, matrix(s[0], s[2]), false, matrix(s[2], s[1]), false, false);
                assertTrue(product.tiles() <= processors, () -> product.tiles() + " tiles");
                for (int tile = 0; tile < product.tiles(); tile++) {
                    product.multiply(tile);
                }
                for (int i = 0; i < c.count(); i++) {
                    assertEquals(1f, CpuBuffer.floats(c)[i], "element " + i + " for " + processors + " processors");
                }
            }
        }
    }

    @Test
    void smallProductsStayWhole() {
        MatrixProduct product =
                new MatrixProduct(COUNTING, 8, matrix(32, 20), matrix(32, 40), false, matrix(40, 20), false, false);
        assertEquals(1, product.tiles());
    }

    @Test
    void largeOnesKeepEveryProcessorBusy() {
        MatrixProduct product = new MatrixProduct(
                COUNTING, 8, matrix(128, 400), matrix(128, 784), false, matrix(784, 400), false, false);
        assertEquals(8, product.tiles());
    }
}
