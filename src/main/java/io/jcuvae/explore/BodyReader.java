package io.jcuvae.explore;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** Reads a request's body as it comes, without a thread that waits, into an array that grows with it and has a bound. */
final class BodyReader implements Runnable {
    private static final int FIRST = 1 << 12;

    private final Request request;
    private final int most;
    private final Consumer<byte[]> then;
    private final Consumer<Refusal> otherwise;
    private byte[] bytes = new byte[FIRST];
    private int filled;

    /**
     * A reader, to be run once.
     *
     * @param most bytes that are taken
     * @param then gets the whole body
     * @param otherwise told why there is none
     */
    BodyReader(Request request, int most, Consumer<byte[]> then, Consumer<Refusal> otherwise) {
        this.request = request;
        this.most = most;
        this.then = then;
        this.otherwise = otherwise;
    }

    /** Takes what is there; called again when there is more. */
    @Override
    public void run() {
        // A length that is told is believed where it refuses, and never where memory is taken for it.
        boolean fits = request.getLength() <= most;
        while (fits) {
            Content.Chunk chunk = request.read();
            if (chunk == null) {
                request.demand(this);
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                otherwise.accept(new Refusal(400, "the body breaks off, or is no body"));
                return;
            }
            fits = take(chunk.getByteBuffer());
            boolean last = chunk.isLast();
            chunk.release();
            if (fits && last) {
                then.accept(Arrays.copyOf(bytes, filled));
                return;
            }
        }
        otherwise.accept(new Refusal(413, "the request is longer than the " + most + " bytes that are taken here"));
    }

    private boolean take(ByteBuffer part) {
        int length = part.remaining();
        if (length > most - filled) {
            return false;
        }
        if (filled + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(most, Math.max(2 * bytes.length, filled + length)));
        }
        part.get(bytes, filled, length);
        filled += length;
        return true;
    }
}
