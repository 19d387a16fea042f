package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/** What jobs do with whole files: journals, names, checksums. */
public final class JobFiles {
    private static final int BUFFER = 1 << 16;
    private static final int SUM_DIGITS = 64;

    private JobFiles() {}

    /**
     * What a file is.
     *
     * @param bytes its length
     * @param sha256 of its bytes, 64 hexadecimal digits
     * @param crcs CRC-32C of each stretch that was asked for, as far as the file reaches
     */
    public record Sums(long bytes, String sha256, List<Integer> crcs) {}

    /**
     * Replaces a small file, so that at any moment the old one or the new one is there, whole.
     *
     * @param file its folder must exist
     * @throws UserError if it cannot be written; the old one stands
     */
    public static void replace(Path file, String text, Disk disk) {
        Path aside = file.resolveSibling("." + file.getFileName() + ".part");
        try {
            try (FileChannel channel = FileChannel.open(
                    aside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                disk.write(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
                disk.force(channel);
            }
            disk.move(aside, file);
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }

    /**
     * Gives a complete file or folder its name.
     *
     * @throws UserError if that fails
     */
    public static void move(Path from, Path to, Disk disk) {
        try {
            disk.move(from, to);
        } catch (IOException e) {
            throw Faults.unwritable(to, e);
        }
    }

    /**
     * Makes a folder if it is not there.
     *
     * @throws UserError if that fails
     */
    public static void folder(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw Faults.unwritable(folder, e);
        }
    }

    /**
     * Reads a file to its end.
     *
     * @param lengths of stretches, one after the other from the start, whose checksums are asked for
     * @throws UserError if it cannot be read
     */
    public static Sums sums(Path file, List<Long> lengths) {
        MessageDigest sha = Dataset.sha256();
        CRC32C crc = new CRC32C();
        List<Integer> crcs = new ArrayList<>();
        byte[] buffer = new byte[BUFFER];
        long bytes = 0;
        try (InputStream in = Files.newInputStream(file)) {
            long left = lengths.isEmpty() ? Long.MAX_VALUE : lengths.get(0);
            int got;
            while ((got = in.readNBytes(buffer, 0, (int) Math.min(BUFFER, left))) > 0) {
                sha.update(buffer, 0, got);
                crc.update(buffer, 0, got);
                bytes += got;
                left -= got;
                if (left == 0) {
                    crcs.add((int) crc.getValue());
                    crc.reset();
                    left = crcs.size() < lengths.size() ? lengths.get(crcs.size()) : Long.MAX_VALUE;
                }
            }
        } catch (IOException e) {
            throw Faults.unreadable(Faults.name(file), e);
        }
        return new Sums(bytes, HexFormat.of().formatHex(sha.digest()), crcs);
    }

    /**
     * What a folder of pictures is: the length of all its pictures, and the SHA-256 of its list of checksums.
     *
     * @throws UserError if it cannot be read
     */
    public static Sums folderSums(Path folder) {
        long bytes = 0;
        for (String line : list(folder)) {
            try {
                bytes += Files.size(folder.resolve(line.substring(SUM_DIGITS).strip()));
            } catch (NoSuchFileException e) {
                // Whoever compares the pictures names it.
            } catch (IOException e) {
                throw Faults.unreadable(Faults.name(folder), e);
            }
        }
        return new Sums(
                bytes, sums(folder.resolve(PictureFolderWriter.SUMS), List.of()).sha256(), List.of());
    }

    /** The pictures of a folder that are not what its list of checksums says. */
    public static List<String> changed(Path folder) {
        List<String> changed = new ArrayList<>();
        for (String line : list(folder)) {
            String name = line.substring(SUM_DIGITS).strip();
            if (!Files.isRegularFile(folder.resolve(name))
                    || !sha256(folder.resolve(name)).equals(line.substring(0, SUM_DIGITS))) {
                changed.add(name);
            }
        }
        return changed;
    }

    private static List<String> list(Path folder) {
        Path file = folder.resolve(PictureFolderWriter.SUMS);
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            // A name must stay within the folder, whoever wrote the list.
            if (lines.stream().allMatch(line -> line.matches("[0-9a-f]{64}  [0-9]+\\.png"))) {
                return lines;
            }
        } catch (IOException e) {
            throw Faults.unreadable(Faults.name(file), e);
        }
        throw Faults.damaged(Faults.name(file), "a line is no checksum and name of a picture");
    }

    /**
     * SHA-256 of a file, 64 hexadecimal digits.
     *
     * @throws UserError if it cannot be read
     */
    public static String sha256(Path file) {
        MessageDigest sha = Dataset.sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha)) {
            byte[] buffer = new byte[BUFFER];
            while (in.read(buffer) >= 0) {
                continue;
            }
        } catch (IOException e) {
            throw Faults.unreadable(Faults.name(file), e);
        }
        return HexFormat.of().formatHex(sha.digest());
    }
}
