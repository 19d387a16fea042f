package io.jcuvae.explore;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.OnePicture;
import io.jcuvae.jobs.CodePaths;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers requests. What a path may be is a closed list, so no text of a request ever names a file; bodies are read as they
 * come, without a thread that waits for them; what needs the model waits in {@link Turns}.
 */
final class Site extends Handler.Abstract.NonBlocking {
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain;charset=utf-8";
    private static final Pattern NUMBER = Pattern.compile("(\\w{1,8})=(\\d{1,9})");
    private static final int MOST_STEPS = 241;
    /** Numbers of a walk in all. */
    private static final int MOST_NUMBERS = 1 << 17;

    /** Nothing but the page's own files; pictures are drawn on a canvas, so not even images are needed. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy", POLICY,
            "X-Content-Type-Options", "nosniff",
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Cross-Origin-Opener-Policy", "same-origin",
            "Cache-Control", "no-store");

    /** What is sent: bytes of a type. */
    private record Body(String type, byte[] bytes) {}

    private final Map<String, Body> files;
    private final LiveModel live;
    private final Turns turns;
    private final Deadlines deadlines;
    private Gate gate;

    Site(LiveModel live, String where, Turns turns, Deadlines deadlines) {
        this.live = live;
        this.turns = turns;
        this.deadlines = deadlines;
        files = Map.of(
                "/", new Body("text/html;charset=utf-8", resource("explore.html")),
                "/explore.css", new Body("text/css;charset=utf-8", resource("explore.css")),
                "/explore.js", new Body("text/javascript;charset=utf-8", resource("explore.js")),
                "/map.js", new Body("text/javascript;charset=utf-8", resource("map.js")),
                "/icon.svg", new Body("image/svg+xml", resource("icon.svg")),
                "/api/model", new Body(JSON, bytes(Description.of(live, where))));
    }

