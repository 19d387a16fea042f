package io.jcuvae.explore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.train.SmallRuns;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that no page of ours sends. */
@Timeout(120)
class HostileClientsTest {
    private static final String DECODE = "{\"code\":[0.5,-1,2]}";

    private static Served served(Limits limits) {
        return new Served(SmallRuns.config(1), SmallRuns.blobs(60, 1), limits);
    }

    private static void assertStatus(int expected, String answer) {
        assertEquals(expected, Served.status(answer), answer);
        // No page of the library's, no trace, no version.
        assertFalse(answer.toLowerCase(Locale.ROOT).contains("jetty"), answer);
        assertFalse(answer.contains("\tat "), answer);
    }

    /** Another name for this address, another site's page, a proxy's form: all are turned away. */
    @Test
    void onlyThePageItselfIsAnswered() throws Exception {
        try (Served served = served(Served.GENEROUS)) {
            String own = "127.0.0.1:" + served.address.getPort();
            String host = "Host: " + own;
            String end = "Connection: close";
            assertStatus(200, served.raw("GET / HTTP/1.1", host, end));
            assertStatus(200, served.raw("GET / HTTP/1.1", host.replace("127.0.0.1", "localhost"), end));
            assertStatus(200, served.raw("GET / HTTP/1.1", host, "Origin: http://" + own, end));
            assertStatus(200, served.raw("GET /api/model HTTP/1.1", host, "Sec-Fetch-Site: same-origin", end));
            assertStatus(
                    200,
                    served.raw(
                            "GET / HTTP/1.1",
                            host,
                            "Sec-Fetch-Site: cross-site",
                            "Sec-Fetch-Mode: navigate",
                            "Sec-Fetch-Dest: document",
                            end));
            for (String name : List.of(
                    "evil.example",
                    "evil.example:" + served.address.getPort(),
                    "127.0.0.1",
                    "127.0.0.1:1",
                    own + ".",
                    "[::1]:" + served.address.getPort(),
                    "user@" + own,
                    "0.0.0.0:" + served.address.getPort())) {
                int status = Served.status(served.raw("GET /api/model HTTP/1.1", "Host: " + name));
                assertTrue(status == 421 || status == 400, name + ": " + status);
            }
            assertStatus(400, served.raw("GET / HTTP/1.1"));
            assertStatus(400, served.raw("GET / HTTP/1.1", host, "Host: evil.example"));
            assertStatus(421, served.raw("GET / HTTP/1.0"));
            int absolute = Served.status(served.raw("GET http://evil.example/ HTTP/1.1", host));
            assertTrue(absolute == 421 || absolute == 400, "" + absolute);
            for (String origin : List.of("http://evil.example", "null", "https://" + own, "http://127.0.0.1", "")) {
                assertStatus(403, served.raw("GET / HTTP/1.1", host, "Origin: " + origin));
                assertStatus(
                        403,
                        served.raw(
                                "POST /api/decode HTTP/1.1",
                                host,
                                "Origin: " + origin,
                                "Content-Type: application/json",
                                "Content-Length: 0"));
            }
            for (String site : List.of("cross-site", "same-site", "")) {
                assertStatus(403, served.raw("GET /explore.js HTTP/1.1", host, "Sec-Fetch-Site: " + site));
            }
        }
    }

