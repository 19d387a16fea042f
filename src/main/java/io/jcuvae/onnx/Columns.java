package io.jcuvae.onnx;

import io.jcuvae.data.Table;
import io.jcuvae.data.TableColumn;
import io.jcuvae.onnx.Graph.Attribute;
import io.jcuvae.onnx.Graph.Type;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.TableOps;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Rows of tables as operators: {@link Table} and {@link TableOps} once more, so that a graph takes rows in a file's units. */
final class Columns {
    private final Graph graph;

    Columns(Graph graph) {
        this.graph = graph;
    }

    /**
     * A file's rows to the model's. In double precision as in {@link Table#encode}: a mean may be far from zero.
     *
     * @param x [B, C]
     */
    String standardized(String x, Table table) {
        String away = graph.op("Sub", List.of(graph.cast(x, Type.DOUBLE), row(table, TableColumn::mean, 0)));
        return graph.cast(graph.op("Div", List.of(away, row(table, TableColumn::deviation, 1))), Type.FLOAT);
    }

    /** The model's expected rows to a file's units; probabilities, rates and numbers of levels stay as they are. */
    String inUnits(String x, Table table) {
        String wide = graph.op("Mul", List.of(graph.cast(x, Type.DOUBLE), row(table, TableColumn::deviation, 1)));
        return graph.cast(graph.op("Add", List.of(wide, row(table, TableColumn::mean, 0))), Type.FLOAT);
    }

    /** A number of each numeric column, [C]; those of other kinds have the one that changes nothing. */
    private String row(Table table, ToDoubleFunction<TableColumn> of, double otherwise) {
        double[] values = table.columns().stream()
                .mapToDouble(column -> column.kind() == ColumnKind.NUMERIC ? of.applyAsDouble(column) : otherwise)
                .toArray();
        return graph.doubles(values, values.length);
    }

    /** Whether a file has whole numbers where the expected values are none. */
    static boolean rounds(Table table) {
        return table.columns().stream().anyMatch(Columns::rounds);
    }

    private static boolean rounds(TableColumn column) {
        return column.kind() == ColumnKind.BINARY || column.kind() == ColumnKind.COUNT;
    }

    /** Expected rows with probabilities and rates rounded, as files have them. */
    String rounded(String expected, Table table) {
        boolean[] whole = new boolean[table.columns().size()];
        for (int c = 0; c < whole.length; c++) {
            whole[c] = rounds(table.columns().get(c));
        }
        return graph.op("Where", List.of(flags(whole), graph.op("Round", expected), expected));
    }

    /**
     * What the encoder sees, see {@link TableOps#tableInput}.
     *
     * @param x [B, C], NaN where a value is missing
     * @return [B, E]
     */
    String input(String x, TableLayout table) {
        int width = table.width();
        String missing = graph.op("IsNaN", x);
        String there = graph.cast(graph.op("Not", missing), Type.FLOAT);
        String filled = graph.op("Where", List.of(missing, graph.number(0), x));
        String values = filled;
        if (has(table, ColumnKind.COUNT)) {
            float[] shift = new float[width];
            float[] scale = new float[width];
            for (int c = 0; c < width; c++) {
                shift[c] = (float) table.columns().get(c).shift();
                scale[c] = (float) table.columns().get(c).scale();
            }
            // Of the other kinds, which may be below -1, nothing is to be taken a logarithm of.
            String counts = graph.op("Where", List.of(kind(table, ColumnKind.COUNT), filled, graph.number(0)));
            String logs = graph.op("Log", graph.op("Add", List.of(counts, graph.number(1))));
            String away = graph.op("Sub", List.of(logs, graph.floats(shift, width)));
            String seen = graph.op("Mul", List.of(graph.op("Mul", List.of(away, graph.floats(scale, width))), there));
            values = graph.op("Where", List.of(kind(table, ColumnKind.COUNT), seen, filled));
        }
        List<String> parts = new ArrayList<>();
        List<Integer> run = new ArrayList<>();
        for (int c = 0; c < width; c++) {
            if (table.columns().get(c).kind() != ColumnKind.CATEGORICAL) {
                run.add(c);
                continue;
            }
            take(parts, values, run);
            String number = graph.cast(gather(filled, List.of(c)), Type.INT64);
            int levels = table.columns().get(c).levels();
            parts.add(graph.op("Mul", List.of(oneHot(number, levels), gather(there, List.of(c)))));
        }
        take(parts, values, run);
        List<Integer> masked = IntStream.range(0, width)
                .filter(c -> table.columns().get(c).masked())
                .boxed()
                .toList();
        take(parts, graph.cast(missing, Type.FLOAT), new ArrayList<>(masked));
        return joined(parts);
    }