    private static byte[] resource(String name) {
        try (InputStream in = Site.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** JSON as it is sent. */
    static byte[] bytes(JsonObject json) {
        return new Gson().toJson(json).getBytes(StandardCharsets.UTF_8);
    }

    /** Says who is let in, once the port is known. */
    void guard(Gate asked) {
        gate = asked;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Request.addCompletionListener(
                request,
                failure -> deadlines.answered(request.getConnectionMetaData().getConnection()));
        try {
            gate.check(request);
            route(request, response, callback);
        } catch (Refusal e) {
            refuse(e, response, callback);
        }
        return true;
    }

    private void route(Request request, Response response, Callback callback) {
        String path = request.getHttpURI().getPath();
        String query = request.getHttpURI().getQuery();
        Body file = files.get(path);
        boolean get = request.getMethod().equals("GET");
        if (file != null || path.equals("/api/sample")) {
            require(get || file != null && request.getMethod().equals("HEAD"), "GET", response);
            if (file != null) {
                send(200, file, response, callback);
                return;
            }
            int row = number(query, "row");
            if (row < 0 || row >= live.rows().count()) {
                throw new Refusal(400, "row must be from 0 to " + (live.rows().count() - 1));
            }
            inTurn(null, () -> new Body(JSON, bytes(live.sample(row))), response, callback);
            return;
        }
        switch (path) {
            case "/api/decode", "/api/walk" -> {
                require(request.getMethod().equals("POST"), "POST", response);
                requireType(request, JSON);
                int most = Question.mostBytes(2 * live.latents());
                body(request, most, response, callback, bytes -> {
                    Question question = Question.read(bytes, live.latents());
                    if (path.equals("/api/decode")) {
                        decode(question, response, callback);
                    } else {
                        send(200, walk(question), response, callback);
                    }
                });
            }
            case "/api/encode" -> {
                require(request.getMethod().equals("POST"), "POST", response);
                if (!live.model().data().shape().isImage()) {
                    throw new Refusal(400, "the model's samples are no pictures");
                }
                requireType(request, "application/octet-stream");
                int label = live.label(query == null ? -1 : number(query, "label"));
                gate.checkUpload();
                body(
                        request,
                        OnePicture.MOST_BYTES,
                        response,
                        callback,
                        bytes -> inTurn(
                                null, () -> new Body(JSON, bytes(live.encode(bytes, label))), response, callback));
            }
            default -> throw new Refusal(404, "there is nothing here; the page is at /");
        }
    }

    private static void require(boolean allowed, String method, Response response) {
        if (!allowed) {
            response.getHeaders().put(HttpHeader.ALLOW, method);
            throw new Refusal(405, "only " + method + " is answered here");
        }
    }

    /** A type that a form of another site cannot have. */
    private static void requireType(Request request, String type) {
        String given = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (given == null || !given.split(";", 2)[0].strip().equalsIgnoreCase(type)) {
            throw new Refusal(415, "Content-Type must be " + type);
        }
    }

    private static int number(String query, String name) {
        Matcher matcher = NUMBER.matcher(query == null ? "" : query);
        if (!matcher.matches() || !matcher.group(1).equals(name)) {
            throw new Refusal(400, "the query must be " + name + "= and a number");
        }
        return Integer.parseInt(matcher.group(2));
    }

    /** Reads a body of bounded length, then goes on; errors are answered. */
    private void body(Request request, int most, Response response, Callback callback, Consumer<byte[]> then) {
        Consumer<byte[]> whole = bytes -> answer(() -> then.accept(bytes), response, callback);
        new BodyReader(request, most, whole, refusal -> refuse(refusal, response, callback)).run();
    }

    /** Does something that ends in an answer, whatever happens. */
    private void answer(Runnable work, Response response, Callback callback) {
        try {
            work.run();
        } catch (Refusal e) {
            refuse(e, response, callback);
        } catch (UserError e) {
            refuse(new Refusal(422, e.getMessage()), response, callback);
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            refuse(new Refusal(500, "this did not work (" + e.getClass().getSimpleName() + ")"), response, callback);
        }
    }

    private void decode(Question question, Response response, Callback callback) {
        if (question.code() == null) {
            throw new Refusal(400, "code is missing");
        }
        int label = live.label(question.label());
        String type = live.model().data().shape().isImage() ? "application/octet-stream" : JSON;
        inTurn(question.view(), () -> new Body(type, live.decode(question.code(), label)), response, callback);
    }

    private Body walk(Question question) {
        if (question.code() == null || question.to() == null) {
            throw new Refusal(400, "code and to are the ends of a walk, and one is missing");
        }
        int most = Math.max(2, Math.min(MOST_STEPS, MOST_NUMBERS / live.latents()));
        if (question.steps() < 2 || question.steps() > most) {
            throw new Refusal(400, "steps must be from 2 to " + most);
        }
        float[] codes = question.arc()
                ? CodePaths.arc(question.code(), question.to(), question.steps())
                : CodePaths.line(question.code(), question.to(), question.steps());
        JsonArray all = new JsonArray();
        for (int k = 0; k < question.steps(); k++) {
            JsonArray code = new JsonArray();
            for (int i = 0; i < live.latents(); i++) {
                code.add(codes[k * live.latents() + i]);
            }
            all.add(code);
        }
        JsonObject json = new JsonObject();
        json.add("codes", all);
        return new Body(JSON, bytes(json));
    }

    private void inTurn(String view, Supplier<Body> work, Response response, Callback callback) {
        boolean taken = turns.offer(
                view,
                () -> answer(() -> send(200, work.get(), response, callback), response, callback),
                () -> send(204, new Body(TEXT, new byte[0]), response, callback));
        if (!taken) {
            throw new Refusal(503, "the model is busy; try again");
        }
    }

    private static void refuse(Refusal refusal, Response response, Callback callback) {
        // What is left of the request is not waited for.
        response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
        byte[] text = (refusal.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
        send(refusal.status(), new Body(TEXT, text), response, callback);
    }

    private static void send(int status, Body body, Response response, Callback callback) {
        response.setStatus(status);
        HttpFields.Mutable headers = response.getHeaders();
        HEADERS.forEach(headers::put);
        if (status != 204) {
            headers.put(HttpHeader.CONTENT_TYPE, body.type());
            headers.put(HttpHeader.CONTENT_LENGTH, body.bytes().length);
        }
        response.write(true, ByteBuffer.wrap(body.bytes()), callback);
    }

    /** What Jetty itself refuses, without saying more than the status. */
    static boolean fault(Request request, Response response, Callback callback) {
        refuse(new Refusal(response.getStatus(), "the request is not understood"), response, callback);
        return true;
    }
}
