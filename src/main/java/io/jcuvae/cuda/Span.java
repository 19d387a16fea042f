package io.jcuvae.cuda;

import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The part of a buffer that a tensor covers.
 *
 * @param buffer compared as itself, not by contents
 * @param start first element
 * @param end after the last element
 */
record Span(Buffer buffer, long start, long end) {
    static Span of(Tensor tensor) {
        return new Span(tensor.buffer(), tensor.offset(), tensor.offset() + tensor.count());
    }

    /** Those of all that are not null. */
    static List<Span> all(Tensor... tensors) {
        return Arrays.stream(tensors).filter(Objects::nonNull).map(Span::of).toList();
    }

    boolean overlaps(Span other) {
        return buffer == other.buffer && start < other.end && other.start < end;
    }
}
