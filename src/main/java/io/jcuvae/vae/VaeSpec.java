package io.jcuvae.vae;

import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.ConvTranspose2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.ResidualSpec;
import io.jcuvae.nn.Sequential;
import io.jcuvae.nn.StackShapes;
import io.jcuvae.nn.UpsampleSpec;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a variational autoencoder consists of. The encoder must end with a row of numbers, and the decoder begins with one;
 * pictures in between are [C, H, W], as PyTorch writes them.
 *
 * @param sample shape of one sample
 * @param encoder layers from a sample to what the heads for mu and logvar see
 * @param latents Z, the latent size
 * @param decoder layers from z to the likelihood's parameters, P for each value of a sample: P blocks in a row, or P times
 * the channels of a picture, those of one parameter side by side
 * @param likelihood what the decoder's output says about the data
 * @param posterior what the encoder says about z
 * @param condition what encoder and decoder are told beside
 * @param upper a second stochastic layer
 * @param prior what codes are held against
 * @param codebook what a posterior of codes chooses from
 * @param table the columns of rows that have a likelihood each; {@link TableLayout#NONE} for other samples
 */
public record VaeSpec(
        Shape sample,
        List<LayerSpec> encoder,
        int latents,
        List<LayerSpec> decoder,
        Likelihood likelihood,
        Posterior posterior,
        Condition condition,
        Upper upper,
        Prior prior,
        Codebook codebook,
        TableLayout table) {

    /** Without a second stochastic layer or a codebook. */
    public VaeSpec(
            Shape sample,
            List<LayerSpec> encoder,
            int latents,
            List<LayerSpec> decoder,
            Likelihood likelihood,
            Posterior posterior,
            Condition condition) {
        this(
                sample,
                encoder,
                latents,
                decoder,
                likelihood,
                posterior,
                condition,
                Upper.NONE,
                Prior.NORMAL,
                Codebook.NONE);
    }

    /** A variational autoencoder with a Gaussian posterior that is told nothing beside the sample. */
    public VaeSpec(Shape sample, List<LayerSpec> encoder, int latents, List<LayerSpec> decoder, Likelihood likelihood) {
        this(sample, encoder, latents, decoder, likelihood, Posterior.GAUSSIAN, Condition.NONE);
    }

    /** Of samples that are no tables, or rows of numbers. */
    public VaeSpec(
            Shape sample,
            List<LayerSpec> encoder,
            int latents,
            List<LayerSpec> decoder,
            Likelihood likelihood,
            Posterior posterior,
            Condition condition,
            Upper upper,
            Prior prior,
            Codebook codebook) {
        this(
                sample,
                encoder,
                latents,
                decoder,
                likelihood,
                posterior,
                condition,
                upper,
                prior,
                codebook,
                likelihood == Likelihood.TABLE
                        ? TableLayout.numeric(Math.toIntExact(sample.count()))
                        : TableLayout.NONE);
    }

    /**
     * Checks that every layer takes what the one before it gives, and that the decoder ends where the encoder begins.
     *
     * @throws IllegalArgumentException naming the layer at fault and the shapes on the way to it
     */
    public VaeSpec {
        encoder = List.copyOf(encoder);
        decoder = List.copyOf(decoder);
        if (table.given() != (likelihood == Likelihood.TABLE) || (table.given() && table.width() != sample.count())) {
            throw new IllegalArgumentException("a likelihood " + likelihood.label() + " of samples of " + sample.count()
                    + " values, and a table of " + table.width() + " columns");
        }
        checkEncoder(seen(sample, encoder, table), encoder, condition);
        if (table.given() && prior.encodes()) {
            throw new IllegalArgumentException("--prior " + prior.kind().label()
                    + ": its pseudo-inputs are values of pictures and do not go with --likelihood table; take --prior"
                    + " gmm");
        }
        if (table.given()) {
            checkTable(condition.joined(Shape.of(latents)), decoder, table);
        } else {
            checkDecoder(sample, condition.joined(Shape.of(latents)), decoder, likelihood);
        }
        codebook.slots(latents);
        if (upper.given() && !posterior.hasDivergence()) {
            throw new IllegalArgumentException("a second stochastic layer needs a posterior to draw from");
        }
        prior.check(encoder, condition.joined(seen(sample, encoder, table)), condition, posterior);
        if (prior.isLearned() && upper.given()) {
            throw new IllegalArgumentException("--prior " + prior.kind().label()
                    + ": a second stochastic layer has a prior of" + " its own; leave one of the two out");
        }
    }

    /** The same that is told something else. */
    public VaeSpec with(Condition other) {
        return new VaeSpec(
                sample, encoder, latents, decoder, likelihood, posterior, other, upper, prior, codebook, table);
    }

    /** The same with codes for a posterior. */
    public VaeSpec with(Codebook other) {
        return new VaeSpec(
                sample, encoder, latents, decoder, likelihood, Posterior.VQ, condition, upper, prior, other, table);
    }

    /** S, the slots of a code where it is one of a {@link Codebook}, else 0. */
    public int slots() {
        return posterior == Posterior.VQ ? codebook.slots(latents) : 0;
    }

    /** The same with a second stochastic layer. */
    public VaeSpec with(Upper other) {
        return new VaeSpec(
                sample, encoder, latents, decoder, likelihood, posterior, condition, other, prior, codebook, table);
    }

    /** The same with another prior. */
    public VaeSpec with(Prior other) {
        return new VaeSpec(
                sample, encoder, latents, decoder, likelihood, posterior, condition, upper, other, codebook, table);
    }

    /** What the encoder's first layer sees: {@link #sampleInput}, with the labels where there is a condition. */
    public Shape encoderInput() {
        return condition.joined(sampleInput());
    }

    /** What the decoder's first layer sees: the code, with the labels where there is a condition. */
    public Shape decoderInput() {
        return condition.joined(Shape.of(latents));
    }

    /**
     * The sample as the encoder is given it: a picture [C, H, W] where it is one, unless the first layer is dense and takes the
     * values as they lie.
     */
    public Shape sampleInput() {
        return seen(sample, encoder, table);
    }

    private static Shape seen(Shape sample, List<LayerSpec> encoder, TableLayout table) {
        if (table.given()) {
            return Shape.of(table.inputs());
        }
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
    public Shape decoderOutput() {
        return Sequential.outputShape(decoder, decoderInput());
    }

    /** P, the parameters of the likelihood that the decoder gives for each value. */
    public int parameters() {
        return table.given() ? 1 : Math.toIntExact(decoderOutput().count() / sample.count());
    }

    /** How the parameters of a value lie in the decoder's output, see {@link io.jcuvae.tensor.LikelihoodOps}. */
    int parameterRun() {
        Shape output = decoderOutput();
        boolean pixels = output.rank() == 3 && !exchangesChannels(output);
        return pixels ? output.extent(0) / parameters() : Math.toIntExact(sample.count());
    }

    /** The most values that a layer makes of one sample, or takes: what a batch's memory depends on. */
    public int widest() {
        // Each slot is compared with each code.
        long compared = (long) slots() * codebook.codes();
        long most =
                Math.max(Math.max(sample.count(), compared), Math.max(upper.widest(), widest(encoder, encoderInput())));
        return Math.toIntExact(Math.max(most, widest(decoder, decoderInput())));
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
        return mlp(sample, hidden, latents, activation, likelihood, 2);
    }

    /**
     * Dense layers all through.
     *
     * @param levels that a categorical likelihood has
     */
    public static VaeSpec mlp(
            Shape sample, List<Integer> hidden, int latents, Activation activation, Likelihood likelihood, int levels) {
        return mlp(sample, hidden, latents, activation, likelihood, levels, TableLayout.NONE);
    }

    /**
     * Dense layers all through.
     *
     * @param levels that a categorical likelihood has
     * @param tableOrNone columns of a table; without, a likelihood of a table has numeric ones
     */
    public static VaeSpec mlp(
            Shape sample,
            List<Integer> hidden,
            int latents,
            Activation activation,
            Likelihood likelihood,
            int levels,
            TableLayout tableOrNone) {
        List<LayerSpec> encoder = new ArrayList<>();
        List<LayerSpec> decoder = new ArrayList<>();
        for (int i = 0; i < hidden.size(); i++) {
            encoder.add(new DenseSpec(hidden.get(i), activation));
            decoder.add(new DenseSpec(hidden.get(hidden.size() - 1 - i), activation));
        }
        int outputs = tableOrNone.given()
                ? tableOrNone.outputs()
                : Math.toIntExact(Math.multiplyExact(sample.count(), likelihood.parameters(levels)));
        decoder.add(new DenseSpec(outputs, Activation.IDENTITY));
        return tableOrNone.given()
                ? new VaeSpec(
                        sample,
                        encoder,
                        latents,
                        decoder,
                        likelihood,
                        Posterior.GAUSSIAN,
                        Condition.NONE,
                        Upper.NONE,
                        Prior.NORMAL,
                        Codebook.NONE,
                        tableOrNone)
                : new VaeSpec(sample, encoder, latents, decoder, likelihood);
    }

    /** The parameters: {@code enc0.weight, enc0.bias, ..., mu, logvar, dec0, ...}; the buffers beside them. */
    public ParameterLayout layout() {
        ParameterLayout layout = new ParameterLayout();
        Shape encoded = Sequential.declare(layout, encoder, "enc", encoderInput());
        if (posterior == Posterior.GAUSSIAN) {
            GaussianLatent.declare(layout, "", latents, encoded);
        } else {
            PointLatent.declare(layout, latents, encoded);
        }
        if (posterior == Posterior.VQ) {
            codebook.declare(layout.buffers());
        }
        upper.declare(layout, latents);
        Sequential.declare(layout, decoder, "dec", decoderInput());
        likelihood.declare(layout, table);
        prior.declare(layout, latents, sample.count());
        return layout;
    }

    /** What is saved but not trained: {@code enc1.running_mean, ...}. */
    public ParameterLayout buffers() {
        return layout().buffers();
    }

    /** The shape of a sample before the encoder and after each of its layers. */
    public List<Shape> encoderShapes() {
        return StackShapes.of("encoder", encoder, encoderInput());
    }

    /** The shape of a code before the decoder and after each of its layers. */
    public List<Shape> decoderShapes() {
        return StackShapes.of("decoder", decoder, decoderInput());
    }

    private static void checkEncoder(Shape sample, List<LayerSpec> encoder, Condition condition) {
        Shape input = condition.joined(sample);
        if (input.rank() == 1 && !encoder.isEmpty() && takesPicture(encoder.get(0))) {
            throw new IllegalArgumentException(
                    "encoder layer 0 " + encoder.get(0).describe()
                            + ": the data are rows of " + sample.count() + " numbers, no pictures; begin with"
                            + " {\"layer\": \"reshape\", \"shape\": \"" + likelyPicture(sample.count()) + "\"}");
        }
        List<Shape> shapes = StackShapes.of("encoder", encoder, input);
        Shape end = shapes.get(shapes.size() - 1);
        if (end.rank() != 1) {
            throw new IllegalArgumentException("the encoder ends with a picture, " + StackShapes.text(end)
                    + "; end it with {\"layer\": \"flatten\"} (" + StackShapes.trail(shapes) + ")");
        }
    }

    private static boolean takesPicture(LayerSpec layer) {
        return layer instanceof Conv2dSpec
                || layer instanceof ConvTranspose2dSpec
                || layer instanceof UpsampleSpec
                || (layer instanceof ResidualSpec residual
                        && takesPicture(residual.block().get(0)));
    }

    /** The shape of the square picture that so many values can be. */
    private static String likelyPicture(long count) {
        for (int channels : new int[] {1, 3}) {
            long side = Math.round(Math.sqrt((double) count / channels));
            if (side * side * channels == count) {
                return channels + "x" + side + "x" + side;
            }
        }
        return "CxHxW";
    }

    private static void checkTable(Shape input, List<LayerSpec> decoder, TableLayout table) {
        List<Shape> shapes = StackShapes.of("decoder", decoder, input);
        Shape end = shapes.get(shapes.size() - 1);
        if (end.rank() != 1 || end.count() != table.outputs()) {
            throw new IllegalArgumentException("the decoder ends with " + StackShapes.text(end) + ", a table of "
                    + table.width() + " columns takes " + table.outputs()
                    + " values in a row: one for each column, and one for each level of a categorical one; end with"
                    + " \"data\" for outputs (" + StackShapes.trail(shapes) + ")");
        }
    }

    private static void checkDecoder(Shape sample, Shape input, List<LayerSpec> decoder, Likelihood likelihood) {
        List<Shape> shapes = StackShapes.of("decoder", decoder, input);
        Shape end = shapes.get(shapes.size() - 1);
        Optional<Picture> picture = Picture.of(sample);
        Optional<Shape> planes = picture.map(VaeSpec::planes);
        String trail = " (" + StackShapes.trail(shapes) + ")";
        // How many levels there are is what the decoder says; whoever knows better compares.
        int levels = (int) Math.max(2, end.count() / sample.count());
        int parameters = likelihood.parameters(levels);
        Optional<Shape> whole =
                planes.map(shape -> Shape.of(parameters * shape.extent(0), shape.extent(1), shape.extent(2)));
        boolean otherPicture = end.rank() == 3 && whole.isPresent() && !end.equals(whole.get());
        if (parameters > 1 && (end.count() != parameters * sample.count() || otherPicture)) {
            throw new IllegalArgumentException("the decoder ends with " + StackShapes.text(end) + ", "
                    + likelihood.label() + " takes " + parameters + " parameters for each of a sample's "
                    + sample.count() + " values: "
                    + whole.map(shape -> StackShapes.text(shape) + ", or ").orElse("")
                    + parameters * sample.count() + " in a row; end with \"data\" for channels or outputs" + trail);
        }
        if (parameters == 1 && (end.count() != sample.count() || otherPicture)) {
            throw new IllegalArgumentException("the decoder ends with " + StackShapes.text(end) + ", a sample has "
                    + planes.map(shape -> StackShapes.text(shape) + ", or ").orElse("") + sample.count()
                    + " in a row"
                    + trail);
        }
        boolean channelsLast = picture.isPresent()
                && picture.get().channelsLast()
                && planes.get().extent(0) > 1;
        if (channelsLast
                && end.rank() == 1
                && shapes.size() > 1
                && shapes.get(shapes.size() - 2).rank() == 3) {
            int last = decoder.size() - 1;
            throw new IllegalArgumentException(
                    "decoder layer " + last + " " + decoder.get(last).describe()
                            + ": would part the colours, which lie side by side in pixels of data of "
                            + StackShapes.text(sample)
                            + "; leave it out and end with the picture" + trail);
        }
    }
}
