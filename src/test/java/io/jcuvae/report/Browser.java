package io.jcuvae.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A headless Chromium that is on this machine, driven by its DevTools protocol: the JDK brings all that takes, while the known
 * drivers download browsers of their own.
 */
public final class Browser implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final BlockingQueue<JsonObject> messages = new LinkedBlockingQueue<>();
    private final List<JsonObject> events = new ArrayList<>();
    private int calls;

    /** The browser's program, if there is one: as the environment variable JCUVAE_BROWSER says, else on the path. */
    public static Optional<String> program() {
        Stream<String> named = Stream.ofNullable(System.getenv("JCUVAE_BROWSER"));
        Stream<String> known = Stream.of("chromium", "chromium-browser", "google-chrome", "chrome");
        List<String> folders = List.of(System.getenv("PATH").split(File.pathSeparator));
        return Stream.concat(
                        named,
                        known.flatMap(name -> folders.stream()
                                .map(folder -> Path.of(folder, name).toString())))
                .filter(file -> Files.isExecutable(Path.of(file)))
                .findFirst();
    }

    /**
     * Starts it.
     *
     * @param profile an empty folder
     */
    public Browser(String program, Path profile) throws IOException, InterruptedException {
        process = new ProcessBuilder(
                        program,
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        String port = port();
        HttpClient client = HttpClient.newHttpClient();
        String page = null;
        while (page == null) {
            String list = client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            for (JsonElement target : JsonParser.parseString(list).getAsJsonArray()) {
                if (target.getAsJsonObject().get("type").getAsString().equals("page")) {
                    page = target.getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
                }
            }
        }
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(page), new Ear())
                .join();
        for (String part : List.of("Page", "Runtime", "Log", "Network")) {
            call(part + ".enable", new JsonObject());
        }
    }

    private String port() throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = reader.readLine()) != null) {
            if (line.startsWith("DevTools listening on ")) {
                Thread drain = new Thread(() -> reader.lines().forEach(rest -> {}));
                drain.setDaemon(true);
                drain.start();
                return line.replaceAll(".*:(\\d+)/.*", "$1");
            }
        }
        throw new IOException("the browser ended before it listened");
    }

    private final class Ear implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                messages.add(JsonParser.parseString(text.toString()).getAsJsonObject());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private JsonObject next() throws InterruptedException {
        JsonObject message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
            throw new IllegalStateException("the browser has said nothing for " + PATIENCE_SECONDS + " s");
        }
        if (message.has("method")) {
            events.add(message);
        }
        return message;
    }

    /** Calls a method of the protocol and waits for what it gives. */
    public JsonObject call(String method, JsonObject parameters) throws InterruptedException {
        int id = ++calls;
        JsonObject message = new JsonObject();
        message.addProperty("id", id);
        message.addProperty("method", method);
        message.add("params", parameters);
        socket.sendText(message.toString(), true).join();
        while (true) {
            JsonObject answer = next();
            if (answer.has("id") && answer.get("id").getAsInt() == id) {
                if (answer.has("error")) {
                    throw new IllegalStateException(method + ": " + answer.get("error"));
                }
                return answer.getAsJsonObject("result");
            }
        }
    }

    /** Shows a page at a width and in a theme; what was heard before is forgotten. */
    public void open(URI page, int width, boolean dark) throws InterruptedException {
        call(
                "Emulation.setDeviceMetricsOverride",
                JsonParser.parseString("{width: " + width + ", height: 900, deviceScaleFactor: 1, mobile: false}")
                        .getAsJsonObject());
        call(
                "Emulation.setEmulatedMedia",
                JsonParser.parseString("{features: [{name: 'prefers-color-scheme', value: '" + (dark ? "dark" : "light")
                                + "'}]}")
                        .getAsJsonObject());
        events.clear();
        JsonObject where = new JsonObject();
        where.addProperty("url", page.toString());
        call("Page.navigate", where);
        while (events("Page.loadEventFired").isEmpty()) {
            next();
        }
    }

    /** What was heard since the page was opened. */
    public List<JsonObject> events(String method) {
        return events.stream()
                .filter(event -> event.get("method").getAsString().equals(method))
                .map(event -> event.getAsJsonObject("params"))
                .toList();
    }

    /** The value of a JavaScript expression in the page. */
    public JsonElement evaluate(String expression) throws InterruptedException {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("expression", expression);
        parameters.addProperty("returnByValue", true);
        JsonObject result = call("Runtime.evaluate", parameters);
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(result.get("exceptionDetails").toString());
        }
        return result.getAsJsonObject("result").get("value");
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            // Its profile is deleted next.
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
