package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What a job is to write, settled before its first row: equal plans on equal devices make equal bytes.
 *
 * @param kind the command
 * @param model SHA-256 of the model's file
 * @param options all else that decides the rows
 * @param rows in all
 * @param rowShape the shape of a row
 * @param unit rows that stay together
 * @param out the file, or with several files what their names are made of
 * @param folder whether a file is a folder of pictures
 * @param shards number of files
 * @param blockRows rows of a block, a multiple of the unit
 */
public record JobPlan(
        String kind,
        String model,
        JsonObject options,
        long rows,
        int[] rowShape,
        int unit,
        Path out,
        boolean folder,
        int shards,
        long blockRows) {
    private static final List<String> LONG_ENDINGS = List.of("-ubyte.gz", "-ubyte");
    private static final long BLOCK_BYTES = 1 << 25;
    private static final int GRAIN = 1024;

    /**
     * One of the files.
     *
     * @param file its name in the folder of the manifest
     * @param first its first row
     * @param rows its number of rows
     */
    public record Part(String file, long first, long rows) {
        /** The row after its last. */
        public long end() {
            return first + rows;
        }
    }

    /** Checks that there are rows for every file. */
    public JobPlan {
        if (shards < 1 || shards > rows / unit) {
            throw new UserError("--shards: must be from 1 to " + rows / unit + ", so that each has a row"
                    + (unit > 1 ? " of every sample's variations" : "") + "; got " + shards);
        }
        if (blockRows < 1 || blockRows % unit != 0) {
            throw new UserError(
                    "--block: must be " + (unit > 1 ? "a multiple of " + unit : "at least 1") + ", got " + blockRows);
        }
    }

    /**
     * A plan for a job.
     *
     * @param blockRows 0 for about 32 MiB
     */
    public static JobPlan of(RowJob job, String model, Path out, boolean folder, int shards, long blockRows) {
        long rows = job.count();
        return new JobPlan(
                job.kind(),
                model,
                job.options(),
                rows,
                job.rowShape(),
                job.unit(),
                out,
                folder,
                shards,
                blockRows > 0 ? blockRows : usualBlock(job));
    }

    private static long usualBlock(RowJob job) {
        long rows = Math.max(1, BLOCK_BYTES / job.rowBytes());
        long round = rows >= GRAIN ? rows / GRAIN * GRAIN : rows;
        return Math.max(1, round / job.unit()) * job.unit();
    }

    /** Its files in the order of the rows; their sizes differ by one unit at most. */
    public List<Part> parts() {
        long units = rows / unit;
        long[] starts = LongStream.rangeClosed(0, shards)
                .map(k -> unit * (k * (units / shards) + Math.min(k, units % shards)))
                .toArray();
        return IntStream.range(0, shards)
                .mapToObj(k -> new Part(name(k), starts[k], starts[k + 1] - starts[k]))
                .toList();
    }

    private String name(int shard) {
        String name = out.getFileName().toString();
        if (shards == 1) {
            return name;
        }
        int dot = folder ? name.length() : ending(name);
        return name.substring(0, dot)
                + String.format(Locale.ROOT, "-%05d-of-%05d", shard, shards)
                + name.substring(dot);
    }

    private static int ending(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (String ending : LONG_ENDINGS) {
            if (lower.endsWith(ending)) {
                return name.length() - ending.length();
            }
        }
        return Math.max(0, name.lastIndexOf('.'));
    }

    /** The folder of its files. */
    public Path home() {
        return out.toAbsolutePath().getParent();
    }

    /** Where its manifest is. */
    public Path manifest() {
        return home().resolve(out.getFileName() + ".manifest.json");
    }

    /** Where its files lie until they are complete. */
    public Path workshop() {
        return home().resolve("." + out.getFileName() + ".job");
    }

    /** The same with other words on what decides the rows. */
    public JobPlan with(JsonObject others) {
        return new JobPlan(kind, model, others, rows, rowShape, unit, out, folder, shards, blockRows);
    }

    /**
     * What is otherwise in a plan that somebody else made of the same command.
     *
     * @param then as {@link #toJson} had it
     * @return as in {@code seed was 1, now it is 2}; empty where this plan is the same
     */
    public String difference(JsonObject then) {
        return JobManifest.difference(then, toJson());
    }

    /** As the manifest begins. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("job", kind);
        json.addProperty("model_sha256", model);
        json.add("options", options);
        json.addProperty("rows", rows);
        JsonArray sizes = new JsonArray();
        Arrays.stream(rowShape).forEach(sizes::add);
        json.add("row_shape", sizes);
        json.addProperty("folders", folder);
        json.addProperty("shards", shards);
        json.addProperty("block_rows", blockRows);
        return json;
    }
}
