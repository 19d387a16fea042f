package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;
import static java.lang.Math.exp;
import static java.lang.Math.log;

import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.TableLayout.Column;
import io.jcuvae.tensor.TableOps;
import io.jcuvae.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The verbs of {@link TableOps} with their inputs and the tolerance of what they write. */
final class TableScenarios {
    private TableScenarios() {}

    /** As {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("tableInput", List.of(input(65, 301)));
        verbs.put("table", List.of(score(65, 301, true, true)));
        verbs.put("tableRows", List.of(score(65, 301, true, false)));
        verbs.put("tableBackward", List.of(score(65, 301, false, true)));
        verbs.put("tableMean", List.of(mean(65, 301)));
        return verbs;
    }

    /** So many columns of all kinds, in turn and by chance. */
    static TableLayout layout(RandomGenerator random, int width) {
        List<Column> columns = new ArrayList<>();
        for (int c = 0; c < width; c++) {
            ColumnKind kind = ColumnKind.values()[c < 4 ? c : random.nextInt(4)];
            boolean counts = kind == ColumnKind.COUNT;
            columns.add(new Column(
                    kind,
                    kind == ColumnKind.CATEGORICAL ? 2 + random.nextInt(6) : 1,
                    random.nextBoolean(),
                    counts ? random.nextDouble() : 0,
                    counts ? 0.5 + random.nextDouble() : 1,
                    kind == ColumnKind.NUMERIC ? random.nextGaussian() : 0));
        }
        return new TableLayout(columns);
    }

    /** A table with values of every kind, a sixth of them missing. */
    private record Table(TableLayout layout, Pair columns, Pair x, Pair output, Pair logvar) {
        static Table of(Lab lab, int rows, int width) {
            RandomGenerator random = lab.random();
            TableLayout layout = TableScenarios.layout(random, width);
            float[] fields = layout.descriptors();
            double[] descriptors = new double[fields.length];
            for (int i = 0; i < fields.length; i++) {
                descriptors[i] = fields[i];
            }
            int[] at = {0};
            Pair x = lab.drawn(
                    "x",
                    () -> {
                        Column column = layout.columns().get(at[0]++ % width);
                        if (random.nextInt(6) == 0) {
                            return Double.NaN;
                        }
                        return switch (column.kind()) {
                            case NUMERIC -> random.nextGaussian();
                            case BINARY -> random.nextInt(2);
                            case CATEGORICAL -> random.nextInt(column.levels());
                            case COUNT -> random.nextInt(new int[] {1, 3, 10, 3000}[random.nextInt(4)]);
                        };
                    },
                    rows,
                    width);
            List<Column> outputs = new ArrayList<>();
            for (Column column : layout.columns()) {
                for (int l = 0; l < column.levels(); l++) {
                    outputs.add(column);
                }
            }
            int[] next = {0};
            Pair output = lab.drawn(
                    "output",
                    () -> switch (outputs.get(next[0]++ % outputs.size()).kind()) {
                        case NUMERIC -> random.nextGaussian();
                        case BINARY -> random.nextGaussian() * new double[] {1, 80}[random.nextInt(2)];
                        case CATEGORICAL -> 4 * random.nextGaussian();
                        // Near the counts that are drawn, far below them, and a little beyond the largest log rate.
                        case COUNT -> 3 + 3 * random.nextGaussian() + (random.nextInt(20) == 0 ? 15 : 0);
                    },
                    rows,
                    layout.outputs());
            Pair logvar = lab.normal("logvar", 2, width);
            return new Table(layout, lab.given("columns", descriptors, width, TableLayout.FIELDS), x, output, logvar);
        }

        double[] outputs(int i) {
            int width = layout.width();
            int first = i / width * layout.outputs();
            for (int c = 0; c < i % width; c++) {
                first += layout.columns().get(c).levels();
            }
            return Arrays.copyOfRange(
                    output.initial(),
                    first,
                    first + layout.columns().get(i % width).levels());
        }

        /** The sum of the absolute values of what a value's term is made of. */
        double magnitude(int i) {
            double value = x.at(i);
            if (Double.isNaN(value)) {
                return 0;
            }
            int c = i % layout.width();
            double[] out = outputs(i);
            double constant = abs(layout.columns().get(c).constant());
            return constant
                    + switch (layout.columns().get(c).kind()) {
                        case NUMERIC -> {
                            double u = logvar.at(c);
                            double error = abs(value) + abs(out[0]);
                            yield 2 + (13 + abs(u)) * (1 + error * error * exp(-ReferenceDensity.logvar(u)));
                        }
                        case BINARY -> 1 + 2 * abs(out[0]);
                        case CATEGORICAL -> 1 + 2 * largest(out);
                        case COUNT -> counted(out[0], value);
                    };
        }

