package io.jcuvae.bench;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Evaluation;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.Progress;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/** Measures what a device does besides training: copies, generation, evaluation. */
final class InferenceBench {
    private static final int ROUNDS = 7;
    private static final int BATCH = 1024;

    private final DeviceBench.Size size;
    private final Path data;
    private final Function<DeviceBench.Choice, Backend> opener;

    InferenceBench(DeviceBench.Size size, Path data, Function<DeviceBench.Choice, Backend> opener) {
        this.size = size;
        this.data = data;
        this.opener = opener;
    }

    /** Copies in both directions. */
    JsonObject copies() {
        JsonObject json = new JsonObject();
        try (Backend backend = opener.apply(new DeviceBench.Choice(Precision.FP32, false))) {
            json.addProperty("to_host_gb_per_s", toHost(backend) / 1e9);
            Tensor tensor = Tensor.of(backend.allocate(ElementType.U8, size.copied()), Shape.of(size.copied()));
            byte[] bytes = new byte[size.copied()];
            double there = DeviceBench.seconds(backend, () -> backend.upload(tensor, bytes, 0), 1);
            json.addProperty("from_array_gb_per_s", size.copied() / there / 1e9);
        }
        return json;
    }

    /** Bytes per second of copies into page-locked memory of the host, two under way at any time. */
    private double toHost(Backend backend) {
        HostCopy[] copies = new HostCopy[2];
        for (int i = 0; i < 2; i++) {
            copies[i] = backend.hostCopy(
                    Tensor.of(backend.allocate(ElementType.U8, size.copied()), Shape.of(size.copied())));
        }
        int times = 8;
        double[] seconds = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < times; i++) {
                copies[i % 2].start();
                if (i > 0) {
                    copies[(i + 1) % 2].await();
                }
            }
            copies[(times - 1) % 2].await();
            seconds[round] = (System.nanoTime() - start) / 1e9;
        }
        return (double) times * size.copied() / Median.of(seconds);
    }

    private Model model(Backend backend, Dataset dataset) {
        TrainConfig config = TrainConfig.defaults().with(Setting.HIDDEN, size.hidden());
        VaeSpec spec = config.spec(Shape.of(dataset.width()));
        Parameters values = Parameters.allocate(spec.layout(), backend);
        backend.upload(values.block(), config.initialisation().values(spec.layout(), config.seed()), 0);
        Dataset few = dataset.first(Math.min(64, dataset.count()));
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        return new Model(config, DataRecord.of(data.toString(), few, few), spec, values, buffers);
    }

    /** To memory is decoding, quantizing and copying back alone; to a file is the job that the command line runs. */
    JsonObject generation(Path scratch) {
        JsonObject json = new JsonObject();
        Dataset dataset = DataSource.parse(data.toString()).load(Split.TRAIN, 0);
        try (Backend backend = opener.apply(new DeviceBench.Choice(Precision.FP32, false))) {
            Model model = model(backend, dataset);
            double memory = toMemory(backend, model);
            json.addProperty("memory_samples_per_s", memory);
            json.addProperty("memory_gb_per_s", memory * dataset.width() / 1e9);
            double rate = toHost(backend);
            json.addProperty("share_of_copy_rate", memory * dataset.width() / rate);
            double flops = 2.0 * decoderWeights(model.spec());
            json.addProperty("flops_per_sample", flops);
            json.addProperty("predicted_bound", "the copy to the host: " + dataset.width() + " bytes per sample");
            String file = "jcuvae-" + ProcessHandle.current().pid() + "-ubyte";
            if (hasRoom(scratch, dataset.width())) {
                json.addProperty("disk_samples_per_s", toFile(backend, model, scratch.resolve(file)));
            }
            // In containers this is often too small.
            Path shared = Path.of("/dev/shm");
            if (hasRoom(shared, dataset.width())) {
                json.addProperty("memory_file_samples_per_s", toFile(backend, model, shared.resolve(file)));
            }
        }
        json.addProperty("samples", size.generated());
        return json;
    }

    private boolean hasRoom(Path folder, int width) {
        try {
            return Files.isWritable(folder)
                    && Files.getFileStore(folder).getUsableSpace() > 1.2 * width * size.generated();
        } catch (IOException e) {
            return false;
        }
    }

    private static double decoderWeights(VaeSpec spec) {
        double weights = 0;
        int inputs = spec.latents();
        for (LayerSpec layer : spec.decoder()) {
            int outputs = ((DenseSpec) layer).outputs();
            weights += (double) inputs * outputs;
            inputs = outputs;
        }
        return weights;
    }

    private double toMemory(Backend backend, Model model) {
        Vae[] bound = new Vae[2];
        Recorded[] decode = new Recorded[2];
        HostCopy[] copies = new HostCopy[2];
        Tensor scalars = Scalars.allocate(backend);
        backend.reserveNoise(1, 0, (long) BATCH * model.spec().latents());
        for (int i = 0; i < 2; i++) {
            Vae vae = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), BATCH);
            bound[i] = vae;
            Shape shape = vae.expected().shape();
            Tensor bytes = Tensor.of(backend.allocate(ElementType.U8, shape.count()), shape);
            decode[i] = backend.record(() -> {
                backend.ops().normal(vae.z(), scalars, 1);
                vae.decode();
                vae.mean();
                backend.ops().quantize(bytes, vae.expected());
            });
            copies[i] = backend.hostCopy(bytes);
        }
        byte[] kept = new byte[Math.toIntExact(bound[0].expected().count())];
        int batches = Math.max(4, size.generated() / BATCH);
        double[] seconds = new double[3];
        for (int round = -1; round < seconds.length; round++) {
            backend.synchronize();
            long start = System.nanoTime();
            for (int i = 0; i <= batches; i++) {
                if (i < batches) {
                    decode[i % 2].run();
                    copies[i % 2].start();
                }
                if (i > 0) {
                    copies[(i + 1) % 2].await().get(kept);
                }
            }
            if (round >= 0) {
                seconds[round] = (System.nanoTime() - start) / 1e9;
            }
        }
        return (double) batches * BATCH / Median.of(seconds);
    }

    private double toFile(Backend backend, Model model, Path file) {
        try {
            Generation.run(model, backend, Math.min(size.generated(), 4096), 1, 1, file, Progress.SILENT);
            long start = System.nanoTime();
            Generation.run(model, backend, size.generated(), 1, 1, file, Progress.SILENT);
            return size.generated() / ((System.nanoTime() - start) / 1e9);
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                // It lies in a folder that is removed later.
            }
        }
    }

    /** Importance-weighted evaluation, once with few draws so that everything is warm. */
    JsonObject evaluation() {
        JsonObject json = new JsonObject();
        Dataset dataset = DataSource.parse(data.toString()).load(Split.TRAIN, 0);
        try (Backend backend = opener.apply(new DeviceBench.Choice(Precision.FP32, false))) {
            Model model = model(backend, dataset);
            DataSource source = DataSource.parse(data.toString());
            double seconds = 0;
            for (int draws : new int[] {2, size.draws()}) {
                long start = System.nanoTime();
                Evaluation.Report report =
                        Evaluation.run(model, backend, source, Split.TEST, size.images(), draws, true, Progress.SILENT);
                seconds = (System.nanoTime() - start) / 1e9;
                json.addProperty("loss", report.loss());
            }
            json.addProperty("images", size.images());
            json.addProperty("draws", size.draws());
            json.addProperty("seconds", seconds);
            json.addProperty("draws_per_s", (double) size.images() * size.draws() / seconds);
            double flops = 2.0 * decoderWeights(model.spec()) * size.images() * size.draws();
            json.addProperty("flops", flops);
            wholeSet(json, backend, model, source);
        }
        return json;
    }

    /** The whole test set as papers have it, and what share of the time its matrix products would take at the device's rate. */
    private void wholeSet(JsonObject json, Backend backend, Model model, DataSource source) {
        Dataset images = source.load(Split.TEST, size.testImages());
        long start = System.nanoTime();
        double nll = Evaluation.nll(model, backend, images, size.testDraws());
        double seconds = (System.nanoTime() - start) / 1e9;
        double flops = 2.0 * decoderWeights(model.spec()) * images.count() * size.testDraws();
        double side = size.square();
        double gemm = 2
                * side
                * side
                * side
                / new OpBench(backend).seconds(size.square(), size.square(), size.square(), false, true);
        json.addProperty("test_set_images", images.count());
        json.addProperty("test_set_draws", size.testDraws());
        json.addProperty("test_set_nll", nll);
        json.addProperty("test_set_seconds", seconds);
        json.addProperty("test_set_tflops", flops / seconds / 1e12);
        json.addProperty("test_set_share_of_gemm", flops / seconds / gemm);
    }
}
