package io.jcuvae.data;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Type;

/**
 * A column of a flat table in a Parquet file, and how its values are told.
 *
 * @param name of the column
 * @param leaf its place among the columns of a row group
 * @param type how values are stored
 * @param length bytes of a value of fixed length
 * @param optional whether values may be missing
 * @param meaning what the stored values are
 * @param scale of decimals: digits behind the point
 */
record ParquetColumn(String name, int leaf, Type type, int length, boolean optional, Meaning meaning, int scale) {
    /** What stored values are. */
    enum Meaning {
        SIGNED,
        UNSIGNED,
        REAL,
        TRUTH,
        DECIMAL,
        TEXT,
        HALF,
        OPAQUE
    }

    /** The column of a leaf that is not within anything, or null where its type is none of a table. */
    static ParquetColumn of(SchemaElement leaf, int place) {
        if (leaf.getRepetition_type() == FieldRepetitionType.REPEATED || leaf.getType() == Type.INT96) {
            return null;
        }
        boolean fixed = leaf.getType() == Type.FIXED_LEN_BYTE_ARRAY;
        if (fixed && (leaf.getType_length() < 1 || leaf.getType_length() > 1 << 16)) {
            return null;
        }
        return new ParquetColumn(
                leaf.getName(),
                place,
                leaf.getType(),
                leaf.getType_length(),
                leaf.getRepetition_type() == FieldRepetitionType.OPTIONAL,
                meaning(leaf),
                leaf.getScale());
    }

    private static Meaning meaning(SchemaElement leaf) {
        ConvertedType converted = leaf.getConverted_type();
        boolean logical = leaf.isSetLogicalType();
        if (converted == ConvertedType.DECIMAL) {
            return Math.abs((long) leaf.getScale()) > 1000 ? Meaning.OPAQUE : Meaning.DECIMAL;
        }
        return switch (leaf.getType()) {
            case BOOLEAN -> Meaning.TRUTH;
            case FLOAT, DOUBLE -> Meaning.REAL;
            case INT32, INT64 ->
                converted != null && converted.name().startsWith("UINT")
                                || logical
                                        && leaf.getLogicalType().isSetINTEGER()
                                        && !leaf.getLogicalType().getINTEGER().isIsSigned()
                        ? Meaning.UNSIGNED
                        : Meaning.SIGNED;
            case FIXED_LEN_BYTE_ARRAY ->
                logical && leaf.getLogicalType().isSetFLOAT16() && leaf.getType_length() == 2
                        ? Meaning.HALF
                        : Meaning.OPAQUE;
            default -> Meaning.TEXT;
        };
    }

    /** Bytes of a value where all have the same, else 0. */
    int size() {
        return switch (type) {
            case INT32, FLOAT -> 4;
            case INT64, DOUBLE -> 8;
            case FIXED_LEN_BYTE_ARRAY -> length;
            default -> 0;
        };
    }

    /** A stored value as text that is read again as the same. */
    String text(ParquetValues.Value value) {
        return switch (meaning) {
            case TEXT -> new String(value.bytes, value.from, value.length, StandardCharsets.UTF_8);
            case OPAQUE -> HexFormat.of().formatHex(value.bytes, value.from, value.from + value.length);
            case TRUTH -> value.bits == 0 ? "false" : "true";
            case SIGNED -> Long.toString(value.bits);
            case UNSIGNED -> Long.toUnsignedString(unsigned(value.bits));
            case DECIMAL -> decimal(value).toPlainString();
            case REAL, HALF -> {
                double number = number(value);
                // Whole numbers as other columns of whole numbers have them: a level 1.0 is the level 1.
                yield number == Math.rint(number) && Math.abs(number) < 1e15
                        ? Long.toString((long) number)
                        : type == Type.DOUBLE ? Double.toString(number) : Float.toString((float) number);
            }
        };
    }

    /**
     * A stored value as a number.
     *
     * @throws NumberFormatException if it is none
     */
    double number(ParquetValues.Value value) {
        return switch (meaning) {
            case TEXT -> CsvNumber.parse(value.bytes, value.from, value.from + value.length);
            case OPAQUE -> throw new NumberFormatException();
            case TRUTH, SIGNED -> value.bits;
            case UNSIGNED -> unsigned(value.bits) >= 0 ? unsigned(value.bits) : value.bits + 0x1p64;
            case DECIMAL -> decimal(value).doubleValue();
            case REAL ->
                type == Type.DOUBLE ? Double.longBitsToDouble(value.bits) : Float.intBitsToFloat((int) value.bits);
            case HALF -> half(value.bytes[value.from] & 0xFF | value.bytes[value.from + 1] << 8);
        };
    }

    private long unsigned(long bits) {
        return type == Type.INT32 ? bits & 0xFFFFFFFFL : bits;
    }

    private BigDecimal decimal(ParquetValues.Value value) {
        boolean bytes = type == Type.BYTE_ARRAY || type == Type.FIXED_LEN_BYTE_ARRAY;
        if (bytes && (value.length == 0 || value.length > 1024)) {
            throw new NumberFormatException();
        }
        return new BigDecimal(
                bytes ? new BigInteger(value.bytes, value.from, value.length) : BigInteger.valueOf(value.bits), scale);
    }

    /** IEEE 754 binary16; JDK 17 has no method for it. */
    private static double half(int bits) {
        int exponent = bits >> 10 & 0x1F;
        int fraction = bits & 0x3FF;
        double size = exponent == 0
                ? fraction * 0x1p-24
                : exponent == 31
                        ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                        : (0x400 + fraction) * Math.pow(2, exponent - 25);
        return (bits & 0x8000) == 0 ? size : -size;
    }
}
