package io.jcuvae.cli;

import io.jcuvae.report.RunCurves;
import io.jcuvae.tensor.UserError;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Run folders named on the command line. */
final class RunFolders {
    private RunFolders() {}

    /** The folders. */
    static List<Path> paths(List<String> words) {
        List<Path> paths = new ArrayList<>();
        Set<Path> seen = new HashSet<>();
        for (String word : words) {
            try {
                Path path = Path.of(word);
                if (!seen.add(path.toAbsolutePath().normalize())) {
                    throw new UserError(word + ": is named twice; leave one out");
                }
                paths.add(path);
            } catch (InvalidPathException e) {
                throw new UserError("'" + word + "' is no folder's name", e);
            }
        }
        return paths;
    }

    /** What is in them, under the shortest names that tell them apart. */
    static List<RunCurves> read(List<String> words) {
        List<Path> paths = paths(words);
        List<String> names = RunCurves.names(paths);
        List<RunCurves> runs = new ArrayList<>();
        for (int i = 0; i < paths.size(); i++) {
            RunCurves read = RunCurves.read(paths.get(i));
            runs.add(new RunCurves(names.get(i), read.config(), read.metrics()));
        }
        return runs;
    }
}
