package io.jcuvae.data;

import io.jcuvae.tensor.Failure;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Fetches files of known length and checksum from whichever of several mirrors has them. A file is written aside and gets its
 * name when its checksum is right, so that a half one or a wrong one is never found there, and of several programs that fetch
 * it at once the last one's stands, which is the same. What came before a connection broke is kept, and the rest asked for.
 */
final class Download implements AutoCloseable {
    /** How often a mirror may break off, if each time some bytes came. */
    private static final int TRIES = 4;

    private final String set;
    private final List<URI> mirrors;
    private final Mirror mirror;

    /**
     * Fetches files of a set.
     *
     * @param set its name, for messages
     * @param mirrors addresses of folders
     */
    Download(String set, List<URI> mirrors, Mirror.Patience patience) {
        this.set = set;
        this.mirrors = mirrors;
        mirror = new Mirror(patience);
    }

    /**
     * Fetches a file.
     *
     * @param target where it goes; its folder exists
     * @param progress told how many of its bytes have come
     * @return the mirror that it came from, the last one where several gave a part
     * @throws Failure with what is wrong with every mirror
     * @throws io.jcuvae.tensor.UserError if it cannot be written
     */
    URI fetch(PublicSet.Part part, Path target, LongConsumer progress) {
        List<String> found = new ArrayList<>();
        try (Incoming incoming = new Incoming(part, target, progress)) {
            for (URI place : mirrors) {
                try {
                    from(place, incoming);
                    return place;
                } catch (IOException e) {
                    found.add(place + ": " + Faults.reason(e));
                    if (Thread.currentThread().isInterrupted()) {
                        break;
                    }
                }
            }
        }
        throw new Failure(set + ": " + part.file() + " could not be downloaded (" + String.join("; ", found)
                + "); try again, give --mirror URL of a folder that has it, or"
                + " --data a folder with the set's four files");
    }

    private void from(URI place, Incoming incoming) throws IOException {
        PublicSet.Part part = incoming.part;
        for (int tries = 1; ; tries++) {
            long before = incoming.got;
            boolean pieced = before > 0;
            try {
                if (incoming.got < part.bytes()) {
                    mirror.get(place.resolve(part.file()), incoming.got, part.bytes(), incoming);
                }
                if (incoming.complete()) {
                    return;
                }
            } catch (Mirror.Torn e) {
                if (incoming.got <= before || tries == TRIES) {
                    throw e;
                }
                continue;
            }
            incoming.restart();
            // A wrong part may be another mirror's, or of an older file.
            if (!pieced || tries == TRIES) {
                throw new IOException("it sends other contents than the public file's (by their SHA-256)");
            }
        }
    }

    /** A file on its way. */
    private static final class Incoming implements Mirror.Sink, AutoCloseable {
        private final PublicSet.Part part;
        private final Path target;
        private final LongConsumer progress;
        private final MessageDigest digest = Dataset.sha256();
        private AtomicFile aside;
        private long got;

        Incoming(PublicSet.Part part, Path target, LongConsumer progress) {
            this.part = part;
            this.target = target;
            this.progress = progress;
            aside = AtomicFile.create(target);
        }

        @Override
        public void restart() {
            aside.close();
            aside = AtomicFile.create(target);
            digest.reset();
            got = 0;
        }

        @Override
        public void take(byte[] bytes, int count) {
            try {
                aside.stream().write(bytes, 0, count);
            } catch (IOException e) {
                throw Faults.unwritable(target, e);
            }
            digest.update(bytes, 0, count);
            got += count;
            progress.accept(got);
        }

        /** Gives the file its name if it is right. */
        boolean complete() {
            if (got != part.bytes()
                    || !HexFormat.of().formatHex(digest.digest()).equals(part.sha256())) {
                return false;
            }
            aside.commit();
            return true;
        }

        @Override
        public void close() {
            aside.close();
        }
    }

    @Override
    public void close() {
        mirror.close();
    }
}
