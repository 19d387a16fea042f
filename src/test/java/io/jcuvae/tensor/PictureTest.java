package io.jcuvae.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PictureTest {
    @Test
    void extentsAreReadAsPictures() {
        assertEquals(Optional.of(new Picture(1, 28, 20, true)), Picture.of(Shape.of(28, 20)));
        assertEquals(Optional.of(new Picture(3, 32, 16, true)), Picture.of(Shape.of(32, 16, 3)));
        assertEquals(Optional.of(new Picture(3, 32, 16, false)), Picture.of(Shape.of(3, 32, 16)));
        assertEquals(Optional.of(new Picture(1, 8, 9, false)), Picture.of(Shape.of(1, 8, 9)));
        assertEquals(Optional.of(new Picture(3, 3, 5, true)), Picture.of(Shape.of(3, 5, 3)));
        for (Shape none : new Shape[] {Shape.of(784), Shape.of(2, 8, 8), Shape.of(1, 2, 3, 3)}) {
            assertEquals(Optional.empty(), Picture.of(none), none::toString);
        }
    }
}
