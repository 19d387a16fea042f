package io.jcuvae.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.data.NamedColumns;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.nn.Initialisation;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Codebook;
import io.jcuvae.vae.Condition;
import io.jcuvae.vae.Estimator;
import io.jcuvae.vae.KlTerm;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.Objective;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.Prior;
import io.jcuvae.vae.Reduction;
import io.jcuvae.vae.Upper;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A value for every {@link Setting}. Immutable; starts from a preset. */
public final class TrainConfig {
    // Long because every setting has an accessor here.

    /** The presets by name; the first is the default. */
    public static final List<String> PRESETS =
            Stream.of(Preset.values()).map(Preset::label).toList();

    private static final List<Setting> OF_A_CODEBOOK =
            List.of(Setting.CODES, Setting.CODE_SIZE, Setting.COMMITMENT, Setting.CODE_DECAY, Setting.CODE_REVIVAL);

    private final Map<Setting, Object> values;

    private TrainConfig(Map<Setting, Object> values) {
        this.values = values;
    }

    /**
     * A preset.
     *
     * @param name one of {@link #PRESETS}
     */
    public static TrainConfig preset(String name) {
        Preset preset = Preset.find(name)
                .orElseThrow(() -> new UserError("--preset: there is no preset '" + name + "'"
                        + NearestWord.hint(name, PRESETS) + " (there are " + String.join(", ", PRESETS) + ")"));
        TrainConfig base = new TrainConfig(new EnumMap<>(Setting.class)).withResource(Preset.MLP);
        if (base.values.size() != Setting.values().length) {
            throw new IllegalStateException("preset " + Preset.MLP.label() + " does not give every setting");
        }
        return preset == Preset.MLP ? base : base.withResource(preset);
    }

