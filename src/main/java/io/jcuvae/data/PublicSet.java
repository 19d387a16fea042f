package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A data set that anybody may download, in the four files that MNIST came in: gzipped IDX, images and labels of training and
 * test rows. It is fetched when it is first read, into the user's cache folder, and from then on read from there.
 *
 * @param name as it stands after {@code --data}
 * @param mirrors where the files are, each file's name to be put behind; the first that delivers counts
 * @param files what they must be
 */
record PublicSet(String name, List<String> mirrors, List<PublicSet.Part> files) {
    /** Stands before a name where a file or folder here has the same name. */
    static final String PREFIX = "public:";

    private static final PublicSet MNIST = new PublicSet(
            "mnist",
            List.of(
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    "https://storage.googleapis.com/cvdf-datasets/mnist/"),
            List.of(
                    new Part(
                            "train-images-idx3-ubyte.gz",
                            9_912_422,
                            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                    new Part(
                            "train-labels-idx1-ubyte.gz",
                            28_881,
                            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                    new Part(
                            "t10k-images-idx3-ubyte.gz",
                            1_648_877,
                            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                    new Part(
                            "t10k-labels-idx1-ubyte.gz",
                            4_542,
                            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")));

    private static final PublicSet FASHION = new PublicSet(
            "fashion-mnist",
            List.of(
                    // The set's own address; it has no https, which the checksums make up for.
                    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
            List.of(
                    new Part(
                            "train-images-idx3-ubyte.gz",
                            26_421_880,
                            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                    new Part(
                            "train-labels-idx1-ubyte.gz",
                            29_515,
                            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                    new Part(
                            "t10k-images-idx3-ubyte.gz",
                            4_422_102,
                            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                    new Part(
                            "t10k-labels-idx1-ubyte.gz",
                            5_148,
                            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")));

    /** All that there are. */
    static final List<PublicSet> ALL = List.of(MNIST, FASHION);

    /**
     * A file of a set.
     *
     * @param file its name on a mirror and in the cache
     * @param bytes its length
     * @param sha256 its checksum in hexadecimal digits
     */
    record Part(String file, long bytes, String sha256) {
        /** Whether a folder has it, whole and unchanged. */
        boolean isIn(Path folder) {
            Path path = folder.resolve(file);
            try {
                return Files.isRegularFile(path)
                        && Files.size(path) == bytes
                        && JobFiles.sums(path, List.of()).sha256().equals(sha256);
            } catch (IOException e) {
                // It went away meanwhile.
                return false;
            }
        }
    }

    /** The set that a text names, with or without {@link #PREFIX}. */
    static Optional<PublicSet> named(String text) {
        String plain = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
        return ALL.stream().filter(set -> set.name.equals(plain)).findFirst();
    }

    /**
     * Makes sure that the files are in the cache, downloading those that are not there or not what they should be.
     *
     * @param fetching how
     * @param notes get a line on what was downloaded
     * @return the folder with the files
     * @throws io.jcuvae.tensor.Failure if no mirror delivers a file
     * @throws UserError if the cache cannot be written, or a mirror's address is none
     */
    Path ready(Fetching fetching, List<String> notes) {
        Path folder = (fetching.cache() == null ? CacheFolder.of("sets") : fetching.cache()).resolve(name);
        List<URI> places = Mirror.parse(fetching.mirrors().isEmpty() ? mirrors : fetching.mirrors());
        List<Part> missing = files.stream().filter(part -> !part.isIn(folder)).toList();
        if (missing.isEmpty()) {
            return folder;
        }
        CacheFolder.prepare(folder, "downloaded data");
        long total = missing.stream().mapToLong(Part::bytes).sum();
        List<URI> from = new ArrayList<>();
        try (PictureOptions.Progress progress = fetching.progress().get();
                Download download = new Download(name, places, fetching.patience())) {
            long before = 0;
            for (Part part : missing) {
                long start = before;
                progress.at(start, total);
                URI place = download.fetch(part, folder.resolve(part.file()), got -> progress.at(start + got, total));
                if (!from.contains(place)) {
                    from.add(place);
                }
                before += part.bytes();
            }
        }
        notes.add("downloaded " + name + ": " + missing.size() + (missing.size() == 1 ? " file, " : " files, ")
                + Math.round(total / 1e5) / 10.0 + " MB from "
                + String.join(" and ", from.stream().map(URI::toString).toList())
                + " to " + Faults.name(folder));
        return folder;
    }

    /**
     * Refuses a name that stands for a file or folder here, too: what was meant decides what a model is trained on.
     *
     * @throws UserError with both ways to say it
     */
    static void requireNoFile(String text) {
        if (!text.startsWith(PREFIX) && Files.exists(Path.of(text))) {
            throw new UserError(text + ": is the name of a public data set and of a "
                    + (Files.isDirectory(Path.of(text)) ? "folder" : "file") + " here; give ./" + text
                    + " for what is here, or " + PREFIX + text + " for the data set");
        }
    }

    /** The set as a program uses it: looked for and checked once. */
    Copy copy(Fetching fetching, List<String> notes) {
        return new Copy(this, fetching, notes);
    }

    /** The files of a set in the cache, from the first look on. */
    static final class Copy {
        private final PublicSet set;
        private final Fetching fetching;
        private final List<String> notes;
        private Path folder;

        private Copy(PublicSet set, Fetching fetching, List<String> notes) {
            this.set = set;
            this.fetching = fetching;
            this.notes = notes;
        }

        /** Where they are, as {@link PublicSet#ready}. */
        synchronized Path folder() {
            if (folder == null) {
                folder = set.ready(fetching, notes);
            }
            return folder;
        }

        /** The rows of one half of the files: {@code train} or {@code t10k}. */
        RowSource rows(String half) {
            Supplier<ArrayRows> labels = () -> MnistFolder.idx(folder().resolve(half + "-labels-idx1-ubyte.gz"));
            return new ArrayRows(
                    () -> ByteSource.open(folder().resolve(half + "-images-idx3-ubyte.gz")), IdxHeader::read, labels);
        }
    }
}