    private void take(List<String> parts, String values, List<Integer> run) {
        if (!run.isEmpty()) {
            parts.add(gather(values, run));
            run.clear();
        }
    }

    /**
     * The expected values, see {@link TableOps#tableMean}.
     *
     * @param output [B, W]
     * @return [B, C]
     */
    String expected(String output, TableLayout table) {
        int width = table.width();
        List<Integer> single = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        List<String> chosen = new ArrayList<>();
        // Where each column comes to lie: those of one number in front, in their order.
        long[] order = new long[width];
        long categorical = table.columns().stream()
                .filter(column -> column.kind() == ColumnKind.CATEGORICAL)
                .count();
        int at = 0;
        for (int c = 0; c < width; c++) {
            int levels = table.columns().get(c).levels();
            if (table.columns().get(c).kind() == ColumnKind.CATEGORICAL) {
                order[c] = width - categorical + chosen.size();
                List<Integer> logits = IntStream.range(at, at + levels).boxed().toList();
                String best = graph.op("ArgMax", gather(output, logits), Attribute.of("axis", 1L));
                chosen.add(graph.cast(best, Type.FLOAT));
            } else {
                order[c] = single.size();
                single.add(c);
                places.add(at);
            }
            at += levels;
        }
        List<String> parts = new ArrayList<>();
        if (!single.isEmpty()) {
            parts.add(means(gather(output, places), table, single));
        }
        parts.addAll(chosen);
        return chosen.isEmpty() ? parts.get(0) : graph.op("Gather", List.of(joined(parts), graph.longs(order)), axis());
    }

    private String means(String o, TableLayout table, List<Integer> columns) {
        String means = o;
        if (has(table, ColumnKind.COUNT)) {
            String least = graph.op("Min", List.of(o, graph.number(TableOps.LARGEST_LOG_RATE)));
            means = graph.op("Where", List.of(kind(table, columns, ColumnKind.COUNT), graph.op("Exp", least), means));
        }
        return has(table, ColumnKind.BINARY)
                ? graph.op("Where", List.of(kind(table, columns, ColumnKind.BINARY), graph.op("Sigmoid", o), means))
                : means;
    }

    /**
     * A one in the place of each number.
     *
     * @param numbers [B] or [B, 1], whole
     * @return [B, levels]
     */
    String oneHot(String numbers, int levels) {
        long[] all = IntStream.range(0, levels).asLongStream().toArray();
        String column = graph.op("Reshape", List.of(numbers, graph.longs(-1, 1)));
        return graph.cast(graph.op("Equal", List.of(column, graph.longs(all, 1, levels))), Type.FLOAT);
    }

    private static boolean has(TableLayout table, ColumnKind kind) {
        return table.columns().stream().anyMatch(column -> column.kind() == kind);
    }

    private String kind(TableLayout table, ColumnKind kind) {
        return kind(table, IntStream.range(0, table.width()).boxed().toList(), kind);
    }

    private String kind(TableLayout table, List<Integer> columns, ColumnKind kind) {
        boolean[] flags = new boolean[columns.size()];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = table.columns().get(columns.get(i)).kind() == kind;
        }
        return flags(flags);
    }

    private String flags(boolean[] flags) {
        return graph.flags(flags, flags.length);
    }

    /** Some columns of rows. */
    private String gather(String rows, List<Integer> columns) {
        long[] places = columns.stream().mapToLong(Integer::longValue).toArray();
        return graph.op("Gather", List.of(rows, graph.longs(places)), axis());
    }

    private static Attribute axis() {
        return Attribute.of("axis", 1L);
    }

    private String joined(List<String> parts) {
        return parts.size() == 1 ? parts.get(0) : graph.op("Concat", parts, axis());
    }
}
