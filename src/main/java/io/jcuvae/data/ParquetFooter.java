package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import shaded.parquet.org.apache.thrift.TBase;
import shaded.parquet.org.apache.thrift.TConfiguration;
import shaded.parquet.org.apache.thrift.TException;
import shaded.parquet.org.apache.thrift.protocol.TCompactProtocol;
import shaded.parquet.org.apache.thrift.transport.TIOStreamTransport;

/**
 * What the end of a Parquet file says: the columns of a flat table and where their values are. All of it is compared with the
 * file's real size before anything is made of it.
 *
 * @param columns those that rows are made of
 * @param left names of columns that hold lists, records or old time stamps, which no row has room for
 * @param groups the stretches of rows
 */
record ParquetFooter(List<ParquetColumn> columns, List<String> left, List<ParquetFooter.Group> groups) {
    /** How a file begins and ends. */
    static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    private static final int TAIL = 8;
    private static final int DEEPEST = 64;
    /** What pandas calls the index that it writes along. */
    private static final String INDEX = "__index_level_";

    /**
     * Rows that lie together.
     *
     * @param rows how many it says there are
     * @param chunks where the values of each leaf are
     */
    record Group(long rows, List<ColumnMetaData> chunks) {}

    /**
     * Reads it.
     *
     * @throws UserError if the file is damaged, encrypted, or no table
     */
    static ParquetFooter read(String file, FileChannel channel) throws IOException {
        long size = channel.size();
        byte[] head = bytes(channel, 0, (int) Math.min(size, MAGIC.length));
        if (size < MAGIC.length + TAIL || !Arrays.equals(head, MAGIC)) {
            throw Faults.damaged(file, "does not begin as a Parquet file does");
        }
        ByteBuffer tail = ByteBuffer.wrap(bytes(channel, size - TAIL, TAIL)).order(ByteOrder.LITTLE_ENDIAN);
        int length = tail.getInt();
        if (tail.get(7) == 'E') {
            throw new UserError(file + ": is an encrypted Parquet file, which is not read; decrypt it first");
        }
        if (!Arrays.equals(Arrays.copyOfRange(tail.array(), 4, TAIL), MAGIC)) {
            throw Faults.damaged(file, "does not end as a Parquet file does");
        }
        if (length < 0 || length > size - TAIL - MAGIC.length) {
            throw Faults.damaged(
                    file, "its footer is to have " + (length & 0xFFFFFFFFL) + " bytes, the file has " + size);
        }
        FileMetaData data = new FileMetaData();
        read(file, "its footer", data, new ByteArrayInputStream(bytes(channel, size - TAIL - length, length)), length);
        return of(file, data, size - TAIL - length);
    }

    private static byte[] bytes(FileChannel channel, long at, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining() && channel.read(bytes, at + bytes.position()) > 0) {
            continue;
        }
        return bytes.array();
    }

    /**
     * Reads a structure; texts and lists in it are refused where they claim more than there are bytes.
     *
     * @param most bytes that it can have
     */
    static void read(String file, String what, TBase<?, ?> structure, InputStream in, int most) {
        try {
            TConfiguration bounds = TConfiguration.custom()
                    .setMaxMessageSize(most)
                    .setRecursionLimit(DEEPEST)
                    .build();
            structure.read(new TCompactProtocol(new TIOStreamTransport(bounds, in), most, most));
        } catch (TException | RuntimeException | StackOverflowError e) {
            throw new UserError(
                    Faults.damaged(file, what + " is no structure of Parquet's").getMessage(), e);
        }
    }

    private static ParquetFooter of(String file, FileMetaData data, long end) {
        List<SchemaElement> schema = data.getSchema();
        List<ParquetColumn> columns = new ArrayList<>();
        List<String> left = new ArrayList<>();
        int[] leaves = new int[1];
        int at = 1;
        while (at < schema.size()) {
            SchemaElement field = schema.get(at);
            boolean leaf = field.getNum_children() == 0 && field.isSetType();
            ParquetColumn column = leaf ? ParquetColumn.of(field, leaves[0]) : null;
            if (column == null || column.name().startsWith(INDEX)) {
                left.add(field.getName());
            } else {
                columns.add(column);
            }
            at = after(file, schema, at, leaves, 0);
        }
        Set<String> names = new HashSet<>();
        for (ParquetColumn column : columns) {
            if (!names.add(column.name())) {
                throw new UserError(file + ": has two columns " + Faults.quoted(column.name()) + "; rename one");
            }
        }
        if (columns.isEmpty()) {
            throw new UserError(file + ": has no column of numbers or texts; lists and records are not read");
        }
        List<Group> groups = new ArrayList<>();
        for (RowGroup group : data.getRow_groups()) {
            groups.add(group(file, group, leaves[0], end));
        }
        return new ParquetFooter(columns, left, groups);
    }

    /** The place behind a field and all that is in it; counts its leaves. */
    private static int after(String file, List<SchemaElement> schema, int at, int[] leaves, int depth) {
        if (at >= schema.size() || depth > DEEPEST) {
            throw Faults.damaged(file, "its schema breaks off");
        }
        int children = schema.get(at).getNum_children();
        leaves[0] += children == 0 ? 1 : 0;
        int next = at + 1;
        for (int i = 0; i < children; i++) {
            next = after(file, schema, next, leaves, depth + 1);
        }
        return next;
    }

    private static Group group(String file, RowGroup group, int leaves, long end) {
        if (group.getColumnsSize() != leaves || group.getNum_rows() < 0) {
            throw Faults.damaged(file, "a group of rows has " + group.getColumnsSize() + " columns of " + leaves);
        }
        List<ColumnMetaData> chunks = new ArrayList<>();
        group.getColumns().forEach(chunk -> {
            ColumnMetaData data = chunk.getMeta_data();
            if (chunk.isSetFile_path() || data == null) {
                throw new UserError(file + ": has columns in other files or encrypted ones, which are not read");
            }
            if (start(data) < MAGIC.length
                    || data.getTotal_compressed_size() < 0
                    || data.getTotal_compressed_size() > end - start(data)) {
                throw Faults.damaged(
                        file,
                        "a column is to have " + data.getTotal_compressed_size() + " bytes from byte " + start(data)
                                + ", its footer begins at byte " + end);
            }
            chunks.add(data);
        });
        return new Group(group.getNum_rows(), chunks);
    }

    /** Where a column's first page is. */
    static long start(ColumnMetaData chunk) {
        long dictionary = chunk.getDictionary_page_offset();
        boolean before =
                chunk.isSetDictionary_page_offset() && dictionary > 0 && dictionary < chunk.getData_page_offset();
        return before ? dictionary : chunk.getData_page_offset();
    }
}
