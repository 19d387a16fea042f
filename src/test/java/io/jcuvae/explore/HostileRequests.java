package io.jcuvae.explore;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import javax.imageio.ImageIO;

/** Requests from a seed: good ones of every kind, and the same with bytes changed, lost, doubled or from elsewhere. */
final class HostileRequests {
    private static final String[] METHODS = {"GET", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "X", "get", "CONNECT"};
    private static final String[] PATHS = {
        "/", "/explore.js", "/api/model", "/api/sample?row=1", "/api/sample?row=-1", "/api/decode", "/api/walk",
        "/api/encode", "/api/encode?label=0", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/nothing", "//", "*",
        "/\u00e9", "/a;b", "http://evil.example/", "/?<script>", "/%", "/api/sample?row=99999999999999999999"
    };
    private static final String[] BODIES = {
        "{\"code\":[0.5,-1,2]}",
        "{\"view\":\"v\",\"code\":[0,0,0]}",
        "{\"code\":[1,2,3],\"to\":[3,2,1],\"steps\":9}",
        "{\"code\":[1,2,3],\"to\":[-1,-2,-3],\"steps\":9,\"arc\":true}",
        "{\"code\":[1e999,NaN]}",
        "[[[[[[[[",
        "{",
        "",
        "{\"code\":null}",
        "{\"code\":[\"\ud83d\ude00\"]}",
        "{\"steps\":2147483648}"
    };

    private final Random random;
    private final String[] hosts;
    private final byte[] picture;

    HostileRequests(Random random, int port) throws IOException {
        this.random = random;
        hosts = new String[] {
            "127.0.0.1:" + port, "localhost:" + port, "evil.example", "evil.example:" + port, "", "[::1]"
        };
        BufferedImage image = new BufferedImage(20, 14, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 280; p++) {
            image.setRGB(p % 20, p / 20, random.nextInt(1 << 24));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        picture = out.toByteArray();
    }

    private <T> T any(T[] all) {
        return all[random.nextInt(all.length)];
    }

    private boolean rarely() {
        return random.nextInt(8) == 0;
    }

    /** The bytes of a connection. */
    byte[] next() {
        if (rarely()) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            return noise;
        }
        boolean upload = rarely();
        byte[] body = upload ? picture.clone() : any(BODIES).getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(3) == 0) {
            damage(body, 1 + random.nextInt(3));
        }
        if (random.nextInt(50) == 0) {
            body = new byte[20_000];
        }
        boolean plain = random.nextInt(4) != 0;
        String method = upload || plain ? "POST" : any(METHODS);
        String path = upload ? "/api/encode" : plain ? any(new String[] {"/api/decode", "/api/walk"}) : any(PATHS);
        StringBuilder head = new StringBuilder(method)
                .append(' ')
                .append(path)
                .append(" HTTP/1.")
                .append(rarely() ? 0 : 1);
        head.append("\r\nHost: ").append(rarely() ? any(hosts) : hosts[0]).append("\r\nConnection: close\r\n");
        if (rarely()) {
            head.append("Origin: http://").append(any(hosts)).append("\r\n");
        }
        if (rarely()) {
            head.append("Sec-Fetch-Site: cross-site\r\n");
        }
        head.append("Content-Type: ")
                .append(rarely() ? "text/plain" : upload ? "application/octet-stream" : "application/json")
                .append("\r\n");
        if (rarely()) {
            head.append("X: ").append("y".repeat(random.nextInt(12_000))).append("\r\n");
        }
        if (rarely()) {
            head.append("Transfer-Encoding: chunked\r\n");
        } else {
            head.append("Content-Length: ")
                    .append(rarely() ? random.nextInt() : body.length)
                    .append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
        if (rarely()) {
            damage(start, 1 + random.nextInt(4));
        }
        byte[] all = new byte[start.length + body.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(body, 0, all, start.length, body.length);
        return all;
    }

    private void damage(byte[] bytes, int times) {
        for (int i = 0; i < times && bytes.length > 0; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
    }
}
