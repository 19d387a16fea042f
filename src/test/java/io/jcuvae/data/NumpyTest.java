package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files exchanged with NumPy itself, where python3 has it. */
final class NumpyTest {
    @TempDir
    private Path folder;

    private void python(String script) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder(
                            "python3",
                            "-c",
                            "import sys\ntry: import numpy as np\n" + "except ImportError: sys.exit(77)\n" + script)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
        } catch (IOException e) {
            Assumptions.abort("python3 is not here");
            return;
        }
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("python3 does not answer");
        }
        Assumptions.assumeTrue(process.exitValue() != 77, "python3 has no numpy");
        assertEquals(0, process.exitValue(), () -> {
            try {
                return Files.readString(folder.resolve("log"));
            } catch (IOException e) {
                return "no log";
            }
        });
    }

    @Test
    void numpyReadsWhatIsWritten() throws Exception {
        float[] rows = Samples.random(7 * 12, 1);
        for (String name : new String[] {"a.npy", "b.npz", "c.csv"}) {
            try (RowWriter writer = RowWriters.samples(folder.resolve(name), new SampleShape(3, 4), -1)) {
                writer.write(rows, 7);
                writer.commit();
            }
        }
        for (String name : new String[] {"l.npy", "m.npz"}) {
            try (RowWriter writer = RowWriters.latents(folder.resolve(name), 6, 7)) {
                writer.write(rows, 7);
                writer.commit();
            }
        }
        python("""
                a = np.load('a.npy')
                assert a.shape == (7, 3, 4) and a.dtype == np.float32
                assert (np.load('b.npz')['samples'] == a).all()
                assert (np.loadtxt('c.csv', delimiter=',', skiprows=1, dtype=np.float32) == a.reshape(7, 12)).all()
                l = np.load('l.npy')
                assert l.shape == (7, 2, 6) and (l.reshape(7, 12) == a.reshape(7, 12)).all()
                m = np.load('m.npz')
                assert (m['mean'] == l[:, 0]).all() and (m['logvar'] == l[:, 1]).all()
                np.save('back.npy', a)
                """);
        assertArrayEquals(
                rows,
                DataSource.parse(folder.resolve("back.npy").toString())
                        .load(Split.ALL, 0)
                        .floats());
    }

    @Test
    void numpysOwnFilesAreRead() throws Exception {
        python("""
                r = np.random.default_rng(1)
                x = r.integers(-100, 100, (5, 6))
                for t in 'i1 >i2 i2 i4 >i4 i8 >i8 f2 >f2 f4 >f4 f8 >f8'.split():
                    np.save('t' + t.replace('>', 'b') + '.npy', x.astype(t))
                    np.save('f' + t.replace('>', 'b') + '.npy', np.asfortranarray(x.astype(t)))
                np.savez('s.npz', x=x, y=np.arange(5))
                np.savez_compressed('c.npz', data=x.astype('f4'), labels=np.arange(5, dtype='u1'),
                                    o=np.array([{}], dtype=object), s=np.array(['a', 'b']))
                np.savetxt('x.csv', x, delimiter=',')
                np.savetxt('h.csv', np.c_[x, np.arange(5)], delimiter=';', header='a;b;c;d;e;f;y', fmt='%d')
                np.save('bool.npy', x > 0)
                """);
        float[] expected = load("tf4.npy").floats();
        for (String type : "i1 bi2 i2 i4 bi4 i8 bi8 f2 bf2 f4 bf4 f8 bf8".split(" ")) {
            assertArrayEquals(expected, load("t" + type + ".npy").floats(), type);
            assertArrayEquals(expected, load("f" + type + ".npy").floats(), type);
        }
        for (String name : new String[] {"s.npz", "c.npz", "h.csv"}) {
            assertArrayEquals(expected, load(name).floats(), name);
            assertArrayEquals(new int[] {0, 1, 2, 3, 4}, load(name).labels(), name);
        }
        assertArrayEquals(expected, load("x.csv").floats());
        byte[] on = load("bool.npy").bytes();
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i] > 0 ? -1 : 0, on[i]);
        }
    }

    private Dataset load(String name) {
        return DataSource.parse(folder.resolve(name).toString()).load(Split.ALL, 0);
    }
}
