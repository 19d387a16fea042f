/**
 * The command line: one class per command, no arithmetic.
 */
package io.jcuvae.cli;
