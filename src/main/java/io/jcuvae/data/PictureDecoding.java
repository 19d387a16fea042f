package io.jcuvae.data;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Decodes pictures block by block in several threads and writes the rows in order. What the options leave open the first
 * readable picture decides: its size, which all others must then have; grey, until a picture of colour shows that it is
 * not so and all is done again in colour.
 */
final class PictureDecoding {
    private static final int BLOCK_PICTURES = 64;
    private static final int BLOCK_BYTES = 1 << 22;
    private static final int BLOCKS_AHEAD = 3;
    private static final int MOST_TOLD = 20;

    private final PictureListing listing;
    private final PictureOrder order;
    private final List<PictureFile> files;
    private final PictureOptions options;
    private final int threads;

    PictureDecoding(PictureListing listing, PictureOrder order, PictureOptions options) {
        this.listing = listing;
        this.order = order;
        this.files = order.all();
        this.options = options;
        this.threads =
                options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
    }

    /** A picture of colour among those that were taken for grey. */
    private static final class NotGrey extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Some decoded pictures.
     *
     * @param taken which files have a row
     * @param bad the others with the reasons
     */
    private record Block(byte[] rows, int width, List<Integer> taken, List<String> bad) {
        int length() {
            return taken.size() * width;
        }
    }

    /**
     * Decodes all pictures into a file.
     *
     * @param place names it by the shape of the rows
     * @throws UserError if pictures cannot be read and are not to be left out, none can, or they differ in size
     */
    PictureCache run(Function<SampleShape, Path> place) throws IOException {
        PictureHeader first = options.height() > 0 && options.channels() > 0 ? null : firstReadable();
        int height = options.height() > 0 ? options.height() : first.seenHeight();
        int width = options.height() > 0 ? options.width() : first.seenWidth();
        int channels = options.channels() > 0 ? options.channels() : first.grey() ? 1 : 3;
        if ((long) height * width * channels > ArrayHeader.WIDEST) {
            throw new UserError(listing.name() + ": its pictures are " + height + "x" + width + " (height x width), "
                    + "more than the " + ArrayHeader.WIDEST + " values that a sample may have; give a smaller size, as"
                    + " in --size 64x64");
        }
        try {
            return decode(PictureSet.shape(height, width, channels), place);
        } catch (NotGrey e) {
            try {
                return decode(PictureSet.shape(height, width, 3), place);
            } catch (NotGrey again) {
                throw new IllegalStateException(again);
            }
        }
    }

    private PictureHeader firstReadable() {
        List<String> bad = new ArrayList<>();
        for (PictureFile file : files) {
            try {
                return PictureHeader.of(file.content().read());
            } catch (IOException e) {
                bad.add(told(file, e));
            }
        }
        throw noneReadable(bad);
    }

    private static String told(PictureFile file, IOException fault) {
        return Faults.quoted(file.name()) + " (" + Faults.reason(fault) + ")";
    }

    private UserError noneReadable(List<String> bad) {
        String which = bad.size() == 1 ? "its only picture" : "none of its " + bad.size() + " pictures";
        return new UserError(listing.name() + ": " + which + " can be read: " + bad.get(0)
                + (bad.size() == 1 ? "" : ", ...") + "; give PNG or JPEG files that other programs can open");
    }

    private PictureCache decode(SampleShape shape, Function<SampleShape, Path> place) throws IOException, NotGrey {
        int block = Math.max(1, Math.min(BLOCK_PICTURES, BLOCK_BYTES / shape.width()));
        Path file = place.apply(shape);
        List<Integer> taken = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        Queue<PictureDecoder> decoders = new ConcurrentLinkedQueue<>();
        Semaphore room = PictureDecoder.room();
        ExecutorService pool = Executors.newFixedThreadPool(threads, PictureDecoding::daemon);
        try (PictureOptions.Progress progress = options.progress().get();
                PictureCache.Writer writer = new PictureCache.Writer(file)) {
            ArrayDeque<Future<Block>> pending = new ArrayDeque<>();
            for (int next = 0; next < files.size() || !pending.isEmpty(); ) {
                while (next < files.size() && pending.size() < BLOCKS_AHEAD * threads) {
                    int from = next;
                    int to = Math.min(files.size(), from + block);
                    pending.add(pool.submit(() -> decode(from, to, shape, decoders, room)));
                    next = to;
                }
                Block done = joined(pending.remove());
                writer.write(done.rows(), done.length());
                taken.addAll(done.taken());
                bad.addAll(done.bad());
                progress.at(taken.size() + bad.size(), files.size());
            }
            PictureCache content = content(file, shape, taken, bad);
            writer.finish(content);
            return content;
        } finally {
            pool.shutdownNow();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "decoding");
        thread.setDaemon(true);
        return thread;
    }

