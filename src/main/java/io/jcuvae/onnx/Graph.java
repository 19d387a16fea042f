package io.jcuvae.onnx;

import io.jcuvae.data.ProtoMessage;
import io.jcuvae.tensor.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An ONNX graph in the making. Values are known by name, and an operator is added with the names of its inputs, so nodes come
 * in an order in which they can be run. Numbers of fields and types are those of onnx.proto (github.com/onnx/onnx); its messages
 * are named where they are made.
 */
final class Graph {
    /** The version of ONNX's operators that is used. */
    static final int OPSET = 17;
    /** The version of the format that came with them. */
    private static final int IR_VERSION = 8;

    /** The name of the extent that is free. */
    private static final String BATCH = "batch";

    /** Types of elements, of TensorProto.DataType. */
    enum Type {
        FLOAT(1),
        INT64(7),
        BOOL(9),
        DOUBLE(11);

        private final int number;

        Type(int number) {
            this.number = number;
        }
    }

    /**
     * A setting of an operator, an AttributeProto.
     *
     * @param message all of it
     */
    record Attribute(ProtoMessage message) {
        private static final int NAME = 1;
        private static final int TYPE = 20;

        static Attribute of(String name, long value) {
            return new Attribute(
                    new ProtoMessage().text(NAME, name).number(3, value).number(TYPE, 2));
        }

        static Attribute of(String name, float value) {
            return new Attribute(
                    new ProtoMessage().text(NAME, name).real(2, value).number(TYPE, 1));
        }

        static Attribute of(String name, String value) {
            return new Attribute(
                    new ProtoMessage().text(NAME, name).text(4, value).number(TYPE, 3));
        }

        static Attribute of(String name, int... values) {
            ProtoMessage message = new ProtoMessage().text(NAME, name);
            for (int value : values) {
                message.number(8, value);
            }
            return new Attribute(message.number(TYPE, 7));
        }

        static Attribute of(String name, Type value) {
            return of(name, (long) value.number);
        }
    }

    private final String name;
    private final ProtoMessage nodes = new ProtoMessage();
    private final ProtoMessage rest = new ProtoMessage();
    private int made;

    Graph(String name) {
        this.name = name;
    }

    /**
     * An input of the graph.
     *
     * @param sizes of one row; the rows are free
     * @param about what it holds
     */
    String input(String called, Type type, int[] sizes, String about) {
        rest.message(11, valueInfo(called, type, sizes, about));
        return called;
    }

    /** An output of the graph. */
    void output(String called, String value, Type type, int[] sizes, String about) {
        node("Identity", List.of(value), called, List.of());
        rest.message(12, valueInfo(called, type, sizes, about));
    }

    /** Adds an operator and returns the name of its one output. */
    String op(String type, List<String> inputs, Attribute... attributes) {
        return node(type, inputs, type.toLowerCase(Locale.ROOT) + "_" + made++, List.of(attributes));
    }

    /** An operator of one input. */
    String op(String type, String input, Attribute... attributes) {
        return op(type, List.of(input), attributes);
    }

    /** Adds a NodeProto. */
    private String node(String type, List<String> inputs, String output, List<Attribute> attributes) {
        ProtoMessage node = new ProtoMessage();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, output).text(3, output).text(4, type);
        attributes.forEach(attribute -> node.message(5, attribute.message()));
        nodes.message(1, node);
        return output;
    }

    /** A constant, under a name of its own: for what has one already, as parameters. */
    String parameter(String called, float[] block, int offset, int... sizes) {
        int count = count(sizes);
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(Float.BYTES, count)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(block, offset, count);
        return initializer(called, Type.FLOAT, bytes, sizes);
    }

    /** A constant of floats. */
    String floats(float[] values, int... sizes) {
        return parameter("constant_" + made++, values, 0, sizes);
    }

    /** A single float. */
    String number(float value) {
        return floats(new float[] {value});
    }

    /** A constant of doubles. */
    String doubles(double[] values, int... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(values);
        return initializer("constant_" + made++, Type.DOUBLE, bytes, sizes);
    }

    /** A constant row of whole numbers: a shape, or axes, or places. */
    String longs(long... values) {
        return longs(values, values.length);
    }

    /** A constant of whole numbers. */
    String longs(long[] values, int... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return initializer("constant_" + made++, Type.INT64, bytes, sizes);
    }

    /** A constant of truth values. */
    String flags(boolean[] values, int... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length);
        for (boolean value : values) {
            bytes.put((byte) (value ? 1 : 0));
        }
        return initializer("constant_" + made++, Type.BOOL, bytes, sizes);
    }

    private static int count(int[] sizes) {
        int count = 1;
        for (int size : sizes) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    /** Adds a TensorProto. */
    private String initializer(String called, Type type, ByteBuffer values, int[] sizes) {
        ProtoMessage tensor = new ProtoMessage();
        for (int size : sizes) {
            tensor.number(1, size);
        }
        rest.message(5, tensor.number(2, type.number).text(8, called).bytes(9, values.array()));
        return called;
    }

    /** The same values as rows of another shape. */
    String reshape(String value, int... row) {
        long[] sizes = new long[row.length + 1];
        // The size 0 stands for that of the input.
        for (int i = 0; i < row.length; i++) {
            sizes[i + 1] = row[i];
        }
        return op("Reshape", List.of(value, longs(sizes)));
    }

    String cast(String value, Type type) {
        return op("Cast", value, Attribute.of("to", type));
    }

    /** A ValueInfoProto: its name, its TypeProto with a TensorShapeProto, what it is. */
    private static ProtoMessage valueInfo(String called, Type type, int[] sizes, String about) {
        ProtoMessage shape = new ProtoMessage().message(1, new ProtoMessage().text(2, BATCH));
        for (int size : sizes) {
            shape.message(1, new ProtoMessage().number(1, size));
        }
        ProtoMessage tensor = new ProtoMessage().number(1, type.number).message(2, shape);
        return new ProtoMessage()
                .text(1, called)
                .message(2, new ProtoMessage().message(1, tensor))
                .text(3, about);
    }

    /**
     * The file's ModelProto.
     *
     * @param version of the program
     * @param about by key
     * @throws UserError when it would be larger than the format allows
     */
    ProtoMessage model(String version, Map<String, String> about) {
        ProtoMessage opset = new ProtoMessage().text(1, "").number(2, OPSET);
        ProtoMessage graph = new ProtoMessage();
        graph.append(nodes).text(2, name).append(rest);
        ProtoMessage model = new ProtoMessage()
                .number(1, IR_VERSION)
                .text(2, "jcuvae")
                .text(3, version)
                .message(7, graph)
                .message(8, opset);
        about.forEach((key, value) ->
                model.message(14, new ProtoMessage().text(1, key).text(2, value)));
        if (model.size() > Integer.MAX_VALUE) {
            throw new UserError("--onnx: the " + name + " would be a file of " + model.size()
                    + " bytes, and ONNX takes at most " + Integer.MAX_VALUE + "; export the parameters with --npz");
        }
        return model;
    }
}
