package io.jcuvae.train;

import com.google.gson.JsonParser;
import io.jcuvae.data.Classes;
import io.jcuvae.data.Table;
import java.io.Serializable;
import java.util.List;

/**
 * What all workers of a run must agree on before its first round, in a form that travels.
 *
 * @param run a name of this run, for workers that keep what they have bound
 * @param options the settings as JSON, see {@link TrainConfig#toJson}
 * @param stepsPerEpoch steps that the worker with the most rows makes in an epoch
 * @param classes that the model is told
 * @param table how the model's rows are made of the source's, as JSON; null where they are the source's
 */
public record RoundPlan(String run, String options, int stepsPerEpoch, List<String> classes, String table)
        implements Serializable {

    static RoundPlan of(String run, TrainConfig config, int stepsPerEpoch, Classes classes, Table table) {
        return new RoundPlan(
                run,
                config.toJson().toString(),
                stepsPerEpoch,
                classes.names(),
                table.given() ? table.toJson().toString() : null);
    }

    /** The settings. */
    public TrainConfig config() {
        return TrainConfig.defaults()
                .with(JsonParser.parseString(options).getAsJsonObject(), "the settings that the driver sent");
    }

    Table readTable() {
        return table == null
                ? Table.NONE
                : Table.fromJson(JsonParser.parseString(table).getAsJsonObject());
    }
}
