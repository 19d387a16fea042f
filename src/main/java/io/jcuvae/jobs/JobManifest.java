package io.jcuvae.jobs;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.data.BlockFile;
import io.jcuvae.data.Disk;
import io.jcuvae.data.JobFiles;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a job is, and how far: the journal while it runs, what one checks its files by afterwards. It holds no time, no
 * machine and no number of attempts, so that a job which was stopped and one that was not have the same.
 *
 * @param plan as {@link JobPlan#toJson} has it
 * @param files one for each file of the plan
 */
public record JobManifest(JsonObject plan, List<Entry> files) {
    private static final String FORMAT = "jcuvae-job/1";

    /**
     * A file.
     *
     * @param file its name in the folder of the manifest
     * @param first its first row
     * @param rows its rows, when it is finished
     * @param finished whether it is under its name, whole
     * @param bytes its length as far as it is written
     * @param sha256 of its bytes, or of a folder's list of checksums; empty until it is finished
     * @param blocks that are on disk
     */
    public record Entry(
            String file,
            long first,
            long rows,
            boolean finished,
            long bytes,
            String sha256,
            List<BlockFile.Block> blocks) {
        /** A file that is not begun. */
        static Entry of(JobPlan.Part part) {
            return new Entry(part.file(), part.first(), part.rows(), false, 0, "", List.of());
        }

        /** The same with these blocks. */
        Entry with(List<BlockFile.Block> done) {
            long length = done.stream().mapToLong(BlockFile.Block::bytes).sum();
            return new Entry(file, first, rows, false, length, "", List.copyOf(done));
        }

        /** The same, finished. */
        Entry finished(long length, String sha) {
            return new Entry(file, first, rows, true, length, sha, blocks);
        }

        /** As it stands in a manifest. */
        public JsonObject toJson() {
            JsonObject json = new JsonObject();
            json.addProperty("file", file);
            json.addProperty("first", first);
            json.addProperty("rows", rows);
            json.addProperty("finished", finished);
            json.addProperty("bytes", bytes);
            json.addProperty("sha256", sha256);
            JsonArray list = new JsonArray();
            blocks.forEach(block -> list.add(block.bytes() + ":" + Integer.toHexString(block.crc())));
            json.add("blocks", list);
            return json;
        }

        /**
         * Reads one again.
         *
         * @throws RuntimeException if it is none
         */
        public static Entry fromJson(JsonObject json) {
            List<BlockFile.Block> blocks = new ArrayList<>();
            for (JsonElement block : json.getAsJsonArray("blocks")) {
                String[] parts = block.getAsString().split(":");
                blocks.add(new BlockFile.Block(Long.parseLong(parts[0]), Integer.parseUnsignedInt(parts[1], 16)));
            }
            String file = json.get("file").getAsString();
            if (file.isEmpty() || !file.equals(String.valueOf(Path.of(file).getFileName()))) {
                throw new IllegalArgumentException("a file's name is no plain name");
            }
            return new Entry(
                    file,
                    json.get("first").getAsLong(),
                    json.get("rows").getAsLong(),
                    json.get("finished").getAsBoolean(),
                    json.get("bytes").getAsLong(),
                    json.get("sha256").getAsString(),
                    blocks);
        }
    }

    /** A job of which nothing is done. */
    static JobManifest of(JobPlan plan) {
        return new JobManifest(
                plan.toJson(), plan.parts().stream().map(Entry::of).toList());
    }

    /** The same with another word on one of the files. */
    JobManifest with(int number, Entry entry) {
        List<Entry> changed = new ArrayList<>(files);
        changed.set(number, entry);
        return new JobManifest(plan, changed);
    }

    /** Whether all files are there. */
    public boolean finished() {
        return files.stream().allMatch(Entry::finished);
    }

    /** Rows that are on disk. */
    public long rowsDone() {
        return files.stream().mapToLong(this::rowsDone).sum();
    }

    private long rowsDone(Entry entry) {
        return entry.finished()
                ? entry.rows()
                : Math.min(entry.rows(), entry.blocks().size() * blockRows());
    }

    /** Rows of the whole job. */
    public long rows() {
        return plan.get("rows").getAsLong();
    }

    /** Rows of a block. */
    public long blockRows() {
        return plan.get("block_rows").getAsLong();
    }

    /** Whether its files are folders of pictures. */
    public boolean folders() {
        return plan.get("folders").getAsBoolean();
    }

    /** What a plan says otherwise than this one, as {@code seed 1, and it is 2}; empty where they are the same. */
    String difference(JobPlan other) {
        return difference(plan, other.toJson());
    }

    /** The same of any two plans, as {@link JobPlan#toJson} has them. */
    static String difference(JsonObject plan, JsonObject now) {
        for (Map.Entry<String, JsonElement> entry : plan.entrySet()) {
            JsonElement then = now.get(entry.getKey());
            if (entry.getValue().isJsonObject() && then != null && then.isJsonObject()) {
                Set<String> keys =
                        new TreeSet<>(entry.getValue().getAsJsonObject().keySet());
                keys.addAll(then.getAsJsonObject().keySet());
                for (String key : keys) {
                    JsonElement was = entry.getValue().getAsJsonObject().get(key);
                    JsonElement is = then.getAsJsonObject().get(key);
                    if (!Objects.equals(was, is)) {
                        return key + " was " + was + ", now it is " + is;
                    }
                }
            } else if (!entry.getValue().toString().equals(String.valueOf(then))) {
                return entry.getKey() + " was " + entry.getValue() + ", now it is " + then;
            }
        }
        return "";
    }

    /** Writes it aside, forces it to disk and renames it. */
    void write(Path file, Disk disk) {
        Gson gson = new Gson();
        StringBuilder text = new StringBuilder("{\n");
        text.append("\"format\": ").append(gson.toJson(FORMAT)).append(",\n");
        text.append("\"finished\": ").append(finished()).append(",\n");
        plan.entrySet()
                .forEach(entry -> text.append(gson.toJson(entry.getKey()))
                        .append(": ")
                        .append(entry.getValue())
                        .append(",\n"));
        text.append("\"files\": [\n");
        for (int i = 0; i < files.size(); i++) {
            text.append(files.get(i).toJson()).append(i + 1 < files.size() ? ",\n" : "\n");
        }
        JobFiles.replace(file, text.append("]\n}\n").toString(), disk);
    }

    /**
     * Reads one.
     *
     * @throws UserError if it cannot be read, or is none
     */
    public static JobManifest read(Path file) {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (!FORMAT.equals(json.get("format").getAsString())) {
                throw new IllegalArgumentException("its format is " + json.get("format"));
            }
            List<Entry> files = new ArrayList<>();
            json.getAsJsonArray("files").forEach(entry -> files.add(Entry.fromJson(entry.getAsJsonObject())));
            boolean finished = json.get("finished").getAsBoolean();
            Arrays.asList("format", "files", "finished").forEach(json::remove);
            JobManifest manifest = new JobManifest(json, files);
            long rows = files.stream().mapToLong(Entry::rows).sum();
            if (finished != manifest.finished() || rows != manifest.rows() || manifest.blockRows() < 1) {
                throw new IllegalArgumentException("it contradicts itself");
            }
            return manifest;
        } catch (IOException e) {
            String why = Files.exists(file) ? String.valueOf(e.getMessage()) : "no such file";
            throw new UserError(file + ": cannot be read (" + why + "); name the .manifest.json of a job", e);
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException | NullPointerException e) {
            String why = e instanceof IllegalArgumentException && !(e instanceof NumberFormatException)
                    ? String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                    : "it is damaged, or something else";
            throw new UserError(file + ": is no manifest of a job (" + why + ")", e);
        }
    }
}
