package io.jcuvae.data;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/** Bytes in memory as javax.imageio wants to read them; its own stream for that copies them, or uses a file. */
final class ByteArrayInput extends ImageInputStreamImpl {
    private final byte[] bytes;

    ByteArrayInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
        checkClosed();
        bitOffset = 0;
        return streamPos >= bytes.length ? -1 : bytes[(int) streamPos++] & 0xFF;
    }

    @Override
    public int read(byte[] out, int offset, int count) throws IOException {
        checkClosed();
        bitOffset = 0;
        if (streamPos >= bytes.length) {
            return -1;
        }
        int got = (int) Math.min(count, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, out, offset, got);
        streamPos += got;
        return got;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
