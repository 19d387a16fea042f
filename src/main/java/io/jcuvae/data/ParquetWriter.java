package io.jcuvae.data;

import io.jcuvae.tensor.ColumnKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;

/**
 * Rows as a flat Parquet file: no value is missing, nothing is compressed, every page has its checksum. Equal rows give equal
 * bytes, in however many calls they come: groups of rows have a fixed number of them.
 */
public final class ParquetWriter implements RowWriter {
    /** Values of a group of rows, all columns together. */
    private static final int GROUP = 1 << 21;

    private static final String MADE_BY = "jcuvae version 1 (build 0)";

    /**
     * A column.
     *
     * @param name unlike the others'
     * @param kind of its values
     * @param levels texts in place of the whole numbers of a row; empty where there are none
     */
    public record Column(String name, Kind kind, List<String> levels) {
        /** A column without levels. */
        public Column(String name, Kind kind) {
            this(name, kind, List.of());
        }
    }

    /** What a column holds. */
    public enum Kind {
        /** Single precision. */
        FLOAT(Type.FLOAT),
        /** Whole numbers of 32 bits. */
        INT(Type.INT32),
        /** Whole numbers of 64 bits. */
        LONG(Type.INT64),
        /** Texts in UTF-8. */
        TEXT(Type.BYTE_ARRAY);

        private final Type type;

        Kind(Type type) {
            this.type = type;
        }
    }

    private final Path file;
    private final List<Column> columns;
    private final long promised;
    private final RowTarget target;
    private final int groupRows;
    private final Bytes[] pages;
    private final List<RowGroup> groups = new ArrayList<>();
    private int inGroup;
    private long rows;
    private long position;

    /** Bytes that can be looked at without a copy. */
    private static final class Bytes extends ByteArrayOutputStream {
        private final byte[] word = new byte[8];

        void little(long value, int size) {
            for (int i = 0; i < size; i++) {
                word[i] = (byte) (value >>> 8 * i);
            }
            write(word, 0, size);
        }

        byte[] array() {
            return buf;
        }
    }

    /**
     * Begins a file.
     *
     * @param count rows, or -1 where it is not known yet
     */
    public ParquetWriter(Path file, List<Column> columns, long count, RowTarget.Opener opener) {
        this.file = file;
        this.columns = List.copyOf(columns);
        promised = count;
        groupRows = Math.max(1, GROUP / columns.size());
        pages = new Bytes[columns.size()];
        Arrays.setAll(pages, c -> new Bytes());
        target = opener.open(file);
        try {
            bytes(ParquetFooter.MAGIC, ParquetFooter.MAGIC.length);
        } catch (IOException e) {
            target.close();
            throw Faults.unwritable(file, e);
        }
    }

    /** The columns of a table with names: numbers, whole numbers, and texts for levels. */
    static List<Column> of(Table table) {
        return table.columns().stream()
                .map(column -> new Column(
                        column.name(),
                        !column.levels().isEmpty()
                                ? Kind.TEXT
                                : column.kind() == ColumnKind.NUMERIC ? Kind.FLOAT : Kind.INT,
                        column.levels()))
                .toList();
    }

    @Override
    public void write(float[] values, int count) {
        int width = columns.size();
        for (int r = 0; r < count; r++) {
            for (int c = 0; c < width; c++) {
                float value = values[r * width + c];
                Column column = columns.get(c);
                switch (column.kind()) {
                    case FLOAT -> put(c, value);
                    case TEXT -> put(c, column.levels().get((int) value));
                    default -> put(c, (long) value);
                }
            }
            endRow();
        }
    }

    /** Puts a number into a column of the row that is being written. */
    public void put(int column, float value) {
        pages[column].little(Float.floatToRawIntBits(value), Float.BYTES);
    }

    /** Puts a whole number into a column of the row that is being written. */
    public void put(int column, long value) {
        pages[column].little(value, columns.get(column).kind() == Kind.LONG ? Long.BYTES : Integer.BYTES);
    }

    /** Puts a text into a column of the row that is being written. */
    public void put(int column, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        pages[column].little(bytes.length, Integer.BYTES);
        pages[column].write(bytes, 0, bytes.length);
    }

    /**
     * Ends a row, all of whose columns were put.
     *
     * @throws io.jcuvae.tensor.UserError if the file cannot take it
     */
    public void endRow() {
        rows++;
        inGroup++;
        if (inGroup == groupRows) {
            group();
        }
    }

    private void bytes(byte[] bytes, int count) throws IOException {
        target.stream().write(bytes, 0, count);
        position += count;
    }

    private void group() {
        List<ColumnChunk> chunks = new ArrayList<>();
        long start = position;
        try {
            for (int c = 0; c < pages.length; c++) {
                chunks.add(chunk(columns.get(c), pages[c]));
                pages[c].reset();
            }
        } catch (IOException e) {
            target.close();
            throw Faults.unwritable(file, e);
        }
        groups.add(new RowGroup(chunks, position - start, inGroup));
        inGroup = 0;
    }

    private ColumnChunk chunk(Column column, Bytes page) throws IOException {
        long start = position;
        CRC32 crc = new CRC32();
        crc.update(page.array(), 0, page.size());
        PageHeader header = new PageHeader(PageType.DATA_PAGE, page.size(), page.size());
        header.setCrc((int) crc.getValue());
        header.setData_page_header(new DataPageHeader(inGroup, Encoding.PLAIN, Encoding.RLE, Encoding.RLE));
        Bytes head = new Bytes();
        Util.writePageHeader(header, head);
        bytes(head.array(), head.size());
        bytes(page.array(), page.size());
        ColumnMetaData data = new ColumnMetaData(
                column.kind().type,
                List.of(Encoding.PLAIN, Encoding.RLE),
                List.of(column.name()),
                CompressionCodec.UNCOMPRESSED,
                inGroup,
                position - start,
                position - start,
                start);
        ColumnChunk chunk = new ColumnChunk(start);
        chunk.setMeta_data(data);
        return chunk;
    }

    private List<SchemaElement> schema() {
        List<SchemaElement> schema = new ArrayList<>();
        schema.add(new SchemaElement("schema").setNum_children(columns.size()));
        for (Column column : columns) {
            SchemaElement leaf = new SchemaElement(column.name());
            leaf.setType(column.kind().type);
            leaf.setRepetition_type(FieldRepetitionType.REQUIRED);
            if (column.kind() == Kind.TEXT) {
                leaf.setConverted_type(ConvertedType.UTF8);
                leaf.setLogicalType(LogicalType.STRING(new StringType()));
            }
            schema.add(leaf);
        }
        return schema;
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        if (inGroup > 0) {
            group();
        }
        FileMetaData data = new FileMetaData(1, schema(), rows, groups);
        data.setCreated_by(MADE_BY);
        try {
            Bytes footer = new Bytes();
            Util.writeFileMetaData(data, footer);
            int length = footer.size();
            footer.little(length, Integer.BYTES);
            footer.write(ParquetFooter.MAGIC, 0, ParquetFooter.MAGIC.length);
            bytes(footer.array(), footer.size());
        } catch (IOException e) {
            target.close();
            throw Faults.unwritable(file, e);
        }
        target.complete(null);
    }

    @Override
    public void close() {
        target.close();
    }
}
