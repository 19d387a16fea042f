package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import org.junit.jupiter.api.Test;

class InspectionTest {
    private final Backend backend = new CpuBackend(1);
    private final Dataset data = SmallRuns.blobs(40, 2);

    /** The latents' divergences add up to the KL of the evaluation, which sums them on the device. */
    @Test
    void theLatentsShareTheWholeDivergence() {
        Model model = SmallModels.trained(backend);
        PickedRows rows = PickedRows.of(model, data, 1000);
        assertEquals(40, rows.count());
        LatentUse use = LatentUse.of(new Inspection(model, backend).look(rows.rows(), rows.told(), rows.count()));
        double sum = 0;
        for (double kl : use.kl()) {
            sum += kl;
        }
        Evaluator evaluator = new Evaluator(model.spec(), backend, model.values(), model.buffers());
        Evaluator.Result whole = evaluator.evaluate(
                data.open(), model.config().binarization(), 0, model.config().seed());
        assertEquals(whole.kl(), sum, 1e-4 * whole.kl());
        int[] order = use.order();
        for (int i = 1; i < order.length; i++) {
            assertEquals(true, use.kl()[order[i - 1]] >= use.kl()[order[i]]);
        }
    }

    @Test
    void whatItMakesIsWhatTheJobsMake() {
        Model model = SmallModels.trained(backend);
        Inspection inspection = new Inspection(model, backend);
        float[] rows = SmallModels.rows(data);
        Inspection.Seen seen = inspection.look(rows, RowLabels.NONE, 40);
        assertArrayEquals(Reconstruction.of(model, backend, rows, 40), seen.made());
        assertArrayEquals(seen.made(), inspection.decode(seen.codes(), 40, Labels.NOTHING));
        float[] drawn = inspection.decode(Inspection.normals(9, 3, 5), 9, Labels.NOTHING);
        assertArrayEquals(Generation.sample(model, backend, 9, 5, 1), drawn, 1e-5f);
        float[] line = inspection.decode(
                CodePaths.line(Inspection.row(seen.codes(), 0, 3), Inspection.row(seen.codes(), 7, 3), 4), 4, -1, -1);
        int width = data.width();
        assertArrayEquals(
                Interpolation.between(
                        model, backend, Inspection.row(rows, 0, width), Inspection.row(rows, 7, width), 4),
                line,
                1e-6f);
    }

    /** Codes that are points are told apart by how far they spread. */
    @Test
    void pointsHaveNoDivergence() {
        TrainConfig config = SmallRuns.config(1).with(Setting.POSTERIOR, "none");
        Model model = SmallModels.untrained(config, data, backend);
        Inspection.Seen seen = new Inspection(model, backend).look(SmallModels.rows(data), RowLabels.NONE, 40);
        assertNull(seen.logvars());
        LatentUse use = LatentUse.of(seen);
        assertNull(use.kl());
        double[] first = new double[40];
        double mean = 0;
        for (int n = 0; n < 40; n++) {
            first[n] = seen.codes()[3 * n];
            mean += first[n] / 40;
        }
        double squares = 0;
        for (double value : first) {
            squares += (value - mean) * (value - mean) / 40;
        }
        assertEquals(Math.sqrt(squares), use.deviation()[0], 1e-9);
        assertEquals(true, use.deviation()[use.order()[0]] >= use.deviation()[use.order()[2]]);
    }
}
