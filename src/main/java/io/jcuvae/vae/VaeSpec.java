package io.jcuvae.vae;

import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a variational autoencoder consists of.
 *
 * @param sample shape of one sample
 * @param encoder layers from a sample to what the heads for mu and logvar see
 * @param latents Z, the latent size
 * @param decoder layers from z to the likelihood's parameters, one per value of a sample
 * @param likelihood what the decoder's output says about the data
 */
public record VaeSpec(
        Shape sample, List<LayerSpec> encoder, int latents, List<LayerSpec> decoder, Likelihood likelihood) {

    /** Checks that the decoder ends where the encoder begins. */
    public VaeSpec {
        encoder = List.copyOf(encoder);
        decoder = List.copyOf(decoder);
        Shape encoded = Sequential.outputShape(encoder, encoderInput(sample, encoder));
        if (encoded.rank() == 3) {
            throw new IllegalArgumentException(
                    "the encoder ends with pictures of " + encoded + "; put Flatten at its end");
        }
        Shape shape = Sequential.outputShape(decoder, Shape.of(latents));
        if (shape.count() != sample.count()) {
            throw new IllegalArgumentException(
                    "the decoder ends with " + shape.count() + " values, a sample has " + sample.count());
        }
        Optional<Picture> picture = Picture.of(sample);
        if (shape.rank() == 3 && picture.isPresent() && !shape.equals(planes(picture.get()))) {
            throw new IllegalArgumentException(
                    "the decoder ends with pictures of " + shape + ", a sample is one of " + planes(picture.get()));
        }
    }

    /**
     * What the encoder's first layer sees: a picture [C, H, W] where the sample is one, unless that layer is dense and takes
     * the values as they lie.
     */
    public Shape encoderInput() {
        return encoderInput(sample, encoder);
    }

    private static Shape encoderInput(Shape sample, List<LayerSpec> encoder) {
        boolean asTheyLie = encoder.isEmpty() || encoder.get(0) instanceof DenseSpec;
        return (asTheyLie ? Optional.<Picture>empty() : Picture.of(sample))
                .map(VaeSpec::planes)
                .orElseGet(() -> Shape.of(Math.toIntExact(sample.count())));
    }

    /**
     * Whether pictures of a stack lie in another order than the values of a sample: they have their channels last, samples
     * that are no pictures of that kind have them first.
     */
    boolean exchangesChannels(Shape planes) {
        boolean channelsLast = Picture.of(sample).map(Picture::channelsLast).orElse(false);
        return planes.rank() == 3 && !channelsLast && planes.extent(0) > 1 && planes.extent(0) < planes.count();
    }

    /** What the decoder ends with: pictures [C, H, W], or values. */
    Shape decoderOutput() {
        return Sequential.outputShape(decoder, Shape.of(latents));
    }

    /** The most values that a layer makes of one sample, or takes: what a batch's memory depends on. */
    public int widest() {
        long most = Math.max(sample.count(), widest(encoder, encoderInput()));
        return Math.toIntExact(Math.max(most, widest(decoder, Shape.of(latents))));
    }

    private static long widest(List<LayerSpec> layers, Shape input) {
        long most = input.count();
        Shape shape = input;
        for (LayerSpec layer : layers) {
            shape = layer.outputShape(shape);
            most = Math.max(most, shape.count());
        }
        return most;
    }

    private static Shape planes(Picture picture) {
        return Shape.of(picture.channels(), picture.height(), picture.width());
    }

    /**
     * Dense layers all through: sample - hidden - (mu, logvar), mirrored.
     *
     * @param hidden widths of the encoder's layers, from the sample on
     */
    public static VaeSpec mlp(
            Shape sample, List<Integer> hidden, int latents, Activation activation, Likelihood likelihood) {
        List<LayerSpec> encoder = new ArrayList<>();
        List<LayerSpec> decoder = new ArrayList<>();
        for (int i = 0; i < hidden.size(); i++) {
            encoder.add(new DenseSpec(hidden.get(i), activation));
            decoder.add(new DenseSpec(hidden.get(hidden.size() - 1 - i), activation));
        }
        decoder.add(new DenseSpec(Math.toIntExact(sample.count()), Activation.IDENTITY));
        return new VaeSpec(sample, encoder, latents, decoder, likelihood);
    }

    /** The parameters: {@code enc0.weight, enc0.bias, ..., mu, logvar, dec0, ...}. */
    public ParameterLayout layout() {
        ParameterLayout layout = new ParameterLayout();
        Shape encoded = Sequential.declare(layout, encoder, "enc", encoderInput());
        GaussianLatent.declare(layout, latents, encoded);
        Sequential.declare(layout, decoder, "dec", Shape.of(latents));
        likelihood.declare(layout);
        return layout;
    }
}