    private PictureCache content(Path file, SampleShape shape, List<Integer> taken, List<String> bad) {
        if (taken.isEmpty()) {
            throw noneReadable(bad);
        }
        int train = (int)
                taken.stream().filter(index -> index < order.train().size()).count();
        int test = order.test() == null ? -1 : taken.size() - train;
        int[] all = order.allLabels();
        int[] labels = all == null
                ? null
                : taken.stream().mapToInt(index -> all[index]).toArray();
        PictureCache content = new PictureCache(
                file,
                shape,
                train,
                test,
                labels,
                bad.size(),
                List.copyOf(bad.subList(0, Math.min(bad.size(), MOST_TOLD))));
        if (!bad.isEmpty() && !options.skipBad()) {
            throw new UserError(listing.name() + ": " + content.badLine()
                    + "; repair or remove them, or leave them out with --skip-bad");
        }
        if (train == 0 || test == 0) {
            throw new UserError(listing.name() + ": no picture of its " + (train == 0 ? "training" : "held-out")
                    + " part can be read: " + content.badLine()
                    + "; give PNG or JPEG files that other programs can open");
        }
        return content;
    }

    private Block joined(Future<Block> block) throws NotGrey {
        try {
            return block.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof NotGrey colour) {
                throw colour;
            }
            if (cause instanceof UserError told) {
                throw told;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(listing.name() + ": decoding failed: " + cause, cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(listing.name() + ": decoding was interrupted", e);
        }
    }

    private Block decode(int from, int to, SampleShape shape, Queue<PictureDecoder> decoders, Semaphore room)
            throws NotGrey {
        int[] sizes = Arrays.copyOf(shape.sizes(), 3);
        int channels = sizes[2] == 0 ? 1 : sizes[2];
        PictureDecoder free = decoders.poll();
        PictureDecoder decoder = free != null ? free : new PictureDecoder(sizes[0], sizes[1], channels, room);
        int width = shape.width();
        Block block = new Block(new byte[(to - from) * width], width, new ArrayList<>(), new ArrayList<>());
        for (int i = from; i < to; i++) {
            PictureFile file = files.get(i);
            try {
                PictureHeader header = PictureHeader.of(file.content().read());
                if (options.height() == 0) {
                    requireSize(file, header, sizes);
                }
                if (options.channels() == 0 && channels == 1 && !header.grey()) {
                    throw new NotGrey();
                }
                decoder.decode(header, block.rows(), block.length());
                block.taken().add(i);
            } catch (IOException e) {
                block.bad().add(told(file, e));
            } catch (OutOfMemoryError e) {
                // Only this one large allocation failed, so the JVM is still sound.
                block.bad().add(told(file, new PictureFault("it needs more memory than the JVM has", e)));
            }
        }
        decoders.add(decoder);
        return block;
    }

    private void requireSize(PictureFile file, PictureHeader header, int[] sizes) {
        if (header.seenHeight() != sizes[0] || header.seenWidth() != sizes[1]) {
            throw new UserError(listing.name() + ": its pictures differ in size: " + Faults.quoted(file.name()) + " is "
                    + header.seenHeight() + "x" + header.seenWidth() + " (height x width), the first is " + sizes[0]
                    + "x" + sizes[1] + "; crop and resize them all with --size, as in --size 64x64");
        }
    }
}
