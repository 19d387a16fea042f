package io.jcuvae.data;

import java.io.Closeable;
import java.util.List;

/** The rows of a table front to back, field by field: lines of text, or the columns of a Parquet file side by side. */
interface TableLines extends Closeable {
    /** What messages call the file. */
    String name();

    /**
     * Moves to the next row.
     *
     * @return whether there is one
     * @throws io.jcuvae.tensor.UserError if the file is damaged
     */
    boolean next();

    /** The number of fields of the row. */
    int fields();

    /** A field as text; empty where the file has no value. */
    String text(int field);

    /**
     * A field as a number.
     *
     * @throws NumberFormatException if it is none
     */
    double value(int field);

    /** Whether a field is a number. */
    default boolean isNumber(int field) {
        try {
            value(field);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Where the row is, as in {@code line 12}. */
    String place();

    /** The names of the columns where the file has them apart from its rows, else null: the first row may be one of names. */
    List<String> names();

    /** What was left out, one line each. */
    default List<String> warnings() {
        return List.of();
    }

    @Override
    void close();
}
