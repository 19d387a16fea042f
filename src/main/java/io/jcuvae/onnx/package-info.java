/**
 * Models as ONNX graphs, which other programs run: the layers once more, as operators of the published format, and the few of its
 * messages that this takes.
 */
package io.jcuvae.onnx;
