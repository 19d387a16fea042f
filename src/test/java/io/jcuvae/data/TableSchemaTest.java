package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Schemas: proposed, read, refused; and tables read and written by them. */
class TableSchemaTest {
    private static final String SCHEMA =
            "{'columns': [{'name': 'age', 'kind': 'numeric'}, {'name': 'sex', 'kind': 'categorical'}, {'name': 'visits',"
                    + " 'kind': 'count'}, {'name': 'smoker', 'kind': 'binary', 'levels': ['no', 'yes']}, {'name': 'id',"
                    + " 'kind': 'ignore'}], 'missing': ['', 'NA']}";
    private static final String TABLE = "id,visits,age,smoker,sex\n" //
            + "a,3,40,yes,f\n"
            + "b,NA,60,no,m\n"
            + "c,0,,NA,\n";

    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text.replace('\'', '"'));
    }

    private Table schema(String text) throws IOException {
        return TableSchema.read(file("schema.json", text));
    }

    private DataSource source(String text) throws IOException {
        return DataSource.parse(file("table.csv", text).toString()).by(schema(SCHEMA));
    }

    @Test
    void rowsAreReadByName() throws IOException {
        Dataset rows = source(TABLE).load(Split.ALL, 0);
        float nan = Float.NaN;
        assertArrayEquals(new float[] {40, 0, 3, 1, 60, 1, nan, 0, nan, nan, 0, nan}, rows.floats());
        Table fitted = rows.table().fitted(rows);
        TableColumn age = fitted.columns().get(0);
        assertEquals(50, age.mean());
        assertEquals(10, age.deviation());
        assertEquals(1, age.missing());
        assertEquals(List.of("f", "m"), fitted.columns().get(1).levels());
        assertEquals(Math.log(4) / 2, fitted.columns().get(2).mean(), 1e-12);
        float[] coded = fitted.encoded(rows).floats();
        assertArrayEquals(new float[] {-1, 0, 3, 1, 1, 1, nan, 0, nan, nan, 0, nan}, coded);
        assertEquals(fitted, Table.fromJson(fitted.toJson()));
        // Masks where something was missing: 4 columns, one of two levels, and every one masked.
        assertEquals(5, fitted.layout().outputs());
        assertEquals(9, fitted.layout().inputs());
        assertEquals(Math.log(10), fitted.layout().columns().get(0).constant(), 1e-12);
    }

    @Test
    void rowsAreWrittenByName() throws IOException {
        Dataset rows = source(TABLE).load(Split.ALL, 0);
        Table table = rows.table().fitted(rows);
        Path out = folder.resolve("out.csv");
        try (RowWriter writer = RowWriters.samples(out, rows.shape(), 2, 0, table)) {
            writer.write(new float[] {-1, 0, 2.6f, 0.7f, 0.25f, 1, 0.2f, 0.1f}, 2);
            writer.commit();
        }
        assertEquals("age,sex,visits,smoker\n40,f,3,yes\n52.5,m,0,no\n", Files.readString(out));
        // And what is written is read.
        float[] again =
                DataSource.parse(out.toString()).by(table).load(Split.ALL, 0).floats();
        assertArrayEquals(new float[] {40, 0, 3, 1, 52.5f, 1, 0, 0}, again);
    }

    private void refused(String table, String... parts) throws IOException {
        UserError error = assertThrows(UserError.class, () -> {
            Dataset rows = source(table).load(Split.ALL, 0);
            rows.table().fitted(rows);
        });
        for (String part : parts) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
        assertTrue(error.getMessage().lines().count() == 1);
    }

    @Test
    void valuesOfAnotherKindAreRefused() throws IOException {
        refused(TABLE.replace("40", "old"), "line 2, column \"age\" is \"old\", which is no number", "\"missing\"");
        refused(TABLE.replace("3,40", "2.5,40"), "line 2, column \"visits\" is \"2.5\"; a count is a whole number");
        refused(TABLE.replace("3,40", "-1,40"), "column \"visits\" is \"-1\"");
        refused(TABLE.replace("yes", "yess"), "column \"smoker\" is \"yess\", which is no level", "no, yes");
        refused(TABLE.replace("c,0,,NA,", "c,0,,NA"), "line 4 has 4 fields where the first has 5");
        refused(TABLE.replace("40", "").replace("60", "NA"), "column \"age\" has no value in any of the 3");
    }

    @Test
    void columnsMustBeThere() throws IOException {
        UserError error = assertThrows(UserError.class, () -> source(TABLE.replace("age", "Age")));
        assertTrue(error.getMessage().contains("has no column \"age\""), error.getMessage());
        assertTrue(error.getMessage().contains("id, visits, Age"), error.getMessage());
        error = assertThrows(UserError.class, () -> source(TABLE.replace("id,", "age,")));
        assertTrue(error.getMessage().contains("two columns \"age\""), error.getMessage());
        error = assertThrows(UserError.class, () -> source(TABLE.replace(",m", ",f")));
        assertTrue(error.getMessage().contains("\"sex\" has only the level f"), error.getMessage());
        DataSource more = source(TABLE.replace("id,", "key,"));
        more.load(Split.ALL, 0);
        assertEquals(1, more.warnings().size());
        assertTrue(
                more.warnings().get(0).contains("\"key\", is not in the schema"),
                more.warnings().get(0));
    }

    private void wrong(String text, String part) {
        UserError error = assertThrows(UserError.class, () -> schema(text));
        assertTrue(error.getMessage().contains(part), error.getMessage());
        assertTrue(error.getMessage().contains("schema.json"), error.getMessage());
    }

    @Test
    void schemasAreChecked() {
        wrong("[]", "is no schema");
        wrong("{", "is not valid JSON");
        wrong("{'columns': []}", "no column to model");
        wrong("{'columns': [{'name': 'a'}]}", "column 1: needs a name and a kind");
        wrong("{'columns': [{'name': 'a', 'kind': 'numbers'}]}", "there is no kind \"numbers\"");
        wrong("{'columns': [{'name': 'a', 'kind': 'numeric', 'level': []}]}", "unknown key \"level\"");
        wrong("{'columns': [{'name': 'a', 'kind': 'numeric', 'levels': ['x', 'y']}]}", "levels are a list");
        wrong("{'columns': [{'name': 'a', 'kind': 'categorical', 'levels': ['x']}]}", "two or more");
        wrong("{'columns': [{'name': 'a', 'kind': 'numeric'}, {'name': 'a', 'kind': 'count'}]}", "comes twice");
        wrong("{'columns': [{'name': 'a', 'kind': 'numeric'}], 'missing': 'NA'}", "is no schema");
        wrong(
                "{'columns': [{'name': 'a', 'kind': 'label'}, {'name': 'b', 'kind': 'label'}]}",
                "second column of labels");
        UserError error = assertThrows(UserError.class, () -> TableSchema.read(folder.resolve("none.json")));
        assertTrue(error.getMessage().contains("there is no such file"), error.getMessage());
    }

    @Test
    void aSchemaIsProposedAndFits() throws IOException {
        Path table = Path.of("src/test/resources/io/jcuvae/data/patients.csv");
        List<String> notes = new ArrayList<>();
        JsonObject json = TableSchema.propose(table, notes);
        Table proposed = schema(json.toString());
        assertEquals(
                List.of(
                        ColumnKind.NUMERIC,
                        ColumnKind.BINARY,
                        ColumnKind.COUNT,
                        ColumnKind.BINARY,
                        ColumnKind.CATEGORICAL,
                        ColumnKind.NUMERIC),
                proposed.columns().stream().map(TableColumn::kind).toList());
        assertEquals(List.of("id"), proposed.text().ignored());
        assertEquals(List.of("", "NA"), proposed.text().missing());
        assertEquals(1, notes.size());
        Dataset rows = DataSource.parse(table.toString()).by(proposed).load(Split.ALL, 0);
        assertEquals(240, rows.count());
        assertEquals(6, rows.width());
        assertEquals(
                proposed.columns().size(), rows.table().fitted(rows).columns().size());
    }

    @Test
    void labelsMayHaveAnyName() throws IOException {
        Table table = schema("{'columns': [{'name': 'a', 'kind': 'numeric'}, {'name': 'ill', 'kind': 'label'}]}");
        Dataset rows = DataSource.parse(file("t.csv", "ill,a\n1,2\n0,3\n").toString())
                .by(table)
                .load(Split.ALL, 0);
        assertArrayEquals(new int[] {1, 0}, rows.labels());
        assertArrayEquals(new float[] {2, 3}, rows.floats());
    }
}
