/**
 * Opens what a configuration asks to compute on: the only place, beside the commands that examine devices, that knows
 * both kinds.
 */
package io.jcuvae.device;
