package io.jcuvae.cli;

import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.SourceOptions;
import java.util.List;
import org.apache.commons.cli.Option;

/** What stands beside {@code --data SRC} wherever it is taken. */
final class SourceArguments {
    /** The option of places to download from. */
    static final String MIRROR = "mirror";

    private SourceArguments() {}

    /** The options of a command that are there because it has {@code --data SRC}; none for others. */
    static List<Option> beside(List<Option> options) {
        boolean source = options.stream()
                .anyMatch(option -> "data".equals(option.getLongOpt()) && "SRC".equals(option.getArgName()));
        return !source
                ? List.of()
                : List.of(CommonOptions.values(
                        MIRROR,
                        "URL",
                        "of --data mnist or fashion-mnist: download its files from that folder, in place of the built-in mirrors;"
                                + " may be given several times, the first that delivers counts"));
    }

    /** What is said there. */
    static SourceOptions read(Arguments arguments, Output output, PictureOptions pictures) {
        return SourceOptions.NONE
                .with(pictures)
                .withMirrors(arguments.texts(MIRROR), () -> new JobProgress(output, "downloading", 1 << 10, "KiB/s"));
    }
}
