package io.jcuvae.cluster;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What a task is told of its job.
 *
 * @param words the command and its options, as they were given to the driver
 * @param instead values that are otherwise where the task runs, by the names of options
 * @param data what the job calls its data, null where it reads none
 * @param device as it was asked for, {@code auto} where it was not
 * @param threads whether a number of threads was asked for
 * @param plan the job's plan in JSON, which a task's own must be like
 * @param folder where its files go until they are complete
 */
record Order(
        List<String> words,
        Map<String, String> instead,
        String data,
        String device,
        boolean threads,
        String plan,
        String folder)
        implements Serializable {
    private static final long serialVersionUID = 1;

    /** The same with another plan. */
    Order with(String settled) {
        return new Order(words, instead, data, device, threads, settled, folder);
    }

    /** The same with another folder. */
    Order in(String place) {
        return new Order(words, instead, data, device, threads, plan, place);
    }

    /** The plan, parsed. */
    JsonObject planned() {
        return JsonParser.parseString(plan).getAsJsonObject();
    }
}
