package io.jcuvae.contract;

import io.jcuvae.tensor.Scalars;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.ConditionOps} with their inputs; they move numbers and compute none. */
final class ConditionScenarios {
    private ConditionScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("gatherOneHot", List.of(gatherOneHot(1031, 33, 500)));
        verbs.put("joinColumns", List.of(joinColumns(257, 1, 784, 10), joinColumns(31, 77, 3, 10)));
        verbs.put("firstColumns", List.of(firstColumns(1031, 20, 33)));
        return verbs;
    }

    /** The batch stands in the middle of an order that visits rows in no order, some twice. */
    static Scenario gatherOneHot(int rows, int classes, int samples) {
        return new Scenario("gatherOneHot [" + rows + "x" + classes + "] of " + samples + " labels", lab -> {
            int position = 5;
            int[] labelOf = new int[samples];
            Arrays.setAll(labelOf, i -> lab.random().nextInt(classes));
            int[] rowNumbers = new int[position + rows + 3];
            Arrays.setAll(rowNumbers, i -> lab.random().nextInt(samples));
            Pair labels = lab.integers("labels", labelOf);
            Pair order = lab.integers("order", rowNumbers);
            Pair scalars = lab.scalars(Map.of(Scalars.ORDER_POSITION, (double) position));
            Pair y = lab.blank("y", rows, classes);
            lab.run(s -> s.ops().gatherOneHot(s.at(y), s.at(labels), s.at(order), s.at(scalars)));
            lab.expectExact(y);
        });
    }

    static Scenario joinColumns(int rows, int times, int front, int behind) {
        String label = "joinColumns [" + rows * times + "x" + front + "] and [" + rows + "x" + behind + "]";
        return new Scenario(label, lab -> {
            Pair a = lab.normal("a", 1, rows * times, front);
            Pair b = lab.normal("b", 1, rows, behind);
            Pair y = lab.blank("y", rows * times, front + behind);
            lab.run(s -> s.ops().joinColumns(s.at(y), s.at(a), s.at(b)));
            lab.expectExact(y);
        });
    }

    static Scenario firstColumns(int rows, int front, int all) {
        return new Scenario("firstColumns [" + rows + "x" + front + "] of " + all, lab -> {
            Pair y = lab.normal("y", 1, rows, all);
            Pair x = lab.blank("x", rows, front);
            lab.run(s -> s.ops().firstColumns(s.at(x), s.at(y)));
            lab.expectExact(x);
        });
    }
}
