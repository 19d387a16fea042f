package io.jcuvae.explore;

/** Why a request is not answered: a status of HTTP and a line for people. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    Refusal(int status, String text) {
        // Without a stack trace: refusing is to be cheap.
        super(text, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
