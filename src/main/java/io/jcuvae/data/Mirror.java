package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Asks servers for files of a known length. Nothing that a server does can make it wait, read or hold more than was allowed:
 * every phase has its time, a body is read up to the byte after its last, and redirections are few.
 */
final class Mirror implements AutoCloseable {
    private static final int HOPS = 5;
    private static final int BUFFER = 1 << 16;
    private static final Set<Integer> REDIRECTIONS = Set.of(301, 302, 303, 307, 308);

    /**
     * How long to wait.
     *
     * @param connect until a connection stands
     * @param answer from there to the end of the answer's head
     * @param idle from one byte of the body to the next
     * @param window in each of which {@code least} bytes must come
     */
    record Patience(Duration connect, Duration answer, Duration idle, Duration window, long least) {
        /** At 4 KiB/s a server holds nobody longer than a minute. */
        static final Patience USUAL = new Patience(
                Duration.ofSeconds(15),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                4096 * 60);
    }

    /** Takes what has come. */
    interface Sink {
        /** The server begins at the file's first byte, whatever was asked for. */
        void restart();

        /** The next bytes. */
        void take(byte[] bytes, int count);
    }

    private final Patience patience;
    private final HttpClient client;
    private final ScheduledExecutorService clock;

    Mirror(Patience patience) {
        this.patience = patience;
        client = HttpClient.newBuilder()
                .connectTimeout(patience.connect())
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "jcuvae-download");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Reads addresses of folders.
     *
     * @throws UserError for what is no http or https address
     */
    static List<URI> parse(List<String> mirrors) {
        List<URI> places = new ArrayList<>();
        for (String text : mirrors) {
            try {
                URI place = new URI(text.endsWith("/") ? text : text + "/");
                if (isWeb(place) && place.getQuery() == null && place.getFragment() == null) {
                    places.add(place);
                    continue;
                }
            } catch (URISyntaxException e) {
                // Told below.
            }
            throw new UserError(
                    "--mirror " + Faults.quoted(text) + ": is no address of a folder with the set's files, as in"
                            + " https://host/mnist/ (files on this machine are --data FOLDER)");
        }
        return places;
    }

    private static boolean isWeb(URI place) {
        String scheme = String.valueOf(place.getScheme()).toLowerCase(Locale.ROOT);
        return place.getHost() != null && (scheme.equals("http") || scheme.equals("https"));
    }

    /**
     * Fetches a file, or the rest of it.
     *
     * @param place its address
     * @param from the first byte that is wanted
     * @param bytes the file's length
     * @throws IOException with what is wrong in a few words; the sink has the bytes that came before
     */
    void get(URI place, long from, long bytes, Sink sink) throws IOException {
        HttpResponse<InputStream> response = answer(place, from);
        try (InputStream body = response.body()) {
            boolean rest = from > 0 && response.statusCode() == 206 && begins(response, from);
            if (!rest && response.statusCode() != 200) {
                throw new IOException("it answers with HTTP " + response.statusCode());
            }
            long start = rest ? from : 0;
            long promised =
                    response.headers().firstValueAsLong("Content-Length").orElse(bytes - start);
            if (promised != bytes - start) {
                throw new IOException(
                        "it would send " + promised + " bytes in place of " + (bytes - start) + page(response));
            }
            if (!rest && from > 0) {
                sink.restart();
            }
            read(body, start, bytes, sink, page(response));
        }
    }

    private static String page(HttpResponse<?> response) {
        String type = response.headers().firstValue("Content-Type").orElse("");
        return type.toLowerCase(Locale.ROOT).startsWith("text/html") ? ", a web page" : "";
    }

    private static boolean begins(HttpResponse<?> response, long from) throws IOException {
        String range = response.headers().firstValue("Content-Range").orElse("");
        if (!range.startsWith("bytes " + from + "-")) {
            throw new IOException("it sends another part of the file than it was asked for");
        }
        return true;
    }

