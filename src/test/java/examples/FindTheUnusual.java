package examples;

import io.jcuvae.api.Device;
import io.jcuvae.api.Samples;
import io.jcuvae.api.TrainedModel;
import io.jcuvae.api.Training;
import io.jcuvae.api.TrainingListener;
import io.jcuvae.api.TrainingResult;
import java.util.Arrays;

/** Trains on rows in memory; encodes, reconstructs and scores others. */
final class FindTheUnusual {
    private FindTheUnusual() {}

    public static void main(String[] args) {
        float[] sensors = new float[600 * 4];
        for (int i = 0; i < sensors.length; i++) {
            int row = i / 4;
            sensors[i] = (float) (20 + 5 * Math.sin(0.1 * row + i % 4));
        }
        TrainingListener quiet = new TrainingListener() {
            @Override
            public void warning(String line) {
                System.out.println(line);
            }
        };

        // memory
        Training training = Training.on(Samples.of(sensors, 4))
                .preset("table")
                .latents(2)
                .learningRate(0.01)
                .epochs(30)
                .device(Device.cpu(1));
        try (TrainingResult result = training.run(quiet)) {
            TrainedModel model = result.model();
            Samples seen = Samples.of(sensors, 4).limit(100);
            float[] codes = model.encode(seen).toArray(); // [100, 2, Z]: means, log variances
            float[] made = model.reconstruct(seen).toArray(); // [100, 4], in the data's own units
            float[] usual = model.score(seen).toArray(); // [100]: more is more unusual
            float[] odd =
                    model.score(Samples.of(new float[] {20, 20, 20, 90}, 4)).toArray();
            Arrays.sort(usual);
            System.out.printf("a row that is stuck at 90 scores %.0f, the median row %.1f%n", odd[0], usual[50]);
            System.out.printf("%d values of codes, %d of reconstructions%n", codes.length, made.length);
        }
        // end
    }
}
