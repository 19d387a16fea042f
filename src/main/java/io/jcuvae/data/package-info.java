/**
 * Data sets and the files they come from or go to: IDX, NPY, NPZ, CSV, Parquet, PNG, and the built-in sets.
 */
package io.jcuvae.data;
