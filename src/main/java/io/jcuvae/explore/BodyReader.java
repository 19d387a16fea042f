package io.jcuvae.explore;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** Reads a request's body as it comes, without a thread that waits, into an array that grows with it and has a bound. */
final class BodyReader implements Runnable {
    private static final int FIRST = 1 << 12;
    /** So many times what is taken is read to its end, and dropped: who is refused while still sending never hears why. */
    private static final long HEARD_OUT = 2;

    private final Request request;
    private final int most;
    private final Consumer<byte[]> then;
    private final Consumer<Refusal> otherwise;
    private byte[] bytes = new byte[FIRST];
    private int filled;
    /** Bytes that have come, taken or not. */
    private long come;

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
        while (request.getLength() <= HEARD_OUT * most && come <= HEARD_OUT * most) {
            Content.Chunk chunk = request.read();
            if (chunk == null) {
                request.demand(this);
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                otherwise.accept(new Refusal(400, "the body breaks off, or is no body"));
                return;
            }
            take(chunk.getByteBuffer());
            boolean last = chunk.isLast();
            chunk.release();
            if (last && come <= most) {
                then.accept(Arrays.copyOf(bytes, filled));
                return;
            }
            if (last) {
                break;
            }
        }
        otherwise.accept(new Refusal(413, "the request is longer than the " + most + " bytes that are taken here"));
    }

    private void take(ByteBuffer part) {
        int length = part.remaining();
        come += length;
        if (come > most) {
            return;
        }
        if (filled + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(most, Math.max(2 * bytes.length, filled + length)));
        }
        part.get(bytes, filled, length);
        filled += length;
    }
}
