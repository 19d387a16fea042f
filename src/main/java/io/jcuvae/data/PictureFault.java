package io.jcuvae.data;

import java.io.IOException;

/** Why one picture of many cannot be read; a few words that follow its name. */
final class PictureFault extends IOException {
    private static final long serialVersionUID = 1L;

    PictureFault(String reason) {
        super(reason);
    }

    PictureFault(String reason, Throwable cause) {
        super(reason, cause);
    }

    /** A file that ends before its picture does. */
    static PictureFault breaksOff() {
        return new PictureFault("it breaks off");
    }
}