    @Test
    void nothingButThePageIsServed() throws Exception {
        try (Served served = served(Served.GENEROUS)) {
            String host = "Host: 127.0.0.1:" + served.address.getPort();
            for (String path : List.of(
                    "/../pom.xml",
                    "/..%2fpom.xml",
                    "/%2e%2e/pom.xml",
                    "/explore.js/../../pom.xml",
                    "//etc/passwd",
                    "/etc/passwd",
                    "/explore.js%00",
                    "/Explorer.class",
                    "/explore.html",
                    "/package-info.class",
                    "/.",
                    "/api",
                    "/api/",
                    "/API/MODEL",
                    "/explore.js;a=b",
                    "/%zz",
                    "/\\..\\pom.xml",
                    "/C:/Windows/win.ini",
                    "file:///etc/passwd",
                    "*")) {
                int status = Served.status(served.raw("GET " + path + " HTTP/1.1", host));
                assertTrue(status == 404 || status == 400 || status == 421, path + ": " + status);
            }
            for (String method : List.of("DELETE", "PUT", "TRACE", "OPTIONS", "PATCH", "CONNECT", "get", "BREW")) {
                int status = Served.status(served.raw(method + " / HTTP/1.1", host));
                assertTrue(status == 405 || status == 400, method + ": " + status);
            }
            for (String bad : List.of(
                    "",
                    "{",
                    "[]",
                    "{}",
                    "null",
                    "{\"code\":[1,2]}",
                    "{\"code\":[1,2,3,4]}",
                    "{\"code\":[1,2,\"3\"]}",
                    "{\"code\":[1,2,NaN]}",
                    "{\"code\":[1,2,1e9]}",
                    "{\"code\":[1,2,1e999]}",
                    "{\"code\":[1,2,[3]]}",
                    "{\"code\":[1,2,3],\"code\":[1,2,3]}",
                    "{\"code\":[1,2,3]} {}",
                    "{'code':[1,2,3]}",
                    "{\"code\":[1,2,3],\"more\":1}",
                    "{\"code\":[1,2,3],\"label\":0}",
                    "{\"code\":[1,2,3],\"view\":\"" + "v".repeat(41) + "\"}",
                    "{\"view\":7,\"code\":[1,2,3]}",
                    "{\"code\":[1,2,3],\"label\":99999999999}",
                    "[".repeat(900),
                    "{\"code\":{\"code\":[[]]}}",
                    "{\"code\":[1,2,3],\"steps\":2}\u0000",
                    "/*c*/{\"code\":[1,2,3]}")) {
                assertEquals(400, served.ask("/api/decode", bad).statusCode(), bad);
            }
            for (String bad : List.of("", ",\"steps\":1", ",\"steps\":100000", ",\"steps\":-2147483648")) {
                String json = "{\"code\":[1,2,3],\"to\":[1,2,3]" + bad + "}";
                assertEquals(400, served.ask("/api/walk", json).statusCode(), json);
            }
            for (String query : List.of(
                    "",
                    "?",
                    "?row",
                    "?row=",
                    "?row=-1",
                    "?row=60",
                    "?row=99999999999",
                    "?row=1&row=2",
                    "?row=1%00",
                    "?label=1")) {
                int status = Served.status(served.raw("GET /api/sample" + query + " HTTP/1.1", host));
                assertEquals(400, status, query);
            }
        }
    }

    @Test
    void whatIsTooLongIsNotReadToItsEnd() throws Exception {
        try (Served served = served(Served.GENEROUS)) {
            String host = "Host: 127.0.0.1:" + served.address.getPort();
            assertStatus(431, served.raw("GET / HTTP/1.1", host, "X: " + "a".repeat(9000)));
            int uri = Served.status(served.raw("GET /" + "a".repeat(9000) + " HTTP/1.1", host));
            assertTrue(uri == 414 || uri == 431, "" + uri);
            String[] head = {"POST /api/decode HTTP/1.1", host, "Content-Type: application/json"};
            assertStatus(413, served.raw(head[0], head[1], head[2], "Content-Length: 9000000000"));
            StringBuilder chunks =
                    new StringBuilder(String.join("\r\n", head)).append("\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 200; i++) {
                chunks.append("64\r\n").append(" ".repeat(100)).append("\r\n");
            }
            assertStatus(413, served.raw(chunks.toString().getBytes(StandardCharsets.US_ASCII)));
            assertStatus(400, served.raw(head[0], head[1], head[2], "Content-Length: 3", "Content-Length: 4"));
            int both = Served.status(
                    served.raw(head[0], head[1], head[2], "Content-Length: 3", "Transfer-Encoding: chunked"));
            assertEquals(400, both);
            assertStatus(415, served.raw(head[0], head[1], "Content-Type: text/plain", "Content-Length: 0"));
            assertEquals(200, served.ask("/api/decode", DECODE).statusCode());
        }
    }

