package io.jcuvae.train;

import com.google.gson.JsonObject;
import io.jcuvae.tensor.Backend;

/** What a run was made with. */
public final class Versions {
    private Versions() {}

    /** The version of this library, or "development" outside a packaged jar. */
    public static String jcuvae() {
        String version = Versions.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Versions of library, Java, system and device. */
    static JsonObject json(Backend backend) {
        return json(backend.description());
    }

    /** The same with what is to be said of the device. */
    static JsonObject json(String device) {
        JsonObject json = new JsonObject();
        json.addProperty("jcuvae", jcuvae());
        json.addProperty("java", System.getProperty("java.version"));
        json.addProperty("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        json.addProperty("device", device);
        return json;
    }
}
