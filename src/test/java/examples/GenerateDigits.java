package examples;

import io.jcuvae.api.Device;
import io.jcuvae.api.RowStream;
import io.jcuvae.api.Rows;
import io.jcuvae.api.Sampling;
import io.jcuvae.api.TrainedModel;
import io.jcuvae.api.Training;
import io.jcuvae.api.TrainingListener;
import io.jcuvae.api.TrainingResult;
import io.jcuvae.train.Setting;
import java.nio.file.Path;

/** Trains on the built-in digits and draws new ones. */
final class GenerateDigits {
    private GenerateDigits() {}

    public static void main(String[] args) {
        Path folder = Path.of(args[0]);

        // train
        Training training = Training.on("mnist-sample")
                .set(Setting.LIMIT, "1000")
                .hidden(128)
                .latents(8)
                .epochs(2)
                .device(Device.cpu());
        TrainingListener listener = new TrainingListener() {
            @Override
            public void epoch(Epoch epoch) {
                System.out.printf(
                        "epoch %d: %.1f nats%n", epoch.epoch(), epoch.heldOut().loss());
            }
        };
        try (TrainingResult result = training.run(listener)) {
            result.model().save(folder.resolve("digits.safetensors"));
        }
        // end

        // generate
        try (TrainedModel model = TrainedModel.load(folder.resolve("digits.safetensors"))) {
            double sum = 0;
            try (RowStream digits = model.generate(Sampling.of(10_000).seed(1))) {
                for (Rows rows : digits) {
                    for (float pixel : rows.values()) {
                        sum += pixel;
                    }
                }
            }
            System.out.printf("mean brightness of 10,000 digits: %.2f%n", sum / 10_000 / 784);
        }
        // end
    }
}
