package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ReadAheadTest {
    /** Row i holds i and -i. */
    private static class Numbers implements SampleReader {
        private final int rows;
        final AtomicInteger passed = new AtomicInteger();

        Numbers(int rows) {
            this.rows = rows;
        }

        @Override
        public SampleShape shape() {
            return new SampleShape(2);
        }

        @Override
        public boolean bytes() {
            return false;
        }

        @Override
        public long count() {
            return rows;
        }

        @Override
        public int read(float[] out, int maxRows) {
            int first = passed.get();
            int count = Math.min(maxRows, rows - first);
            for (int i = 0; i < count; i++) {
                out[2 * i] = first + i;
                out[2 * i + 1] = -(first + i);
            }
            passed.addAndGet(count);
            return count;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            float[] values = new float[2 * maxRows];
            int count = read(values, maxRows);
            for (int i = 0; i < 2 * count; i++) {
                out[i] = (byte) values[i];
            }
            return count;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    @Test
    void rowsComeInTheirOrderWhateverTheBatch() {
        for (int rows : new int[] {0, 1, 7, 8, 9, 100}) {
            for (int batch : new int[] {1, 4, 8, 200}) {
                try (ReadAhead ahead = new ReadAhead(new Numbers(rows), batch, false)) {
                    int seen = 0;
                    int got;
                    while ((got = ahead.next()) > 0) {
                        assertEquals(Math.min(batch, rows - seen), got);
                        for (int i = 0; i < got; i++, seen++) {
                            assertArrayEquals(
                                    new float[] {seen, -seen}, Arrays.copyOfRange(ahead.values(), 2 * i, 2 * i + 2));
                        }
                    }
                    assertEquals(rows, seen);
                    assertEquals(0, ahead.next(), "the end stays the end");
                }
            }
        }
    }

    @Test
    void bytesComeAsTheyAre() {
        try (ReadAhead ahead = new ReadAhead(new Numbers(100), 8, true)) {
            int seen = 0;
            int got;
            while ((got = ahead.next()) > 0) {
                for (int i = 0; i < got; i++, seen++) {
                    assertEquals(seen, ahead.pixels()[2 * i]);
                    assertEquals(-seen, ahead.pixels()[2 * i + 1]);
                }
            }
            assertEquals(100, seen);
        }
    }

    @Test
    void whatWaitsIsBounded() throws InterruptedException {
        Numbers numbers = new Numbers(1000);
        try (ReadAhead ahead = new ReadAhead(numbers, 10, false)) {
            ahead.next();
            for (int i = 0; i < 100 && numbers.passed.get() < 30; i++) {
                Thread.sleep(1);
            }
            Thread.sleep(5);
            assertEquals(30, numbers.passed.get(), "three batches, one of them taken");
        }
    }

    @Test
    void aFailureComesAfterTheRowsBeforeIt() {
        Numbers numbers = new Numbers(100) {
            @Override
            public int read(float[] out, int maxRows) {
                if (passed.get() == 20) {
                    throw new UserError("numbers: row 20 is damaged");
                }
                return super.read(out, maxRows);
            }
        };
        try (ReadAhead ahead = new ReadAhead(numbers, 10, false)) {
            assertEquals(10, ahead.next());
            assertEquals(10, ahead.next());
            assertEquals(
                    "numbers: row 20 is damaged",
                    assertThrows(UserError.class, ahead::next).getMessage());
        }
    }

    /** Somebody else may close the file afterwards: the thread has let go of it. */
    @Test
    void closingEndsTheThread() throws InterruptedException {
        CountDownLatch reading = new CountDownLatch(1);
        AtomicInteger after = new AtomicInteger();
        Numbers numbers = new Numbers(1 << 30) {
            @Override
            public int read(float[] out, int maxRows) {
                reading.countDown();
                after.incrementAndGet();
                return super.read(out, maxRows);
            }
        };
        ReadAhead ahead = new ReadAhead(numbers, 4, false);
        assertTrue(reading.await(5, TimeUnit.SECONDS));
        ahead.next();
        ahead.close();
        int reads = after.get();
        Thread.sleep(5);
        assertEquals(reads, after.get());
    }
}
