package io.jcuvae.explore;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A small model that is served, with a thread that answers. */
final class Served implements AutoCloseable {
    /** No client of a test is too fast. */
    static final Limits GENEROUS = new Limits(64, 1e6, 1e6, 32, 20);

    private static final int PATIENCE_MILLISECONDS = 20_000;

    final Model model;
    final PickedRows rows;
    /** Beside the server's, for what is expected. */
    final Inspection library;

    final Explorer explorer;
    final URI address;
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Thread worker;

    Served(TrainConfig config, Dataset data, Limits limits) {
        this(config, data, limits, true);
    }

    /**
     * Trains and serves.
     *
     * @param working whether what needs the model is answered
     */
    Served(TrainConfig config, Dataset data, Limits limits, boolean working) {
        Backend backend = new CpuBackend(1);
        model = SmallRuns.train(config, data, data, backend, null).model();
        rows = PickedRows.of(model, data, 1000);
        library = new Inspection(model, backend);
        explorer = new Explorer(model, backend, rows, "blobs (test)", limits);
        address = explorer.open(0);
        worker = new Thread(() -> explorer.work(Thread.currentThread()::isInterrupted), "worker");
        if (working) {
            work();
        }
    }

    /** Begins to answer. */
    void work() {
        worker.start();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(address.resolve(path));
    }

    HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpRequest question(String path, String json) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
    }

    HttpResponse<byte[]> ask(String path, String json) throws IOException, InterruptedException {
        return client.send(question(path, json), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> upload(String query, byte[] file) throws IOException, InterruptedException {
        HttpRequest request = request("/api/encode" + query)
                .header("Content-Type", "application/octet-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(file))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    static JsonObject json(HttpResponse<byte[]> response) {
        return JsonParser.parseString(text(response)).getAsJsonObject();
    }

    static float[] floats(JsonObject json, String name) {
        return floats(json.getAsJsonArray(name));
    }

    static float[] floats(JsonArray array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).getAsFloat();
        }
        return values;
    }

    static String array(float... code) {
        return Arrays.toString(code).replace(" ", "");
    }

    /** A socket to the server. */
    Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), address.getPort());
        socket.setSoTimeout(PATIENCE_MILLISECONDS);
        return socket;
    }

    /** Sends bytes, says that no more come, and reads what is answered until the server closes. */
    String raw(byte[] bytes) throws IOException {
        try (Socket socket = connect()) {
            try {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
            } catch (SocketException e) {
                // The server has closed already; its answer may be there.
            }
            return rest(socket);
        }
    }

    /** Sends lines of a request with the end of its headers. */
    String raw(String... lines) throws IOException {
        String text = Arrays.stream(lines).map(line -> line + "\r\n").collect(Collectors.joining());
        return raw((text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** What comes until the server closes the connection, which it must. */
    static String rest(Socket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] block = new byte[1 << 14];
        try {
            int read;
            while ((read = socket.getInputStream().read(block)) > 0) {
                all.write(block, 0, read);
            }
        } catch (SocketTimeoutException e) {
            throw new IOException("the server left the connection open: " + all, e);
        } catch (SocketException e) {
            // Reset: what was sent was not all read, as it must not be.
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** The status of a raw answer; 0 where there is none. */
    static int status(String answer) {
        return answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
    }

    @Override
    public void close() {
        worker.interrupt();
        explorer.close();
        try {
            worker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
