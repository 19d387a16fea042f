/**
 * The latent explorer: a page on loopback that shows what a model makes of a code while it is moved.
 */
package io.jcuvae.explore;
