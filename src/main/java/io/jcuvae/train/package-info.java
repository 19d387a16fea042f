/**
 * Training: the step, the trainer around it, its settings, metrics, checkpoints and model files.
 */
package io.jcuvae.train;
