/**
 * Measurements of speed: training, encoding, decoding, matrix products, side by side with a peer.
 */
package io.jcuvae.bench;