        private static double counted(double l, double k) {
            double inside = Math.min(l, TableOps.LARGEST_LOG_RATE);
            double d = inside - log(Math.max(k, 1));
            double sum = k == 0 ? exp(inside) : k * (Math.expm1(d) - d);
            // What rounding the logarithms does, times the slope; log(k!) of small k is a difference.
            sum += (1 + abs(l) + log(1 + k)) * (abs(exp(inside) - k) + (l > inside ? (l - inside) * exp(inside) : 0));
            return 1 + sum + 4 * Math.min(k, 8) + log(1 + k);
        }

        /** Of an output's gradient, without its weight. */
        double gradient(int i) {
            double value = x.at(i);
            int c = i % layout.width();
            double[] out = outputs(i);
            return switch (layout.columns().get(c).kind()) {
                case NUMERIC ->
                    (13 + abs(logvar.at(c))) * (abs(value) + abs(out[0])) * exp(-ReferenceDensity.logvar(logvar.at(c)));
                case BINARY -> 2;
                case CATEGORICAL -> 1 + largest(out);
                case COUNT -> (1 + abs(out[0]) + log(1 + value)) * (exp(Math.min(out[0], 20)) + value);
            };
        }

        private static double largest(double[] out) {
            double largest = 0;
            for (double one : out) {
                largest = Math.max(largest, abs(one));
            }
            return largest;
        }

        /** For each output of a row the column that it is of. */
        int[] owners() {
            int[] owners = new int[layout.outputs()];
            int at = 0;
            for (int c = 0; c < layout.width(); c++) {
                for (int l = 0; l < layout.columns().get(c).levels(); l++) {
                    owners[at++] = c;
                }
            }
            return owners;
        }
    }

    static Scenario input(int rows, int width) {
        return new Scenario("tableInput [" + rows + "x" + width + "]", lab -> {
            Table table = Table.of(lab, rows, width);
            Pair input = lab.blank("input", rows, table.layout().inputs());
            lab.run(s -> s.ops().tableInput(s.at(input), s.at(table.x()), s.at(table.columns())));
            lab.expect(
                    input,
                    // A count's logarithm reaches 8, its shift 1, its scale 1.5.
                    () -> each(input.count(), i -> 16 * FUNCTION));
        });
    }

    static Scenario score(int rows, int width, boolean sums, boolean gradients) {
        String label = "table [" + rows + "x" + width + "]" + (sums ? ", rows" : "") + (gradients ? ", gradients" : "");
        return new Scenario(label, lab -> {
            Table table = Table.of(lab, rows, width);
            int outputs = table.layout().outputs();
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair row = sums ? lab.blank("rows", rows) : null;
            Pair doutput = gradients ? lab.blank("doutput", rows, outputs) : null;
            Pair dlogvar = gradients ? lab.blank("dlogvar", rows, width) : null;
            lab.run(s -> {
                Tensor output = s.at(table.output());
                Tensor x = s.at(table.x());
                Tensor logvar = s.at(table.logvar());
                Tensor columns = s.at(table.columns());
                if (!gradients) {
                    s.ops().tableRows(s.at(row), output, x, logvar, columns);
                } else if (sums) {
                    s.ops().table(s.at(row), s.at(doutput), s.at(dlogvar), output, x, logvar, columns, s.at(weights));
                } else {
                    s.ops().tableBackward(s.at(doutput), s.at(dlogvar), output, x, logvar, columns, s.at(weights));
                }
            });
            if (sums) {
                lab.expect(row, () -> Tolerances.rows(rows, width, functionSum(2L * width), table::magnitude));
            }
            if (gradients) {
                int[] owners = table.owners();
                lab.expect(
                        doutput,
                        () -> each(doutput.count(), i -> {
                            int value = i / outputs * width + owners[i % outputs];
                            double magnitude = Double.isNaN(table.x().at(value)) ? 0 : table.gradient(value);
                            return 2 * FUNCTION * abs(weights.at(i / outputs)) * magnitude + FLUSH;
                        }));
                lab.expect(
                        dlogvar,
                        () -> each(dlogvar.count(), i -> {
                            boolean numeric =
                                    table.layout().columns().get(i % width).kind() == ColumnKind.NUMERIC;
                            boolean there = !Double.isNaN(table.x().at(i));
                            return numeric && there
                                    ? 2 * FUNCTION * abs(weights.at(i / width)) * table.magnitude(i) + FLUSH
                                    : 0;
                        }));
            }
        });
    }

    static Scenario mean(int rows, int width) {
        return new Scenario("tableMean [" + rows + "x" + width + "]", lab -> {
            Table table = Table.of(lab, rows, width);
            Pair mean = lab.blank("mean", rows, width);
            lab.run(s -> s.ops().tableMean(s.at(mean), s.at(table.output()), s.at(table.columns())));
            lab.expect(
                    mean,
                    () -> each(mean.count(), i -> {
                        double o = table.outputs(i)[0];
                        return switch (table.layout().columns().get(i % width).kind()) {
                            case NUMERIC, CATEGORICAL -> 0;
                            case BINARY -> FUNCTION;
                            case COUNT -> FUNCTION * (1 + abs(o)) * exp(Math.min(o, TableOps.LARGEST_LOG_RATE));
                        };
                    }));
        });
    }
}
