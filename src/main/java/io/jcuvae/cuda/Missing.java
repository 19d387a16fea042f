package io.jcuvae.cuda;

/** Something that CUDA needs is not there. The message is one line that says what, and what to do. */
final class Missing extends Exception {
    private static final long serialVersionUID = 1L;

    /** What is missing, in the order in which it is looked for. */
    enum Part {
        PLATFORM,
        DRIVER_LIBRARY,
        DRIVER_VERSION,
        CUBLAS,
        CURAND
    }

    private final Part part;

    Missing(Part part, String message) {
        super(message);
        this.part = part;
    }

    Missing(Part part, String message, Throwable cause) {
        super(message, cause);
        this.part = part;
    }

    Part part() {
        return part;
    }
}
