package io.jcuvae.onnx;

import io.jcuvae.nn.ParameterLayout;
import java.util.HashMap;
import java.util.Map;

/** The parameters and buffers of a model, by name, on their way into graphs. */
final class Weights {
    private final Map<String, ParameterLayout.Entry> entries = new HashMap<>();
    private final Map<String, float[]> blocks = new HashMap<>();

    Weights(ParameterLayout layout, float[] values, float[] buffers) {
        add(layout, values);
        add(layout.buffers(), buffers);
    }

    private void add(ParameterLayout layout, float[] block) {
        for (ParameterLayout.Entry entry : layout.entries()) {
            entries.put(entry.name(), entry);
            blocks.put(entry.name(), block);
        }
    }

    /** Puts a tensor into a graph, with the name and the shape it has here. */
    String in(Graph graph, String name) {
        ParameterLayout.Entry entry = entries.get(name);
        return graph.parameter(
                name, blocks.get(name), (int) entry.offset(), entry.shape().extents());
    }

    /** Its values. */
    float[] values(String name) {
        ParameterLayout.Entry entry = entries.get(name);
        float[] values = new float[Math.toIntExact(entry.shape().count())];
        System.arraycopy(blocks.get(name), (int) entry.offset(), values, 0, values.length);
        return values;
    }
}
