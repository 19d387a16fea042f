package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Workers of this process, which do their parts one after the other: for tests and measurements, not for speed. */
public final class LocalWorkers implements Workers {
    private final List<Dataset> rows;
    private final Backend backend;
    private final RoundWorker[] bound;
    private String run;

    /**
     * A worker for each part of the rows.
     *
     * @param backend of all of them; stays open
     */
    public LocalWorkers(List<Dataset> rows, Backend backend) {
        this.rows = List.copyOf(rows);
        this.backend = backend;
        bound = new RoundWorker[rows.size()];
    }

    @Override
    public int count() {
        return rows.size();
    }

    @Override
    public List<Shard.Facts> survey(String name, TrainConfig config) {
        return rows.stream().map(part -> Shard.Facts.of(part, config)).toList();
    }

    @Override
    public List<RoundResult> round(RoundOrder order) {
        if (!order.plan().run().equals(run)) {
            Arrays.fill(bound, null);
            run = order.plan().run();
        }
        List<RoundResult> results = new ArrayList<>();
        for (int w = 0; w < bound.length; w++) {
            if (bound[w] == null) {
                bound[w] = new RoundWorker(order.plan(), w, rows.get(w), backend, line -> {});
            }
            results.add(bound[w].run(order, () -> false));
        }
        return results;
    }

    @Override
    public void close() {
        Arrays.fill(bound, null);
    }
}
