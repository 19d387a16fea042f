/**
 * The variational autoencoder as a composition: encoder, latent, decoder, likelihood, objective.
 */
package io.jcuvae.vae;
