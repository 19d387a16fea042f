package io.jcuvae.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A server of files on loopback that can be told to serve them badly: it writes what a {@link Manner} writes, byte by byte. */
public final class Liar implements AutoCloseable {
    /** How a request is answered. */
    public interface Manner {
        /**
         * Writes an answer, head and all.
         *
         * @param file what is asked for, null where it is not there
         * @param from the first byte that is asked for
         */
        void answer(OutputStream out, byte[] file, long from) throws IOException, InterruptedException;
    }

    /** As a good server would, ranges included. */
    public static final Manner HONEST = (out, file, from) -> {
        if (file == null) {
            head(out, "404 Not Found", "Content-Length: 0");
        } else {
            head(
                    out,
                    from == 0 ? "200 OK" : "206 Partial Content",
                    "Content-Length: " + (file.length - from),
                    "Content-Range: bytes " + from + "-" + (file.length - 1) + "/" + file.length);
            out.write(file, (int) from, (int) (file.length - from));
        }
    };

    private final ServerSocket socket;
    private final Map<String, byte[]> files;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> open = Collections.synchronizedList(new ArrayList<>());
    private final Map<Integer, Manner> manners = new ConcurrentHashMap<>();
    private final Manner usual;

    /** Serves files by their names, always in one manner. */
    public Liar(Map<String, byte[]> files, Manner usual) throws IOException {
        this.files = files;
        this.usual = usual;
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "liar");
        thread.setDaemon(true);
        thread.start();
    }

    /** Answers one request, counted from 0, in another manner. */
    Liar first(int number, Manner manner) {
        manners.put(number, manner);
        return this;
    }

    /** The address of the folder that the files are in. */
    public String address() {
        return "http://127.0.0.1:" + socket.getLocalPort() + "/some/folder";
    }

    /** The requests so far, as {@code name from}. */
    List<String> asked() {
        return List.copyOf(asked);
    }

    static void head(OutputStream out, String status, String... headers) throws IOException {
        String text = "HTTP/1.1 " + status + "\r\nConnection: close\r\n"
                + Stream.of(headers).map(header -> header + "\r\n").collect(Collectors.joining()) + "\r\n";
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                open.add(client);
                Thread thread = new Thread(() -> serve(client), "liar's answer");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            String path = in.readLine().split(" ")[1];
            long from = 0;
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                if (line.toLowerCase(Locale.ROOT).startsWith("range: bytes=")) {
                    from = Long.parseLong(line.substring("range: bytes=".length(), line.length() - 1));
                }
            }
            String name = path.substring(path.lastIndexOf('/') + 1);
            int number;
            synchronized (asked) {
                number = asked.size();
                asked.add(name + " " + from);
            }
            manners.getOrDefault(number, usual).answer(client.getOutputStream(), files.get(name), from);
            client.getOutputStream().flush();
        } catch (IOException | InterruptedException e) {
            // The other side has had enough, or the test is over.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        synchronized (open) {
            for (Socket client : open) {
                client.close();
            }
        }
    }
}
