package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.TableLayout.Column;
import io.jcuvae.tensor.TableOps;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every backend must do for tables; part of {@link OpsContract}. */
public interface TableContract {
    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    @Test
    @Covers({"tableInput", "tableRows", "tableBackward", "table", "tableMean"})
    default void takesTablesApart() {
        for (int[] s : new int[][] {{1, 1}, {1, 31}, {31, 4}, {7, 33}, {3, 530}, {129, 5}}) {
            compare(TableScenarios.input(s[0], s[1]));
            compare(TableScenarios.score(s[0], s[1], true, false));
            compare(TableScenarios.score(s[0], s[1], false, true));
            compare(TableScenarios.score(s[0], s[1], true, true));
            compare(TableScenarios.mean(s[0], s[1]));
        }
    }

    // ---- limits

    /** Value, gradient and expected value with the difference of the logits, also far out. */
    @Test
    @Covers({"table", "tableMean"})
    default void aColumnOfTwoLevelsIsABinaryOne() {
        float[] differences = {-80, -3, -0.125f, 0.75f, 5, 80};
        int n = differences.length;
        float[] pairs = new float[2 * n];
        for (int i = 0; i < n; i++) {
            pairs[2 * i + 1] = differences[i];
        }
        for (float x : new float[] {0, 1}) {
            Terms two = terms(List.of(Column.of(ColumnKind.CATEGORICAL, 2)), filled(x, n), pairs, 0);
            Terms one = terms(List.of(Column.of(ColumnKind.BINARY, 1)), filled(x, n), differences, 0);
            for (int i = 0; i < n; i++) {
                assertEquals(one.rows[i], two.rows[i], 1e-6 * (1 + one.rows[i]), "row " + i);
                assertEquals(one.doutput[i], two.doutput[2 * i + 1], 1e-6, "gradient " + i);
                assertEquals(-one.doutput[i], two.doutput[2 * i], 1e-6, "gradient " + i);
                assertEquals(differences[i] > 0 ? 1 : 0, two.mean[i], "the likelier level");
            }
        }
    }

