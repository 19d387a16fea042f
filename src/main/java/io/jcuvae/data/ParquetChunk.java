package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;

/** The values of a column in one group of rows, page by page: a page at a time is in memory. */
final class ParquetChunk {
    private static final int MOST_HEADER = 1 << 24;
    private static final int BUFFER = 1 << 13;

    private final String file;
    private final ParquetColumn column;
    private final ColumnMetaData data;
    private final Stretch in;
    private final ParquetValues.Value value = new ParquetValues.Value();
    private ParquetValues.Dictionary dictionary;
    private ParquetValues values;
    private ParquetRuns levels;
    private long left;
    private long row = -1;
    private boolean there;

    /** Begins before the first row. */
    ParquetChunk(String file, FileChannel channel, ParquetColumn column, ColumnMetaData data) {
        this.file = file;
        this.column = column;
        this.data = data;
        in = new Stretch(channel, ParquetFooter.start(data), data.getTotal_compressed_size());
    }

    /**
     * Moves to a row, which is not before the last one.
     *
     * @return its value, or null where it has none; good until the next call
     * @throws UserError if the file is damaged or encoded in a way that is not read
     */
    ParquetValues.Value to(long wanted) {
        try {
            while (row < wanted) {
                next();
            }
        } catch (IndexOutOfBoundsException | IOException e) {
            throw new UserError(
                    Faults.damaged(file, "column " + Faults.quoted(column.name()) + ": " + Faults.reason(e))
                            .getMessage(),
                    e);
        }
        return there ? value : null;
    }

    private void next() throws IOException {
        while (left == 0) {
            page();
        }
        left--;
        row++;
        there = levels == null || levels.next() == 1;
        if (there) {
            values.next(value);
        }
    }

    private void page() throws IOException {
        if (in.remaining() == 0) {
            throw new IOException("it has fewer values than there are rows");
        }
        PageHeader header = new PageHeader();
        ParquetFooter.read(file, "the header of a page", header, in, (int) Math.min(in.remaining(), MOST_HEADER));
        int size = header.getCompressed_page_size();
        if (size < 0 || size > in.remaining()) {
            throw new IOException("a page is to have " + size + " bytes, there are " + in.remaining());
        }
        byte[] body = in.readNBytes(size);
        if (body.length < size) {
            throw new IOException("the file ends within a page");
        }
        if (header.isSetCrc()) {
            CRC32 crc = new CRC32();
            crc.update(body);
            if ((int) crc.getValue() != header.getCrc()) {
                throw new IOException("a page does not have its checksum");
            }
        }
        switch (header.getType()) {
            case DICTIONARY_PAGE -> dictionary(header, body);
            case DATA_PAGE -> first(header, body);
            case DATA_PAGE_V2 -> second(header, body);
            default -> {
                // An index, of which rows need nothing.
            }
        }
    }

    private void dictionary(PageHeader header, byte[] body) throws IOException {
        if (!header.isSetDictionary_page_header()) {
            throw new IOException("a dictionary without its header");
        }
        byte[] plain =
                ParquetCodec.unpack(file, data.getCodec(), body, 0, body.length, header.getUncompressed_page_size());
        dictionary = new ParquetValues.Dictionary(
                column, plain, header.getDictionary_page_header().getNum_values());
    }

    private void first(PageHeader header, byte[] body) throws IOException {
        if (!header.isSetData_page_header()) {
            throw new IOException("a page without its header");
        }
        byte[] plain =
                ParquetCodec.unpack(file, data.getCodec(), body, 0, body.length, header.getUncompressed_page_size());
        int from = 0;
        levels = null;
        if (column.optional()) {
            if (header.getData_page_header().getDefinition_level_encoding() != Encoding.RLE) {
                throw unknown(header.getData_page_header().getDefinition_level_encoding());
            }
            int length = plain.length < 4
                    ? -1
                    : ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN).getInt();
            if (length < 0 || length > plain.length - 4) {
                throw new IOException("marks of missing values are to have " + length + " bytes");
            }
            from = 4 + length;
            levels = new ParquetRuns(plain, 4, from, 1);
        }
        values(
                header.getData_page_header().getEncoding(),
                header.getData_page_header().getNum_values(),
                plain,
                from);
    }

    private void second(PageHeader header, byte[] body) throws IOException {
        if (!header.isSetData_page_header_v2()) {
            throw new IOException("a page without its header");
        }
        var page = header.getData_page_header_v2();
        int marks = page.getDefinition_levels_byte_length();
        if (page.getRepetition_levels_byte_length() != 0 || marks < 0 || marks > body.length) {
            throw new IOException("marks of missing values are to have " + marks + " bytes");
        }
        // The marks lie before what is compressed.
        byte[] plain = page.isIs_compressed()
                ? ParquetCodec.unpack(
                        file,
                        data.getCodec(),
                        body,
                        marks,
                        body.length - marks,
                        header.getUncompressed_page_size() - marks)
                : Arrays.copyOfRange(body, marks, body.length);
        levels = column.optional() ? new ParquetRuns(body, 0, marks, 1) : null;
        values(page.getEncoding(), page.getNum_values(), plain, 0);
    }

    private void values(Encoding encoding, int count, byte[] plain, int from) throws IOException {
        if (count < 0 || encoding == null) {
            throw new IOException("a page of " + count + " values");
        }
        left = count;
        values = ParquetValues.of(encoding, column, plain, from, plain.length, dictionary);
        if (values == null) {
            // A page of nothing but missing values may be empty, of any encoding.
            if (from < plain.length) {
                throw unknown(encoding);
            }
            values = out -> {
                throw new IndexOutOfBoundsException("the values break off");
            };
        }
    }

    private UserError unknown(Encoding encoding) {
        return new UserError(file + ": column " + Faults.quoted(column.name()) + " is encoded as " + encoding
                + " of " + column.type() + (dictionary == null ? "" : " with a dictionary")
                + ", which is not read; write it with the defaults of pandas, Polars, DuckDB or Spark");
    }

    /** A part of a file as a stream. */
    private static final class Stretch extends InputStream {
        private final FileChannel channel;
        private long at;
        private final long end;
        private final byte[] buffer;
        private int next;
        private int filled;

        Stretch(FileChannel channel, long start, long length) {
            this.channel = channel;
            at = start;
            end = start + length;
            buffer = new byte[(int) Math.min(length, BUFFER)];
        }

        long remaining() {
            return end - at + filled - next;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] out, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            if (next == filled) {
                if (at == end) {
                    return -1;
                }
                ByteBuffer room = ByteBuffer.wrap(buffer, 0, (int) Math.min(buffer.length, end - at));
                int got = channel.read(room, at);
                if (got <= 0) {
                    return -1;
                }
                at += got;
                next = 0;
                filled = got;
            }
            int given = Math.min(count, filled - next);
            System.arraycopy(buffer, next, out, offset, given);
            next += given;
            return given;
        }
    }
}
