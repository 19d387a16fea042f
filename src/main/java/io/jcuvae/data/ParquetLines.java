package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of a flat Parquet file: numbers, truth values (true is 1) and texts, with or without gaps. Columns that nobody asks
 * for are not read. Decimals are numbers, dates and times the whole numbers that they are stored as; lists and records are left
 * out.
 */
final class ParquetLines implements TableLines {
    private final String file;
    private final FileChannel channel;
    private final ParquetFooter footer;
    private final ParquetChunk[] chunks;
    private int group = -1;
    private long row;
    private long passed;

    /**
     * Opens a file and reads its footer.
     *
     * @param called what messages call it
     * @throws UserError if it is damaged or no table
     */
    ParquetLines(Path path, String called) {
        file = called;
        if (!Files.isRegularFile(path)) {
            throw new UserError(file + ": is no regular file, which a Parquet file must be");
        }
        FileChannel open = null;
        try {
            open = FileChannel.open(path);
            footer = ParquetFooter.read(file, open);
        } catch (IOException e) {
            ByteSource.closeQuietly(open);
            throw Faults.unreadable(file, e);
        } catch (RuntimeException e) {
            ByteSource.closeQuietly(open);
            throw e;
        }
        channel = open;
        chunks = new ParquetChunk[footer.columns().size()];
    }

    @Override
    public String name() {
        return file;
    }

    @Override
    public List<String> names() {
        return footer.columns().stream().map(ParquetColumn::name).toList();
    }

    @Override
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (String name : footer.left()) {
            warnings.add(file + ": column " + Faults.quoted(name)
                    + " holds lists, records or the index of a data frame and is left out");
        }
        return warnings;
    }

    @Override
    public boolean next() {
        row++;
        while (group < 0 || row >= footer.groups().get(group).rows()) {
            if (group + 1 == footer.groups().size()) {
                return false;
            }
            passed += group < 0 ? 0 : footer.groups().get(group).rows();
            group++;
            row = 0;
            Arrays.fill(chunks, null);
        }
        return true;
    }

    @Override
    public int fields() {
        return chunks.length;
    }

    private ParquetValues.Value at(int field) {
        if (chunks[field] == null) {
            ParquetColumn column = footer.columns().get(field);
            chunks[field] = new ParquetChunk(
                    file, channel, column, footer.groups().get(group).chunks().get(column.leaf()));
        }
        return chunks[field].to(row);
    }

    @Override
    public String text(int field) {
        ParquetValues.Value value = at(field);
        return value == null ? "" : footer.columns().get(field).text(value);
    }

    @Override
    public double value(int field) {
        ParquetValues.Value value = at(field);
        if (value == null) {
            throw new NumberFormatException();
        }
        return footer.columns().get(field).number(value);
    }

    @Override
    public String place() {
        return "row " + (passed + row + 1);
    }

    @Override
    public void close() {
        ByteSource.closeQuietly(channel);
    }
}