    /** With a log variance of 0 in every column; and the units of the columns are a constant of each row. */
    @Test
    @Covers({"table", "gaussianRows"})
    default void numericColumnsOfUnitVarianceAreAGaussian() {
        int rows = 5;
        int width = 37;
        float[] x = new float[rows * width];
        float[] output = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(i);
            output[i] = (float) Math.cos(3 * i);
        }
        Tensor want = tensor(new float[rows], rows);
        Tensor slope = tensor(new float[x.length], rows, width);
        Tensor weights = tensor(filled(0.5f, rows), rows);
        Tensor zero = tensor(new float[1], 1);
        Tensor mean = tensor(output, rows, width);
        Tensor data = tensor(x, rows, width);
        backend().ops().gaussianRows(want, mean, data, zero);
        backend().ops().gaussianBackward(slope, null, mean, data, zero, weights);
        double unit = 0.75;
        Column column = new Column(ColumnKind.NUMERIC, 1, false, 0, 1, unit);
        // What floor + softplus(u - floor) makes 0 of.
        float u = (float) (Density.LEAST_LOGVAR + Math.log(Math.expm1(-Density.LEAST_LOGVAR)));
        Terms got = terms(Collections.nCopies(width, column), x, output, u);
        double[] rowsOfGaussian = Access.values(backend(), want);
        for (int r = 0; r < rows; r++) {
            assertEquals(rowsOfGaussian[r] + width * unit, got.rows[r], 1e-4, "row " + r);
        }
        assertArrayEquals(Access.values(backend(), slope), got.doutput, 1e-5);
        assertArrayEquals(Access.values(backend(), mean), got.mean);
    }

    @Test
    @Covers({"table", "tableInput"})
    default void rowsOfNothingAddNothing() {
        List<Column> columns = List.of(
                new Column(ColumnKind.NUMERIC, 1, true, 0, 1, 3),
                Column.of(ColumnKind.BINARY, 1),
                new Column(ColumnKind.CATEGORICAL, 3, true, 0, 1, 0),
                Column.of(ColumnKind.COUNT, 1));
        float[] output = {5, -80, 1, 2, 30, 7};
        Terms nothing = terms(columns, filled(Float.NaN, 4), output, 1);
        assertEquals(0, nothing.rows[0]);
        assertArrayEquals(new double[6], nothing.doutput);
        assertArrayEquals(new double[4], nothing.dlogvar);
        Tensor input = tensor(filled(9, 8), 1, 8);
        Tensor x = tensor(filled(Float.NaN, 4), 1, 4);
        backend().ops().tableInput(input, x, tensor(new TableLayout(columns).descriptors(), 4, TableLayout.FIELDS));
        assertArrayEquals(new double[] {0, 0, 0, 0, 0, 0, 1, 1}, Access.values(backend(), input));
    }

    /** Far from everything each value and gradient is a number, and of the sign that leads back. */
    @Test
    @Covers("table")
    default void farOutputsStayFinite() {
        float[] far = {0, 80, -80, 88.8f, 1e4f, -1e4f, 1e12f, -1e12f};
        for (float count : new float[] {0, 1, 8, 1000, 1 << 24}) {
            Terms got = terms(List.of(Column.of(ColumnKind.COUNT, 1)), filled(count, far.length), far, 0);
            for (int i = 0; i < far.length; i++) {
                assertTrue(Double.isFinite(got.rows[i]) && got.rows[i] >= 0, count + " at " + far[i]);
                double want = Math.exp(Math.min(far[i], TableOps.LARGEST_LOG_RATE)) - count;
                assertEquals(want, got.doutput[i] / 0.5, 3e-6 * (1 + Math.abs(want) + count), count + " at " + far[i]);
            }
        }
        for (float x : new float[] {0, 1}) {
            Terms got = terms(List.of(Column.of(ColumnKind.BINARY, 1)), filled(x, far.length), far, 0);
            for (int i = 0; i < far.length; i++) {
                double want = x == 1 ? Math.max(-far[i], 0) : Math.max(far[i], 0);
                assertEquals(want, got.rows[i], far[i] == 0 ? 0.7 : 1e-9 + 1e-6 * Math.abs(want), x + " at " + far[i]);
            }
        }
    }

    /** All counts together have probability 1, and each that of the textbook. */
    @Test
    @Covers("tableRows")
    default void countsShareTheirMass() {
        int n = 400;
        float[] counts = new float[n];
        for (int k = 0; k < n; k++) {
            counts[k] = k;
        }
        for (float l : new float[] {-2, 0.3f, 2.5f, 5.3f}) {
            Terms got = terms(List.of(Column.of(ColumnKind.COUNT, 1)), counts, filled(l, n), 0);
            double total = 0;
            for (int k = 0; k < n; k++) {
                total += Math.exp(-got.rows[k]);
                double want = Math.exp(l) - k * (double) l + ReferenceTable.logFactorial(k);
                assertEquals(want, got.rows[k], 2e-6 * (1 + Math.abs(k * (double) l) + want), "count " + k);
            }
            assertEquals(1, total, 1e-5);
        }
    }

    // ---- small tensors

    /** What {@link TableOps#table} and {@link TableOps#tableMean} say, with a weight of a half for each row. */
    private Terms terms(List<Column> columns, float[] x, float[] output, float u) {
        TableLayout layout = new TableLayout(columns);
        int rows = x.length / layout.width();
        Tensor descriptors = tensor(layout.descriptors(), layout.width(), TableLayout.FIELDS);
        Tensor sums = tensor(new float[rows], rows);
        Tensor doutput = tensor(new float[output.length], rows, layout.outputs());
        Tensor dlogvar = tensor(new float[x.length], rows, layout.width());
        Tensor mean = tensor(new float[x.length], rows, layout.width());
        Tensor said = tensor(output, rows, layout.outputs());
        Tensor logvar = tensor(filled(u, layout.width()), layout.width());
        Tensor weights = tensor(filled(0.5f, rows), rows);
        backend()
                .ops()
                .table(sums, doutput, dlogvar, said, tensor(x, rows, layout.width()), logvar, descriptors, weights);
        backend().ops().tableMean(mean, said, descriptors);
        return new Terms(
                Access.values(backend(), sums),
                Access.values(backend(), doutput),
                Access.values(backend(), dlogvar),
                Access.values(backend(), mean));
    }

    /** Results of the verbs. */
    record Terms(double[] rows, double[] doutput, double[] dlogvar, double[] mean) {}

    private static float[] filled(float value, int count) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return values;
    }

    private Tensor tensor(float[] values, int... extents) {
        Tensor tensor = Tensor.of(backend().allocate(ElementType.F32, values.length), Shape.of(extents));
        backend().upload(tensor, values, 0);
        return tensor;
    }
}
