package io.jcuvae.api;

/** Where the library says what nobody asked for: the platform's logging, which is the host's to choose. */
final class Log {
    static final System.Logger LOG = System.getLogger("io.jcuvae");

    private Log() {}

    static void warning(String line) {
        LOG.log(System.Logger.Level.WARNING, () -> line);
    }

    static void note(String line) {
        LOG.log(System.Logger.Level.DEBUG, () -> line);
    }
}
