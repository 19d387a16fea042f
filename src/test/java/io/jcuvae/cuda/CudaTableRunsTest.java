package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import io.jcuvae.data.TableSchema;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten steps on a table of mixed columns with missing values on CUDA over the software device. */
@OnSoftwareCuda
class CudaTableRunsTest {
    private static final String TABLE = "src/test/resources/io/jcuvae/data/patients.csv";

    @TempDir
    Path folder;

    private static float[] trained(Backend backend, TrainConfig config, Dataset train, Dataset test) {
        return SmallRuns.state(SmallRuns.train(config, train, test, backend, null), backend);
    }

    @Test
    void recordedOrNotItIsWhatTheCpuComputes() throws IOException {
        Path schema = Files.writeString(
                folder.resolve("schema.json"),
                TableSchema.propose(Path.of(TABLE), new ArrayList<>()).toString());
        TrainConfig config = SmallRuns.with(
                TrainConfig.preset("table"),
                "--data " + TABLE + " --schema " + schema
                        + " --limit 26 --epochs 5 --batch 12 --hidden 8 --latent 2 --threads 1");
        DataSource source = DataSource.parse(TABLE).by(TableSchema.read(schema));
        Dataset train = source.load(Split.TRAIN, 26);
        Dataset test = source.load(Split.TEST, 4);
        float[][] onCuda = new float[2][];
        for (int i = 0; i < 2; i++) {
            CudaOptions options = new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, i == 0, i == 1);
            try (Backend cuda = CudaBackend.open(options)) {
                onCuda[i] = trained(cuda, config, train, test);
            }
        }
        assertArrayEquals(onCuda[0], onCuda[1], "recorded, launch by launch");
        try (Backend cpu = new CpuBackend(1)) {
            float[] want = trained(cpu, config, train, test);
            int parameters = want.length / 3;
            assertArrayEquals(
                    Arrays.copyOf(want, parameters), Arrays.copyOf(onCuda[1], parameters), 1e-4f, "CUDA and CPU");
        }
    }
}
