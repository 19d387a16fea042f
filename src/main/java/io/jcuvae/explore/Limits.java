package io.jcuvae.explore;

/**
 * What clients may ask of the server. A page that moves a slider sends a request for each frame of the screen at most.
 *
 * @param connections open at a time; others wait to be accepted
 * @param requests per second, twice as many at once after a pause
 * @param uploads of pictures per second, ten times as many at once after a pause
 * @param turns that wait for the model at a time
 * @param seconds that a connection may be open without a request coming to its end
 */
public record Limits(int connections, double requests, double uploads, int turns, int seconds) {
    /** For people. */
    public static Limits usual() {
        return new Limits(64, 240, 2, 32, 20);
    }
}
