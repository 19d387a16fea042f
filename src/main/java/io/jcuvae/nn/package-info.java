/**
 * Layers with hand-written forward and backward passes, and the descriptions they are made from.
 */
package io.jcuvae.nn;
