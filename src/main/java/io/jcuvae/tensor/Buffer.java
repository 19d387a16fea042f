package io.jcuvae.tensor;

/** Memory of one backend, opaque to everyone else. Freed with the backend that allocated it. */
public interface Buffer {
    /** What the elements are. */
    ElementType type();

    /** Number of elements. */
    long length();
}
