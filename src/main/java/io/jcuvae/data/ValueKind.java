package io.jcuvae.data;

/** What range the values of a data set have, after bytes are scaled to floats. */
public enum ValueKind {
    /** Only 0 and 1. */
    BINARY,
    /** Within [0, 1]. */
    UNIT,
    /** Any finite numbers. */
    REAL
}
