package io.jcuvae.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the folders of pictures mean. A single folder that holds all others is looked through. Then {@code train} beside
 * {@code test}, or beside {@code val} where there is no {@code test}, are the two parts; without both the pictures are
 * undivided. Below that the first sub-folder is the label, where every picture is in one and there are at least two:
 * its number where all are named by numbers, else its place among the sorted names.
 *
 * <p>The sub-folders take turns, by name, each with its next file by name: so the first rows, which a limit takes, are of
 * all labels.
 *
 * @param train the pictures in order; all of them where {@code test} is null
 * @param test those set apart, or null
 * @param trainLabels one for each picture of {@code train}, or null
 * @param testLabels one for each of {@code test}, or null
 * @param labels the names of the sub-folders, sorted as their labels are; empty without labels
 * @param leftOut pictures beside the two parts
 */
record PictureOrder(
        List<PictureFile> train,
        List<PictureFile> test,
        int[] trainLabels,
        int[] testLabels,
        List<String> labels,
        int leftOut) {
    private static final List<String> TRAIN = List.of("train", "training");
    private static final List<List<String>> HELD_OUT =
            List.of(List.of("test", "testing"), List.of("val", "valid", "validation"));

    /** A picture with what of its path still means something. */
    private record Placed(PictureFile file, String path) {
        String top() {
            int slash = path.indexOf('/');
            return slash < 0 ? "" : path.substring(0, slash);
        }

        Placed below() {
            return new Placed(file, path.substring(path.indexOf('/') + 1));
        }

        boolean isIn(List<String> folders) {
            return folders.contains(top().toLowerCase(Locale.ROOT));
        }
    }

    /** Orders the pictures of a source, at least one. */
    static PictureOrder of(List<PictureFile> files) {
        List<Placed> all =
                files.stream().map(file -> new Placed(file, file.name())).toList();
        while (!all.get(0).top().isEmpty()) {
            String top = all.get(0).top();
            if (!all.stream().allMatch(placed -> placed.top().equals(top))) {
                break;
            }
            all = all.stream().map(Placed::below).toList();
        }
        List<Placed> first = part(all, TRAIN);
        for (List<String> names : HELD_OUT) {
            List<Placed> second = part(all, names);
            if (!first.isEmpty() && !second.isEmpty()) {
                return labelled(first, second, all.size() - first.size() - second.size());
            }
        }
        return labelled(all, null, 0);
    }

    private static List<Placed> part(List<Placed> all, List<String> folders) {
        return all.stream()
                .filter(placed -> placed.isIn(folders))
                .map(Placed::below)
                .toList();
    }

    private static PictureOrder labelled(List<Placed> train, List<Placed> test, int leftOut) {
        TreeSet<String> folders = new TreeSet<>();
        for (List<Placed> part : test == null ? List.of(train) : List.of(train, test)) {
            part.forEach(placed -> folders.add(placed.top()));
        }
        boolean labelled = folders.size() > 1 && !folders.contains("");
        List<String> names = new ArrayList<>(folders);
        boolean numbers = areNumbers(folders);
        if (numbers) {
            names.sort(Comparator.comparingInt(Integer::parseInt));
        }
        Map<String, Integer> labels = new TreeMap<>();
        for (int i = 0; i < names.size() && labelled; i++) {
            labels.put(names.get(i), numbers ? Integer.parseInt(names.get(i)) : i);
        }
        List<Placed> first = inTurn(train, labelled);
        List<Placed> second = test == null ? null : inTurn(test, labelled);
        return new PictureOrder(
                files(first),
                files(second),
                labels(first, labels),
                labels(second, labels),
                labelled ? List.copyOf(names) : List.of(),
                leftOut);
    }

    private static boolean areNumbers(Collection<String> folders) {
        return folders.stream().allMatch(name -> name.matches("0|[1-9]\\d{0,8}"));
    }

    /** Whether labels are the numbers that folders are named by, or there are none, so that names say nothing more. */
    boolean namedByNumbers() {
        return areNumbers(labels);
    }

    private static List<Placed> inTurn(List<Placed> part, boolean labelled) {
        Map<String, List<Placed>> byFolder = new TreeMap<>();
        for (Placed placed : part) {
            byFolder.computeIfAbsent(labelled ? placed.top() : "", name -> new ArrayList<>())
                    .add(placed);
        }
        List<Iterator<Placed>> turns = new ArrayList<>();
        for (List<Placed> folder : byFolder.values()) {
            folder.sort(Comparator.comparing(Placed::path)
                    .thenComparing(p -> p.file().stamp()));
            turns.add(folder.iterator());
        }
        List<Placed> order = new ArrayList<>(part.size());
        while (!turns.isEmpty()) {
            turns.forEach(turn -> order.add(turn.next()));
            turns.removeIf(turn -> !turn.hasNext());
        }
        return order;
    }

    private static List<PictureFile> files(List<Placed> part) {
        return part == null ? null : part.stream().map(Placed::file).toList();
    }

    private static int[] labels(List<Placed> part, Map<String, Integer> labels) {
        return part == null || labels.isEmpty()
                ? null
                : part.stream().mapToInt(placed -> labels.get(placed.top())).toArray();
    }

    /** All pictures, those of {@code train} first. */
    List<PictureFile> all() {
        if (test == null) {
            return train;
        }
        List<PictureFile> all = new ArrayList<>(train);
        all.addAll(test);
        return all;
    }

    /** The labels of {@link #all}, or null. */
    int[] allLabels() {
        if (trainLabels == null || test == null) {
            return trainLabels;
        }
        int[] all = Arrays.copyOf(trainLabels, trainLabels.length + testLabels.length);
        System.arraycopy(testLabels, 0, all, trainLabels.length, testLabels.length);
        return all;
    }
}
