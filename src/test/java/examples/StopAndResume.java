package examples;

import io.jcuvae.api.Device;
import io.jcuvae.api.Training;
import io.jcuvae.api.TrainingListener;
import io.jcuvae.api.TrainingResult;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** Stops a training from outside and goes on with it; and what a mistake looks like. */
final class StopAndResume {
    private StopAndResume() {}

    public static void main(String[] args) {
        Path folder = Path.of(args[0], "run");

        // stop
        AtomicBoolean stop = new AtomicBoolean();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void epoch(Epoch epoch) {
                stop.set(true); // or from any other thread, at any time
            }
        };
        Training training =
                Training.on("moons:500").hidden(32).latents(2).epochs(3).folder(folder);
        try (TrainingResult result = training.device(Device.cpu(1)).run(listener, stop::get)) {
            System.out.println("finished: " + result.finished() + ", epochs: "
                    + result.epochs().size());
        }
        try (TrainingResult result =
                Training.resume(folder).device(Device.cpu(1)).run()) {
            System.out.println("finished: " + result.finished() + ", epochs: "
                    + result.epochs().size());
        }
        // end

        // errors
        try {
            Training.on("moons:500").latents(-1);
        } catch (UserError mistake) {
            System.out.println(mistake.getMessage()); // one line: what was found, what is accepted
        } catch (Failure failure) {
            System.out.println(failure.getMessage()); // a diverged run, a full disk, a device that is gone
        }
        // end
    }
}
