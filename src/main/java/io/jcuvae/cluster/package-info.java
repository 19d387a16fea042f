/**
 * Work on several machines through Apache Spark, which is the machines' own and not ours to ship: the only package that names
 * it.
 */
package io.jcuvae.cluster;
