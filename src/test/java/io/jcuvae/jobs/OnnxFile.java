package io.jcuvae.jobs;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.jcuvae.data.SampleShape;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An ONNX file in ONNX Runtime, on one thread of the CPU. */
final class OnnxFile implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    OnnxFile(Path file) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(file.toString(), options);
        } catch (OrtException e) {
            throw new IllegalStateException(file + ": " + e.getMessage(), e);
        }
    }

    /** Outputs by name, [B, ...] in a row; whole numbers as floats. */
    Map<String, float[]> run(String input, SampleShape shape, float[] rows, long[] labelsOrNull) {
        long[] sizes = new long[shape.sizes().length + 1];
        sizes[0] = rows.length / shape.width();
        for (int i = 1; i < sizes.length; i++) {
            sizes[i] = shape.sizes()[i - 1];
        }
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            inputs.put(input, OnnxTensor.createTensor(environment, FloatBuffer.wrap(rows), sizes));
            if (labelsOrNull != null) {
                inputs.put("label", OnnxTensor.createTensor(environment, LongBuffer.wrap(labelsOrNull), new long[] {
                    labelsOrNull.length
                }));
            }
            Map<String, float[]> outputs = new LinkedHashMap<>();
            try (OrtSession.Result result = session.run(inputs)) {
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.put(output.getKey(), values((OnnxTensor) output.getValue()));
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private static float[] values(OnnxTensor tensor) {
        FloatBuffer floats = tensor.getFloatBuffer();
        if (floats != null) {
            float[] values = new float[floats.remaining()];
            floats.get(values);
            return values;
        }
        LongBuffer longs = tensor.getLongBuffer();
        float[] values = new float[longs.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = longs.get(i);
        }
        return values;
    }

    /** Sizes of inputs and outputs by name, -1 for what is free. */
    Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        try {
            for (Map<String, NodeInfo> infos : List.of(session.getInputInfo(), session.getOutputInfo())) {
                infos.forEach((name, info) -> shapes.put(name, ((TensorInfo) info.getInfo()).getShape()));
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
        return shapes;
    }

    /** What the file says of itself. */
    Map<String, String> about() {
        try {
            return session.getMetadata().getCustomMetadata();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
