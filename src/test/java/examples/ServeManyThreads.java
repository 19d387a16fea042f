package examples;

import io.jcuvae.api.Device;
import io.jcuvae.api.RowStream;
import io.jcuvae.api.Rows;
import io.jcuvae.api.Sampling;
import io.jcuvae.api.TrainedModel;
import io.jcuvae.api.Training;
import io.jcuvae.api.TrainingListener;
import io.jcuvae.api.TrainingResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;

/** One model for many threads, and a stream that is pushed at the pace of who takes it. */
final class ServeManyThreads {
    private ServeManyThreads() {}

    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0], "moons.safetensors");
        Training training =
                Training.on("moons:500").hidden(32).latents(2).epochs(1).device(Device.cpu(1));
        try (TrainingResult result = training.run(new TrainingListener() {})) {
            result.model().save(file);
        }

        // threads
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try (TrainedModel model =
                TrainedModel.load(file, Device.cpu(1).copies(2).batch(16))) {
            List<Future<float[]>> answers = new ArrayList<>();
            for (int user = 0; user < 8; user++) {
                Sampling sampling = Sampling.of(1).first(user);
                answers.add(pool.submit(() -> model.generate(sampling).toArray()));
            }
            for (Future<float[]> answer : answers) {
                System.out.println("a moon of " + answer.get().length + " pixels");
            }
        }
        // end

        // publisher
        try (TrainedModel model = TrainedModel.load(file, Device.cpu(1).batch(64))) {
            CountDownLatch end = new CountDownLatch(1);
            RowStream moons = model.generate(Sampling.of(1000));
            moons.publisher(pool).subscribe(new Flow.Subscriber<Rows>() {
                private Flow.Subscription subscription;
                private long taken;

                @Override
                public void onSubscribe(Flow.Subscription given) {
                    subscription = given;
                    subscription.request(1);
                }

                @Override
                public void onNext(Rows rows) {
                    taken += rows.count();
                    subscription.request(1);
                }

                @Override
                public void onError(Throwable e) {
                    System.out.println(e.getMessage());
                    end.countDown();
                }

                @Override
                public void onComplete() {
                    System.out.println(taken + " moons");
                    end.countDown();
                }
            });
            end.await();
        }
        // end
        pool.shutdown();
    }
}
