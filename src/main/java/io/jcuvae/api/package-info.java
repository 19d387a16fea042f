/**
 * The library: load a model or train one, and stream what it generates, encodes, reconstructs, decodes and scores.
 * This package is the supported interface, with {@link io.jcuvae.train.Setting}, {@link io.jcuvae.tensor.UserError}
 * and {@link io.jcuvae.tensor.Failure}; every other package is internal and may change with any version.
 *
 * <p>Versions follow semantic versioning for these types: a patch changes no signature, a minor version adds, a major
 * version may take away; before 1.0 a minor version may do that, too. Files of models are read by all later versions.
 *
 * <p>Nothing is printed, nothing ends the process, and nothing is logged but through {@link java.lang.System.Logger},
 * under the name {@code io.jcuvae}. There is no state outside the objects that are opened here, except that native
 * libraries, once loaded, stay so.
 *
 * <p>A mistake in what was asked (a file that is not there, rows of another shape, a value out of its range) is a
 * {@link io.jcuvae.tensor.UserError}: its message is one line that says what was found and what is accepted, in the
 * words of the command line, where a setting is called {@code --like-this}. What fails without being the caller's
 * mistake (a diverged run, a full disk, a device that is gone) is a {@link io.jcuvae.tensor.Failure}. Using what has
 * been closed is an {@link IllegalStateException}.
 */
package io.jcuvae.api;