    private TrainConfig withResource(Preset preset) {
        String resource = "presets/" + preset.label() + ".json";
        try (InputStream in = TrainConfig.class.getResourceAsStream(resource);
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            return with(JsonParser.parseReader(reader).getAsJsonObject(), resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The default preset. */
    public static TrainConfig defaults() {
        return Defaults.CONFIG;
    }

    /** Read once: what is checked of a configuration is compared with it many times. */
    private static final class Defaults {
        static final TrainConfig CONFIG = preset(PRESETS.get(0));
    }

    /**
     * This configuration with the settings of a JSON file: an object of settings, or the config.json of a run folder, whose
     * {@code options} are taken.
     *
     * @throws UserError when the file cannot be read, is no JSON object, or has an unknown key or a bad value
     */
    public TrainConfig withFile(Path file) {
        try {
            JsonElement json = JsonParser.parseString(Files.readString(file));
            if (!json.isJsonObject()) {
                throw new UserError(file + ": is no JSON object; expected settings as in {\"epochs\": 20}");
            }
            JsonObject object = json.getAsJsonObject();
            return with(RunFolder.isConfig(object) ? object.getAsJsonObject("options") : object, file.toString());
        } catch (NoSuchFileException e) {
            throw new UserError(file + ": no such file; --config takes a JSON file of settings");
        } catch (IOException e) {
            throw new UserError(file + ": cannot be read (" + e.getMessage() + ")", e);
        } catch (JsonParseException e) {
            throw new UserError(file + ": is not valid JSON (" + firstLine(e) + ")", e);
        }
    }

    private static String firstLine(Exception e) {
        Throwable told = e.getCause() == null ? e : e.getCause();
        return String.valueOf(told.getMessage()).lines().findFirst().orElse("unreadable");
    }

    /**
     * This configuration with other values.
     *
     * @param settings key to value; {@code hidden} may also be an array
     * @param where the file to name in errors
     */
    public TrainConfig with(JsonObject settings, String where) {
        Map<Setting, Object> changed = new EnumMap<>(Setting.class);
        changed.putAll(values);
        for (Map.Entry<String, JsonElement> entry : settings.entrySet()) {
            Setting setting = Setting.find(entry.getKey()).orElseThrow(() -> unknown(entry.getKey(), where));
            changed.put(setting, setting.parse(asText(entry.getValue(), where, setting), where + ": " + setting.key()));
        }
        return new TrainConfig(changed);
    }

    private static UserError unknown(String key, String where) {
        List<String> keys = Stream.of(Setting.values()).map(Setting::key).toList();
        return new UserError(where + ": unknown key '" + key + "'" + NearestWord.hint(key, keys) + " (known are "
                + String.join(", ", keys) + ")");
    }

    private static String asText(JsonElement value, String where, Setting setting) {
        if (value.isJsonPrimitive()) {
            return value.getAsString();
        }
        if (value.isJsonArray() && (setting == Setting.HIDDEN || setting == Setting.UPPER_HIDDEN)) {
            String text = value.getAsJsonArray().asList().stream()
                    .map(JsonElement::toString)
                    .collect(Collectors.joining(","));
            return text.isEmpty() ? "none" : text;
        }
        if (value.isJsonArray() && (setting == Setting.ENCODER || setting == Setting.DECODER)) {
            return value.toString();
        }
        throw new UserError(where + ": " + setting.key() + " must be a single value, got " + value);
    }

    /**
     * This configuration with one other value.
     *
     * @param text the value as on the command line
     */
    public TrainConfig with(Setting setting, String text) {
        Map<Setting, Object> changed = new EnumMap<>(Setting.class);
        changed.putAll(values);
        changed.put(setting, setting.parse(text, "--" + setting.key()));
        if (setting == Setting.SCHEMA && !text.equals("none")) {
            // What a schema is for; a likelihood that is given after it goes before.
            changed.put(Setting.LIKELIHOOD, Likelihood.TABLE);
        }
        return new TrainConfig(changed);
    }

    /** Every setting as JSON, in a form that {@link #with(JsonObject, String)} reads. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        values.forEach((setting, value) -> {
            if (value instanceof Number number) {
                json.addProperty(setting.key(), number);
            } else if (value instanceof Boolean flag) {
                json.addProperty(setting.key(), flag);
            } else if (value instanceof Stack stack) {
                json.add(setting.key(), stack.toJson());
            } else {
                json.addProperty(setting.key(), text(setting));
            }
        });
        return json;
    }

    /** A setting's value as one would type it. */
    public String text(Setting setting) {
        Object value = values.get(setting);
        if (value instanceof List<?> list) {
            return list.isEmpty() ? "none" : list.stream().map(String::valueOf).collect(Collectors.joining(","));
        }
        if (value instanceof Likelihood likelihood) {
            return likelihood.label();
        }
        return value instanceof Enum<?> choice
                ? choice.name().toLowerCase(java.util.Locale.ROOT)
                : String.valueOf(value);
    }

    /** What to train on. */
    public String data() {
        return (String) values.get(Setting.DATA);
    }

    /** The file that says what the columns of the data are, if there is one. */
    public Optional<Path> schema() {
        String file = (String) values.get(Setting.SCHEMA);
        return file.equals("none") ? Optional.empty() : Optional.of(Path.of(file));
    }

    /** Which columns of a table are features and labels. */
    public NamedColumns columns() {
        return NamedColumns.parse(
                (String) values.get(Setting.COLUMNS), (String) values.get(Setting.LABEL_COLUMN), true);
    }

    /** Passes over the data. */
    public int epochs() {
        return (Integer) values.get(Setting.EPOCHS);
    }

    /** Samples per step. */
    public int batch() {
        return (Integer) values.get(Setting.BATCH);
    }

    /** Adam's step size. */
    public double learningRate() {
        return (Double) values.get(Setting.LR);
    }

    /** Size of z. */
    public int latents() {
        return (Integer) values.get(Setting.LATENT);
    }

    /** Widths of the encoder's layers. */
    public List<Integer> hidden() {
        return widths(Setting.HIDDEN);
    }

    /** Nonlinearity of the hidden layers. */
    public Activation activation() {
        return (Activation) values.get(Setting.ACTIVATION);
    }

    /** What the decoder's output says about the data. */
    public Likelihood likelihood() {
        return (Likelihood) values.get(Setting.LIKELIHOOD);
    }

    /** Levels of a categorical likelihood. */
    public int levels() {
        return (Integer) values.get(Setting.LEVELS);
    }

    /** How the training loss adds up over the batch. */
    public Reduction reduction() {
        return (Reduction) values.get(Setting.REDUCTION);
    }

    /** Weight of the KL term. */
    public double beta() {
        return (Double) values.get(Setting.BETA);
    }

    /** Whether and how values in [0, 1] are drawn to 0 or 1. */
    public Binarization binarization() {
        return (Binarization) values.get(Setting.BINARIZE);
    }

    /** How parameters start. */
    public Initialisation initialisation() {
        return (Initialisation) values.get(Setting.INIT);
    }

    /** Start of all random sequences. */
    public long seed() {
        return (Long) values.get(Setting.SEED);
    }

    /** First training samples to use, 0 for all. */
    public int limit() {
        return (Integer) values.get(Setting.LIMIT);
    }

    /** Processor threads, 0 for all. */
    public int threads() {
        return (Integer) values.get(Setting.THREADS);
    }

    /** What computes: auto, cpu, cuda or cuda:i. */
    public String device() {
        return (String) values.get(Setting.DEVICE);
    }

    /** How matrix products on a CUDA device treat their factors. */
    public Precision precision() {
        return (Precision) values.get(Setting.PRECISION);
    }

    /** Who draws the noise on a CUDA device: curand or philox. */
    public String noise() {
        return (String) values.get(Setting.NOISE);
    }

    /** Whether pictures that cannot be read are left out. */
    public boolean skipsBad() {
        return (Boolean) values.get(Setting.SKIP_BAD);
    }

    /** How pictures become samples. */
    public PictureOptions pictures() {
        return PictureOptions.asTheyAre()
                .withSize((String) values.get(Setting.SIZE))
                .withGrey((Boolean) values.get(Setting.GREY))
                .withSkipBad(skipsBad())
                .withThreads(threads());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainConfig config && values.equals(config.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return toJson().toString();
    }

    /**
     * The network for samples of that shape.
     *
     * @throws UserError when its layers do not fit each other or the samples, with the shapes on the way
     */
    public VaeSpec spec(Shape sample) {
        return spec(sample, 0);
    }

    /**
     * The network for samples of that shape and that many classes.
     *
     * @param classes K, of which nothing is made without {@code --condition labels}
     * @throws UserError when its layers do not fit each other or the samples, with the shapes on the way
     */
    public VaeSpec spec(Shape sample, int classes) {
        return spec(sample, classes, TableLayout.NONE);
    }

    /**
     * The network for samples of that shape, so many classes, and the columns of a table.
     *
     * @param columns of which nothing is made without {@code --likelihood table}; that has numeric ones if there are none
     * @throws UserError when its layers do not fit each other or the samples, with the shapes on the way
     */
    public VaeSpec spec(Shape sample, int classes, TableLayout columns) {
        if (conditioned() && classes < 1) {
            throw new UserError("--condition labels: needs data with labels, and there are none");
        }
        try {
            TableLayout table = likelihood() != Likelihood.TABLE
                    ? TableLayout.NONE
                    : columns.given() ? columns : TableLayout.numeric(Math.toIntExact(sample.count()));
            VaeSpec mlp = VaeSpec.mlp(sample, hidden(), latents(), activation(), likelihood(), levels(), table);
            VaeSpec spec = new VaeSpec(
                    sample,
                    encoder().isMlp() ? mlp.encoder() : encoder().layers(),
                    latents(),
                    decoder().isMlp()
                            ? mlp.decoder()
                            : decoder()
                                    .layers(
                                            table.given() ? Shape.of(table.outputs()) : sample,
                                            likelihood().parameters(levels())),
                    likelihood(),
                    posterior(),
                    conditioned() ? new Condition(classes) : Condition.NONE,
                    upper(),
                    prior(),
                    codebook(),
                    table);
            if (spec.parameters() != likelihood().parameters(levels())) {
                throw new IllegalArgumentException("the decoder ends with " + spec.parameters() * sample.count()
                        + " values, " + spec.parameters() + " for each of a sample's, and --levels is " + levels()
                        + "; make them agree, or end the decoder with \"data\" for channels or outputs");
            }
            return spec;
        } catch (IllegalArgumentException e) {
            throw new UserError(
                    Preset.of(this)
                            .filter(preset -> !preset.fits(sample))
                            .map(preset -> preset.misfit(sample))
                            .orElse(e.getMessage()),
                    e);
        }
    }

    /**
     * Refuses a setting that would do nothing: {@code --hidden} and {@code --activation} make dense layers, where the layers are
     * given one by one they are in there.
     *
     * @param setting one that the user gave
     */
    public void requireOfUse(Setting setting) {
        if (setting == Setting.UPPER_HIDDEN && !upper().given()) {
            throw new UserError(
                    "--upper-hidden: are the layers between two stochastic ones; give --upper-latent N, too, or"
                            + " leave it out");
        }
        boolean dense = encoder().isMlp() || decoder().isMlp();
        if (!dense && (setting == Setting.HIDDEN || (setting == Setting.ACTIVATION && !upper().given()))) {
            throw new UserError("--" + setting.key()
                    + ": makes dense layers, but encoder and decoder are given layer by layer"
                    + Preset.of(this)
                            .map(preset -> " by preset " + preset.label())
                            .orElse("")
                    + "; leave it out, or give layers of your own with --encoder and --decoder");
        }
    }

    /** How many settings have the same value in both. */
    int inCommon(TrainConfig other) {
        return (int) values.entrySet().stream()
                .filter(entry -> entry.getValue().equals(other.values.get(entry.getKey())))
                .count();
    }

    Stack encoder() {
        return (Stack) values.get(Setting.ENCODER);
    }

    Stack decoder() {
        return (Stack) values.get(Setting.DECODER);
    }

    // ---- the options of training, see docs/training.md

    /** How the learning rate changes after the warm-up. */
    public Schedule.Rate rateSchedule() {
        return (Schedule.Rate) values.get(Setting.LR_SCHEDULE);
    }

    /** How long the learning rate grows. */
    public Stretch warmup() {
        return (Stretch) values.get(Setting.WARMUP);
    }

    /** The period of the learning rate's schedule. */
    public Stretch rateEvery() {
        return (Stretch) values.get(Setting.LR_EVERY);
    }

    /** What the schedule multiplies the learning rate by. */
    public double rateFactor() {
        return number(Setting.LR_FACTOR);
    }

    /** Epochs without improvement that are let pass before the learning rate falls. */
    public int ratePatience() {
        return (Integer) values.get(Setting.LR_PATIENCE);
    }

    /** The least learning rate. */
    public double finalRate() {
        return number(Setting.LR_FINAL);
    }

    /** AdamW's decay, 0 for Adam. */
    public double weightDecay() {
        return number(Setting.WEIGHT_DECAY);
    }

    /** What weight decay acts on. */
    public Decayed decayed() {
        return (Decayed) values.get(Setting.DECAYED);
    }

    /** The largest norm of the gradients, 0 for any. */
    public double clip() {
        return number(Setting.CLIP);
    }

    /** How beta grows. */
    public Schedule.Annealing annealing() {
        return (Schedule.Annealing) values.get(Setting.ANNEAL);
    }

    /** How long beta grows. */
    public Stretch annealingOver() {
        return (Stretch) values.get(Setting.ANNEAL_OVER);
    }

    /** How often beta grows. */
    public int annealingCycles() {
        return (Integer) values.get(Setting.ANNEAL_CYCLES);
    }

    /** The share of a cycle in which beta grows. */
    public double annealingRise() {
        return number(Setting.ANNEAL_RISE);
    }

    /** Floor under each latent's divergence, nats, 0 for none. */
    public double freeBits() {
        return number(Setting.FREE_BITS);
    }

    /** What the divergence is drawn to in the end, nats, 0 for none. */
    public double capacity() {
        return number(Setting.CAPACITY);
    }

    /** How long the capacity grows. */
    public Stretch capacityOver() {
        return (Stretch) values.get(Setting.CAPACITY_OVER);
    }

    /** Batches per step. */
    public int accumulate() {
        return (Integer) values.get(Setting.ACCUMULATE);
    }

    /** Decay of the moving average of the parameters, 0 for none. */
    public double averaging() {
        return number(Setting.EMA);
    }

    /** Training rows held out for decisions. */
    public Holdout validation() {
        return (Holdout) values.get(Setting.VALIDATION);
    }

    /** The held-out figure by which epochs are compared. */
    public Metric metric() {
        return (Metric) values.get(Setting.METRIC);
    }

    /** Epochs without improvement before the run ends, 0 for never. */
    public int patience() {
        return (Integer) values.get(Setting.PATIENCE);
    }

    /** How much the metric must fall to count as improved. */
    public double minDelta() {
        return number(Setting.MIN_DELTA);
    }

    /** Which checkpoints stay. */
    public Keep keep() {
        return (Keep) values.get(Setting.KEEP);
    }

    // ---- variants, see docs/variants.md

    /** What the encoder says about z. */
    public Posterior posterior() {
        return (Posterior) values.get(Setting.POSTERIOR);
    }

    /** What the codes of a VQ posterior are chosen from; none for others. */
    public Codebook codebook() {
        return posterior() == Posterior.VQ
                ? new Codebook(
                        (Integer) values.get(Setting.CODES),
                        (Integer) values.get(Setting.CODE_SIZE),
                        number(Setting.COMMITMENT),
                        number(Setting.CODE_DECAY),
                        number(Setting.CODE_REVIVAL))
                : Codebook.NONE;
    }

    /** What is minimised. */
    public Estimator estimator() {
        return (Estimator) values.get(Setting.ESTIMATOR);
    }

    /** Codes of each sample in training. */
    public int draws() {
        return (Integer) values.get(Setting.DRAWS);
    }

    /** Weight of the total correlation beside the KL term, 0 for none. */
    public double totalCorrelation() {
        return number(Setting.TC);
    }

    /** What codes are held against. */
    public Prior prior() {
        Prior.Kind kind = (Prior.Kind) values.get(Setting.PRIOR);
        int components = (Integer) values.get(Setting.COMPONENTS);
        boolean learned = kind != Prior.Kind.NORMAL;
        return new Prior(kind, learned && components > 0 ? components : kind.usual());
    }

    /** Weight of the maximum mean discrepancy between codes and prior, 0 for none. */
    public double discrepancy() {
        return number(Setting.MMD);
    }

    /** What is trained on. */
    public Objective objective() {
        return new Objective(
                new KlTerm(freeBits(), capacity() > 0), estimator(), draws(), totalCorrelation(), 0, discrepancy());
    }

    /** Whether codes drawn from a normal distribution are codes of this model. */
    public boolean hasPrior() {
        return posterior().hasDivergence() || discrepancy() > 0;
    }

    /**
     * Checks that the settings of the objective go together.
     *
     * @throws UserError naming one that does not
     */
    public void requireSense() {
        require(
                schema().isEmpty() || likelihood() == Likelihood.TABLE,
                Setting.LIKELIHOOD,
                "the columns of a schema have a likelihood each; take --likelihood table");
        requireSenseOfPrior();
        if (standardizes()) {
            String why = "takes values in [0, 1], and --standardize makes others of them; leave one of the two out";
            require(!likelihood().needsUnitData(), Setting.LIKELIHOOD, why);
            require(binarization() == Binarization.NONE, Setting.BINARIZE, why);
        }
        if (!posterior().hasDivergence()) {
            String why = "there is no KL term with --posterior " + posterior().label()
                    + "; leave it out, or take --posterior gaussian";
            require(freeBits() == 0, Setting.FREE_BITS, why);
            require(capacity() == 0, Setting.CAPACITY, why);
            require(annealing() == Schedule.Annealing.NONE, Setting.ANNEAL, why);
            require(beta() == 1, Setting.BETA, why);
            require(metric() != Metric.ELBO, Setting.METRIC, why);
            require(estimator() == Estimator.ELBO, Setting.ESTIMATOR, why);
            require(totalCorrelation() == 0, Setting.TC, why);
            require(
                    !upper().given(),
                    Setting.UPPER_LATENT,
                    "needs a posterior to draw from; take --posterior gaussian");
        }
        requireSenseOfParts();
        requireSenseOfCodes();
        require(
                discrepancy() == 0 || batch() > 1,
                Setting.BATCH,
                "--mmd compares the codes of a batch with each other, so that it takes at least 2");
        require(
                discrepancy() == 0 || totalCorrelation() == 0,
                Setting.MMD,
                "does not go with --tc, another term of the batch; leave one of the two out");
        if (estimator() == Estimator.ELBO) {
            require(draws() == 1, Setting.DRAWS, "several draws are weighed by --estimator iwae or dreg");
            return;
        }
        String why =
                "does not go with --estimator " + estimator().label() + ", which has no KL term apart; leave it out";
        require(freeBits() == 0, Setting.FREE_BITS, why);
        require(capacity() == 0, Setting.CAPACITY, why);
        require(totalCorrelation() == 0, Setting.TC, why);
        require(discrepancy() == 0, Setting.MMD, why);
        require(
                likelihood().isDensity(),
                Setting.LIKELIHOOD,
                "is no density, of which importance weights could be made; take --likelihood gaussian");
        require(
                draws() == 1 || !decoder().toJson().toString().contains("\"dropout\""),
                Setting.DRAWS,
                "the decoder has dropout, whose masks belong to samples and not to draws; leave one of the two out");
    }

    private void requireSenseOfCodes() {
        if (posterior() != Posterior.VQ) {
            for (Setting setting : OF_A_CODEBOOK) {
                require(
                        values.get(setting).equals(defaults().values.get(setting)),
                        setting,
                        "is about codebooks; add --posterior vq, or leave it out");
            }
        }
        require(
                discrepancy() == 0 || posterior() != Posterior.VQ,
                Setting.MMD,
                "draws codes to a normal prior, and those of --posterior vq are of a codebook; leave one of the two out");
    }

    private void requireSenseOfPrior() {
        if (!prior().isLearned()) {
            require(
                    values.get(Setting.COMPONENTS).equals(0),
                    Setting.COMPONENTS,
                    "the standard normal has none; add --prior gmm or vamp, or leave it out");
            return;
        }
        String why = "is of the divergence in closed form, which --prior "
                + prior().kind().label() + " does not have; leave it out";
        require(
                posterior() == Posterior.GAUSSIAN,
                Setting.PRIOR,
                "needs --posterior gaussian, got " + posterior().label() + "; leave one of the two out");
        require(freeBits() == 0, Setting.FREE_BITS, why);
        require(totalCorrelation() == 0, Setting.TC, why);
        require(
                discrepancy() == 0,
                Setting.MMD,
                "draws codes to the standard normal, and --prior "
                        + prior().kind().label() + " is another; leave one of the two out");
    }

    private void requireSenseOfParts() {
        if (upper().given()) {
            String why = "does not go with --upper-latent, whose KL term has no closed form; leave one of them out";
            require(freeBits() == 0, Setting.FREE_BITS, why);
            require(totalCorrelation() == 0, Setting.TC, why);
            require(
                    discrepancy() == 0,
                    Setting.MMD,
                    "compares codes with a standard normal, which is not the prior with"
                            + " --upper-latent; leave one of them out");
            require(
                    estimator() != Estimator.DREG,
                    Setting.ESTIMATOR,
                    "does not go with --upper-latent yet; take --estimator iwae");
        }
        if (startsAtMean()) {
            require(
                    likelihood().startsAtMean(),
                    Setting.INIT_OUTPUT,
                    "the likelihood " + likelihood().label() + " is not told by a mean alone; leave it out");
        }
    }

    private void require(boolean sense, Setting setting, String why) {
        if (!sense) {
            throw new UserError("--" + setting.key() + " " + text(setting) + ": " + why);
        }
    }

    /** The second stochastic layer, if any. */
    public Upper upper() {
        int latents = (Integer) values.get(Setting.UPPER_LATENT);
        return latents == 0 ? Upper.NONE : new Upper(latents, widths(Setting.UPPER_HIDDEN), activation());
    }

    private List<Integer> widths(Setting setting) {
        return ((List<?>) values.get(setting)).stream().map(Integer.class::cast).toList();
    }

    /** Whether values are standardised by their mean and deviation over the training rows; those of tables always are. */
    public boolean standardizes() {
        return (Boolean) values.get(Setting.STANDARDIZE) || likelihood() == Likelihood.TABLE;
    }

    /** Whether encoder and decoder are told the labels. */
    public boolean conditioned() {
        return values.get(Setting.CONDITION).equals("labels");
    }

    private double number(Setting setting) {
        return (Double) values.get(setting);
    }

    // ---- protocols of papers, see docs/papers.md

    /** How long the run may take. */
    public Budget budget() {
        return (Budget) values.get(Setting.BUDGET);
    }

    /**
     * The run that a budget has room for: fewer epochs, and whatever has a length in the same proportion.
     *
     * @param epochs at most those of this configuration
     */
    public TrainConfig shortened(int epochs) {
        double share = (double) epochs / epochs();
        Map<Setting, Object> changed = new EnumMap<>(Setting.class);
        changed.putAll(values);
        changed.put(Setting.EPOCHS, epochs);
        changed.put(Setting.BUDGET, budget().of(epochs()));
        changed.replaceAll((setting, value) -> value instanceof Stretch length ? length.times(share) : value);
        changed.put(
                Setting.LR_AT,
                milestones().stream().map(length -> length.times(share)).toList());
        return new TrainConfig(changed);
    }

    /** After what lengths the learning rate is multiplied. */
    public List<Stretch> milestones() {
        return ((List<?>) values.get(Setting.LR_AT))
                .stream().map(Stretch.class::cast).toList();
    }

    /** Adam's constants. */
    public Adam adam() {
        return new Adam((float) number(Setting.ADAM_BETA1), (float) number(Setting.ADAM_BETA2), (float)
                number(Setting.ADAM_EPSILON));
    }

    /** Where Adam's second moment begins. */
    public double secondMoment() {
        return number(Setting.ADAM_SECOND);
    }

    /** Whether the order of the samples is drawn anew in every epoch. */
    public boolean shuffles() {
        return values.get(Setting.SHUFFLE).equals("epoch");
    }

    /** Whether the decoder's output begins at the mean of the data. */
    public boolean startsAtMean() {
        return values.get(Setting.INIT_OUTPUT).equals("data-mean");
    }

    // ---- training on several machines, see docs/cluster.md

    /** How many workers train together; 1 for this machine alone. */
    public int workers() {
        return (Integer) values.get(Setting.WORKERS);
    }

    /** Steps of each worker between two averages. */
    public int roundSteps() {
        return (Integer) values.get(Setting.ROUND_STEPS);
    }
}