    /** Every address of this machine but loopback's. */
    @Test
    void itListensOnLoopbackAlone() throws Exception {
        try (Served served = served(Served.GENEROUS)) {
            for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
                for (var address : network.inetAddresses().toList()) {
                    if (address.isLoopbackAddress() && address.getAddress().length == 4) {
                        continue;
                    }
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress(address, served.address.getPort()), 2000);
                        throw new AssertionError("it listens on " + address);
                    } catch (IOException e) {
                        // As it must be.
                    }
                }
            }
        }
    }

    /** Clients that send or take a byte now and then hold no thread, and are gone after some time. */
    @Test
    void slowClientsAreLetGo() throws Exception {
        try (Served served = served(new Limits(16, 1e6, 1e6, 32, 1))) {
            String host = "\r\nHost: 127.0.0.1:" + served.address.getPort() + "\r\n";
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < 15; i++) {
                Socket socket = served.connect();
                String start = i % 3 == 0
                        ? "GET / HTTP/1.1" + host
                        : i % 3 == 1
                                ? "POST /api/decode HTTP/1.1" + host
                                        + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
                                : "";
                socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
                slow.add(socket);
            }
            assertEquals(200, served.ask("/api/decode", DECODE).statusCode());
            while (slow.stream().anyMatch(socket -> !gone(socket))) {
                Thread.sleep(100);
            }
            for (Socket socket : slow) {
                socket.close();
            }
            assertEquals(200, served.ask("/api/decode", DECODE).statusCode());
        }
    }

    /** Sends a byte, and says whether the server has closed. */
    private static boolean gone(Socket socket) {
        try {
            socket.getOutputStream().write(' ');
            socket.setSoTimeout(1);
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void whoAsksTooOftenWaits() throws Exception {
        try (Served served = served(new Limits(16, 1e-6, 1e-6, 32, 20))) {
            assertEquals(429, served.get("/").statusCode());
        }
        try (Served served = served(new Limits(16, 1e6, 1e-6, 32, 20))) {
            assertEquals(200, served.get("/").statusCode());
            assertEquals(429, served.upload("", new byte[9]).statusCode());
            assertEquals(200, served.ask("/api/decode", DECODE).statusCode());
        }
    }

    /** Ten thousand requests in any state of damage, four at a time: all end, and then everything is as before. */
    @Test
    void tenThousandLeaveNoTrace() throws Exception {
        try (Served served = served(new Limits(64, 1e6, 1e6, 32, 5))) {
            byte[] before = served.ask("/api/decode", DECODE).body();
            ExecutorService clients = Executors.newFixedThreadPool(4);
            List<Future<TreeMap<Integer, Integer>>> parts = new ArrayList<>();
            for (int part = 0; part < 4; part++) {
                int seed = part;
                Callable<TreeMap<Integer, Integer>> work = () -> {
                    HostileRequests requests = new HostileRequests(new Random(seed), served.address.getPort());
                    TreeMap<Integer, Integer> statuses = new TreeMap<>();
                    for (int i = 0; i < 2500; i++) {
                        statuses.merge(Served.status(send(served, requests, i)), 1, Integer::sum);
                    }
                    return statuses;
                };
                parts.add(clients.submit(work));
            }
            TreeMap<Integer, Integer> statuses = new TreeMap<>();
            for (var part : parts) {
                part.get().forEach((status, count) -> statuses.merge(status, count, Integer::sum));
            }
            clients.shutdown();
            assertEquals(10_000, statuses.values().stream().mapToInt(i -> i).sum());
            // All kinds of refusals have come, and nothing of the server's own failed.
            assertTrue(
                    statuses.keySet().containsAll(List.of(200, 400, 403, 404, 405, 413, 415, 421, 422)), "" + statuses);
            assertFalse(statuses.containsKey(500), "" + statuses);
            assertArrayEquals(before, served.ask("/api/decode", DECODE).body());
            // The connection of the last question is kept; the others are closed on both sides.
            while (served.explorer.connections() > 1) {
                Thread.sleep(20);
            }
            long threads = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("explorer"))
                    .count();
            assertTrue(threads <= 8, threads + " threads");
        }
    }

    /** Most are read to the answer's end, some clients leave in the middle. */
    private static String send(Served served, HostileRequests requests, int number) throws IOException {
        byte[] bytes = requests.next();
        if (number % 16 != 0) {
            return served.raw(bytes);
        }
        try (Socket socket = served.connect()) {
            socket.getOutputStream().write(bytes, 0, bytes.length / 2);
            socket.setSoLinger(true, 0);
        } catch (SocketException e) {
            // The server was quicker.
        }
        return "";
    }
}
