package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A condition bound to memory: the one-hot rows, and what encoder and decoder see with them. Without a condition both see what
 * they are given, and no verb is asked for.
 */
final class Conditioning {
    private final Binding binding;
    private final Ops ops;
    /** [B, K]; null without a condition. */
    private final Tensor labels;

    private Tensor sample;
    private Tensor labelledSample;
    private Tensor code;
    private Tensor labelledCode;
    private Tensor dcode;
    private Tensor dlabelledCode;

    Conditioning(Binding binding, Condition condition) {
        this.binding = binding;
        ops = binding.ops();
        labels = condition.given()
                ? binding.arena().tensor("labels", Shape.of(binding.rows(), condition.classes()))
                : null;
    }

    /** [B, K]: a one in the column of each row's class; null without a condition. */
    Tensor labels() {
        return labels;
    }

    /**
     * What the encoder sees of a sample.
     *
     * @param x [B, D] or [B, H, W, C]
     */
    Tensor sample(Tensor x) {
        if (labels == null) {
            return x;
        }
        boolean pictures = x.shape().rank() == 4;
        int channels = pictures ? x.shape().extent(3) : x.columns();
        int both = channels + labels.columns();
        Shape shape = pictures
                ? Shape.of(x.rows(), x.shape().extent(1), x.shape().extent(2), both)
                : Shape.of(x.rows(), both);
        Tensor joined = binding.arena().tensor("x.labelled", shape);
        sample = pixels(x, channels);
        labelledSample = pixels(joined, both);
        return joined;
    }

    /** Every pixel's channels as a row; rows of numbers as they are. */
    private static Tensor pixels(Tensor pictures, int channels) {
        return pictures.reshape(Shape.of(Math.toIntExact(pictures.count() / channels), channels));
    }

    /**
     * What the decoder sees of a code.
     *
     * @param z [B S, Z], S codes for each row of the labels
     */
    Tensor code(Tensor z) {
        if (labels == null) {
            return z;
        }
        code = z;
        labelledCode = binding.arena().tensor("z.labelled", Shape.of(z.rows(), z.columns() + labels.columns()));
        return labelledCode;
    }

    /**
     * Where the decoder puts the gradient of what it sees.
     *
     * @param dz [B S, Z], or null without gradients
     */
    Tensor codeGradient(Tensor dz) {
        if (labels == null || dz == null) {
            return dz;
        }
        dcode = dz;
        dlabelledCode = binding.arena().tensor("dz.labelled", Shape.of(dz.rows(), dz.columns() + labels.columns()));
        return dlabelledCode;
    }

    /** Before the encoder. */
    void joinSample() {
        if (labels != null) {
            ops.joinColumns(labelledSample, sample, labels);
        }
    }

    /** Before the decoder. */
    void joinCode() {
        if (labels != null) {
            ops.joinColumns(labelledCode, code, labels);
        }
    }

    /** After the decoder's backward pass: the gradient of the code alone. */
    void partCode() {
        if (labels != null) {
            ops.firstColumns(dcode, dlabelledCode);
        }
    }
}
