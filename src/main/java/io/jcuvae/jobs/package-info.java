/**
 * What one does with a trained model: evaluate, generate, reconstruct, encode, decode, interpolate. Streaming, and
 * callable as a library.
 */
package io.jcuvae.jobs;
