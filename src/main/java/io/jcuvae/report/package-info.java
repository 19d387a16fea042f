/**
 * Pictures for people: grids of samples and charts of the training curves.
 */
package io.jcuvae.report;