    /** The first answer that is no redirection. */
    private HttpResponse<InputStream> answer(URI place, long from) throws IOException {
        URI at = place;
        for (int hop = 0; hop <= HOPS; hop++) {
            HttpResponse<InputStream> response = send(at, from);
            if (!REDIRECTIONS.contains(response.statusCode())) {
                return response;
            }
            response.body().close();
            Optional<String> to = response.headers().firstValue("Location");
            URI next;
            try {
                next = at.resolve(to.orElse(""));
            } catch (IllegalArgumentException e) {
                throw new IOException("it redirects to what is no address", e);
            }
            if (to.isEmpty() || !isWeb(next)) {
                throw new IOException("it redirects to what is no web address");
            }
            if (at.getScheme().equalsIgnoreCase("https") && !next.getScheme().equalsIgnoreCase("https")) {
                throw new IOException("it redirects from https to http");
            }
            at = next;
        }
        throw new IOException("it redirects more than " + HOPS + " times");
    }

    private HttpResponse<InputStream> send(URI at, long from) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(patience.answer());
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (HttpTimeoutException e) {
            throw new IOException("it does not answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IllegalArgumentException e) {
            throw new IOException("no address", e);
        } catch (IOException e) {
            throw new IOException(
                    e.getMessage() == null ? "no connection (" + e.getClass().getSimpleName() + ")" : e.getMessage(),
                    e);
        }
    }

    private void read(InputStream body, long start, long bytes, Sink sink, String page) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long at = start;
        try (Guard guard = new Guard(body)) {
            while (true) {
                int got;
                try {
                    got = body.read(buffer, 0, BUFFER);
                } catch (IOException e) {
                    throw guard.fired == null ? torn(at, bytes) : new IOException(guard.fired, e);
                }
                if (got < 0) {
                    break;
                }
                guard.came(got);
                if (at == 0 && got >= 2 && ((buffer[0] & 0xFF) != 0x1F || (buffer[1] & 0xFF) != 0x8B)) {
                    throw new IOException("it sends no .gz" + page);
                }
                if (got > bytes - at) {
                    throw new IOException("it sends more than the file's " + bytes + " bytes");
                }
                sink.take(buffer, got);
                at += got;
            }
            if (at < bytes) {
                throw guard.fired == null ? torn(at, bytes) : new IOException(guard.fired);
            }
        }
    }

    private static Torn torn(long at, long bytes) {
        return new Torn("it breaks off after " + at + " of " + bytes + " bytes");
    }

    /** The connection broke within the body, which the same server may mend. */
    static final class Torn extends IOException {
        private static final long serialVersionUID = 1L;

        private Torn(String what) {
            super(what);
        }
    }

    /** Closes a body from aside when it stalls, which wakes its reader. */
    private final class Guard implements AutoCloseable {
        private final InputStream body;
        private final Future<?> ticking;
        private final long begun = System.nanoTime();
        private volatile long last = begun;
        private volatile long windowStart = begun;
        private final LongAdder inWindow = new LongAdder();
        private volatile String fired;

        Guard(InputStream body) {
            this.body = body;
            long tick = Math.max(1, patience.idle().toMillis() / 8);
            ticking = clock.scheduleAtFixedRate(this::look, tick, tick, TimeUnit.MILLISECONDS);
        }

        void came(int bytes) {
            inWindow.add(bytes);
            last = System.nanoTime();
        }

        private void look() {
            long now = System.nanoTime();
            if (now - last > patience.idle().toNanos()) {
                fire("it stalls");
            } else if (now - windowStart > patience.window().toNanos()) {
                windowStart = now;
                if (inWindow.sumThenReset() < patience.least()) {
                    fire("it is too slow");
                }
            }
        }

        private void fire(String why) {
            fired = why;
            ByteSource.closeQuietly(body);
        }

        @Override
        public void close() {
            ticking.cancel(false);
        }
    }

    /** Ends the clock; the client ends by itself. */
    @Override
    public void close() {
        clock.shutdownNow();
    }
}
