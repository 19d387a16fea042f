package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.each;
import static java.lang.Math.abs;

import io.jcuvae.tensor.Scalars;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.CodebookOps} with their inputs. */
final class CodebookScenarios {
    private CodebookScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("codeNorms", List.of(codeNorms(513, 65)));
        verbs.put("leastDistances", List.of(leastDistances(1031, 300, false), leastDistances(515, 70, true)));
        verbs.put("nearestCodes", List.of(nearestCodes(1031, 513, 8)));
        verbs.put("lookUpCodes", List.of(lookUpCodes(257, 49, 8, 70), lookUpCodes(31, 3, 300, 5)));
        verbs.put("straightThrough", List.of(straightThrough(131, 601)));
        verbs.put("trackCodes", List.of(trackCodes(1031, 300, 33, 0.05f, 7, false)));
        return verbs;
    }

    static Scenario codeNorms(int codes, int size) {
        return new Scenario("codeNorms [" + codes + "x" + size + "]", lab -> {
            Pair codebook = lab.normal("codebook", 1, codes, size);
            Pair norms = lab.blank("norms", codes);
            lab.run(s -> s.ops().codeNorms(s.at(norms), s.at(codebook)));
            lab.expect(
                    norms, () -> Tolerances.rows(codes, size, Tolerances.sum(size), i -> Math.pow(codebook.at(i), 2)));
        });
    }

    /**
     * Any values, where the oracle rounds as the verb does; or whole numbers, of which many are the least.
     *
     * @param ties whether they are few enough for that
     */
    static Scenario leastDistances(int rows, int codes, boolean ties) {
        String label = "leastDistances [" + rows + "x" + codes + "]" + (ties ? " with ties" : "");
        return new Scenario(label, lab -> {
            Pair products = lab.drawn(
                    "products",
                    () -> ties ? lab.random().nextInt(3) : lab.random().nextGaussian(),
                    rows,
                    codes);
            Pair norms = lab.drawn(
                    "norms", () -> ties ? lab.random().nextInt(2) : lab.random().nextDouble(), codes);
            Pair found = lab.blank("codes", rows);
            lab.run(s -> s.ops().leastDistances(s.at(found), s.at(products), s.at(norms)));
            lab.expectExact(found);
        });
    }

    /**
     * Codes are different rows of the digits 0 to 3 and slots lie a tenth from one of them: no rounding of factors makes another
     * one the nearest. Nearer to the middle between two codes a product's last place decides, and devices may differ.
     */
    static Scenario nearestCodes(int rows, int codes, int size) {
        return new Scenario("nearestCodes [" + rows + "x" + size + "] of " + codes, lab -> {
            double[] digits = new double[codes * size];
            Arrays.setAll(digits, i -> (i / size >> 2 * Math.min(i % size, 15)) & 3);
            int[] own = new int[rows];
            Arrays.setAll(own, n -> lab.random().nextInt(codes));
            double[] near = new double[rows * size];
            Arrays.setAll(near, i -> (float) (digits[own[i / size] * size + i % size]
                    + 0.2 * lab.random().nextDouble()
                    - 0.1));
            Pair codebook = lab.given("codebook", digits, codes, size);
            Pair x = lab.given("x", near, rows, size);
            Pair products = lab.scratch("products", rows, codes);
            Pair norms = lab.scratch("norms", codes);
            Pair found = lab.blank("codes", rows);
            lab.run(s -> s.ops().nearestCodes(s.at(found), s.at(products), s.at(norms), s.at(x), s.at(codebook)));
            lab.expectExact(found);
        });
    }

    private static Pair numbers(Lab lab, int codes, int... extents) {
        return lab.drawn("codes", () -> lab.random().nextInt(codes), extents);
    }

    static Scenario lookUpCodes(int rows, int slots, int size, int codes) {
        String label = "lookUpCodes [" + rows + "x" + slots + "x" + size + "] of " + codes;
        float factor = 0.25f;
        return new Scenario(label, lab -> {
            Pair codebook = lab.normal("codebook", 1, codes, size);
            Pair x = lab.normal("x", 1, rows, slots * size);
            Pair chosen = numbers(lab, codes, rows, slots);
            Pair z = lab.blank("z", rows, slots * size);
            Pair sums = lab.blank("rows", rows);
            lab.run(s -> s.ops().lookUpCodes(s.at(z), s.at(sums), s.at(x), s.at(chosen), s.at(codebook), factor));
            lab.expectExact(z);
            int width = slots * size;
            lab.expect(
                    sums,
                    () -> Tolerances.rows(rows, width, Tolerances.sum(width), i -> {
                        double value = codebook.at(((int) chosen.at(i / size)) * size + i % size);
                        return factor * Math.pow(abs(x.at(i)) + abs(value), 2);
                    }));
        });
    }

    static Scenario straightThrough(int rows, int width) {
        float weight = 0.5f / rows;
        return new Scenario("straightThrough [" + rows + "x" + width + "]", lab -> {
            Pair dz = lab.normal("dz", 0.01, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair z = lab.normal("z", 1, rows, width);
            Pair dx = lab.blank("dx", rows, width);
            lab.run(s -> s.ops().straightThrough(s.at(dx), s.at(dz), s.at(x), s.at(z), weight));
            lab.expect(
                    dx,
                    () -> each(dx.count(), i -> ARITHMETIC * (abs(dz.at(i)) + weight * (abs(x.at(i)) + abs(z.at(i))))));
        });
    }

    /**
     * Of the codes a third has no slot, and some of these were used so little before that they die.
     *
     * @param step rows trained on, in thousands
     */
    static Scenario trackCodes(int rows, int codes, int size, float threshold, int step, boolean halted) {
        String label = "trackCodes [" + rows + "x" + size + "] of " + codes + ", threshold " + threshold + ", step "
                + step + (halted ? ", halted" : "");
        float decay = 0.9f;
        return new Scenario(label, lab -> {
            Pair codebook = lab.normal("codebook", 1, codes, size);
            Pair counts = lab.drawn(
                    "counts",
                    () -> step == 0
                            ? 0
                            : lab.random().nextInt(3) == 0
                                    ? 1e-4
                                    : 5 + lab.random().nextDouble(),
                    codes);
            double[] kept = new double[codes * size];
            Arrays.setAll(kept, i -> (float) (counts.at(i / size) * lab.random().nextGaussian()));
            Pair sums = lab.given("sums", kept, codes, size);
            Pair revived = lab.given("revived", new double[] {(1 << 20) - 1, 3}, 2);
            Pair total = lab.scratch("total", 1);
            Pair x = lab.normal("x", 1, rows, size);
            Pair chosen = numbers(lab, Math.max(1, codes * 2 / 3), rows);
            Pair scalars =
                    lab.scalars(Map.of(Scalars.ROWS_TRAINED, 1000.0 * step, Scalars.HALTED_AT, halted ? 4.0 : 0.0));
            lab.run(s -> s.ops()
                    .trackCodes(
                            s.at(codebook),
                            s.at(counts),
                            s.at(sums),
                            s.at(revived),
                            s.at(total),
                            s.at(x),
                            s.at(chosen),
                            s.at(scalars),
                            decay,
                            threshold,
                            11));
            lab.expectExact(revived);
            double share = halted ? 0 : 2 * ARITHMETIC;
            // Sums run in double precision: what is rounded is what is kept, and the means that are made of it.
            lab.expect(counts, () -> each(codes, k -> share * (rows + 10)));
            lab.expect(
                    sums, () -> each(codes * size, i -> share * (abs(sums.at(i)) + magnitude(x, chosen, i, size) + 7)));
            lab.expect(
                    codebook,
                    () -> each(codes * size, i -> {
                        double slots = Arrays.stream(chosen.initial())
                                .filter(k -> k == i / size)
                                .count();
                        double count = decay * counts.at(i / size) + (1 - decay) * slots;
                        double sum = decay * abs(sums.at(i)) + (1 - decay) * magnitude(x, chosen, i, size);
                        return count == 0 ? 0 : share * sum / count;
                    }));
        });
    }

    private static double magnitude(Pair x, Pair chosen, int i, int size) {
        double sum = 0;
        for (int n = 0; n < chosen.count(); n++) {
            sum += chosen.at(n) == i / size ? abs(x.at(n * size + i % size)) : 0;
        }
        return sum;
    }
}
