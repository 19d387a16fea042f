package io.jcuvae.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A shared library as the dynamic linker reads it: through its program headers, its dynamic section and its table of needed
 * versions (System V ABI, chapters 4 and 5; Linux Standard Base, Symbol Versioning). Only 64-bit little-endian files for
 * Intel and AMD processors.
 */
final class ElfFile {
    private static final int INTEL_64 = 62;
    private static final int LOAD = 1;
    private static final int DYNAMIC = 2;
    private static final long NEEDED = 1;
    private static final long STRINGS = 5;
    private static final long STRINGS_SIZE = 10;
    private static final long OWN_NAME = 14;
    private static final long VERSIONS_NEEDED = 0x6ffffffeL;
    private static final long VERSIONS_NEEDED_COUNT = 0x6fffffffL;
    private static final int DYNAMIC_ENTRY = 16;
    private static final int VERSION_ENTRY = 16;

    /** A name that this file asks a version of, and where it says so: positions in the file. */
    private record VersionNeed(long fileName, List<VersionName> names) {}

    /** A version asked for: where its hash and its name stand. */
    private record VersionName(long hash, long name) {}

    private final ByteBuffer bytes;
    private final String label;
    private final List<long[]> segments = new ArrayList<>();
    private long dynamicStart = -1;
    private long dynamicEnd = -1;
    private long strings = -1;
    private long stringsEnd = -1;

    private ElfFile(ByteBuffer bytes, String label) throws IOException {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        this.label = label;
        if (bytes.limit() < 64 || bytes.getInt(0) != 0x464c457f) {
            throw new IOException(label + " is no ELF file");
        }
        if (bytes.get(4) != 2 || bytes.get(5) != 1 || bytes.getShort(18) != INTEL_64) {
            throw new IOException(label + " is no library for 64-bit Intel and AMD processors");
        }
        readSegments();
        if (dynamicStart < 0) {
            throw new IOException(label + " is no shared library: it has no dynamic section");
        }
        strings = position(dynamic(STRINGS).orElseThrow(this::damaged));
        stringsEnd = strings + dynamic(STRINGS_SIZE).orElseThrow(this::damaged);
        inside(strings, stringsEnd - strings);
    }

    /**
     * Reads a library in memory.
     *
     * @param label its name in errors
     * @throws IOException when it is not one that this class reads
     */
    static ElfFile of(byte[] content, String label) throws IOException {
        return new ElfFile(ByteBuffer.wrap(content), label);
    }

    /** Reads a library on disk; only the parts that are asked for are touched, whatever its size. */
    static ElfFile open(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = Math.min(channel.size(), Integer.MAX_VALUE);
            return new ElfFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, size), file.toString());
        }
    }

    /** The name that other libraries need it by. */
    Optional<String> name() throws IOException {
        Optional<Long> offset = dynamic(OWN_NAME);
        return offset.isEmpty() ? Optional.empty() : Optional.of(text(strings + offset.get()));
    }

    /** The names of the libraries that it needs, in order. */
    List<String> needed() throws IOException {
        List<String> names = new ArrayList<>();
        for (long at : neededNames()) {
            names.add(text(at));
        }
        return names;
    }

    /** The versions that it asks of a library it needs, each with the hash that stands beside it. */
    List<String> versionsOf(String library) throws IOException {
        List<String> versions = new ArrayList<>();
        for (VersionNeed need : versionNeeds()) {
            if (text(need.fileName()).equals(library)) {
                for (VersionName version : need.names()) {
                    versions.add(text(version.name()) + " " + Integer.toHexString(bytes.getInt((int) version.hash())));
                }
            }
        }
        return versions;
    }

    /**
     * A copy of a library that needs another one instead: every place where the dynamic linker reads the old name, as a
     * library or as a version, says the new one, and the versions' hashes follow.
     *
     * @param from a name that the library needs
     * @param to another of the same length
     * @throws IOException when the library does not need the old name, or when the name cannot be replaced safely
     */
    static byte[] renamed(byte[] content, String label, String from, String to) throws IOException {
        if (from.length() != to.length()) {
            throw new IllegalArgumentException(from + " and " + to + " differ in length");
        }
        byte[] copy = content.clone();
        ElfFile elf = of(copy, label);
        Set<Long> names = new TreeSet<>();
        for (long at : elf.neededNames()) {
            if (elf.text(at).equals(from)) {
                names.add(at);
            }
        }
        if (names.isEmpty()) {
            throw new IOException(label + " does not need " + from + ", but " + String.join(", ", elf.needed()));
        }
        List<VersionName> versions = new ArrayList<>();
        for (VersionNeed need : elf.versionNeeds()) {
            if (elf.text(need.fileName()).equals(from)) {
                names.add(need.fileName());
                for (VersionName version : need.names()) {
                    if (elf.text(version.name()).equals(from)) {
                        names.add(version.name());
                        versions.add(version);
                    }
                }
            }
        }
        for (long at : names) {
            // A linker may store a name as the tail of a longer one, which must not change with it.
            if (copy[(int) at - 1] != 0) {
                throw new IOException(label + ": " + from + " is part of a longer name");
            }
            System.arraycopy(to.getBytes(StandardCharsets.US_ASCII), 0, copy, (int) at, to.length());
        }
        for (VersionName version : versions) {
            elf.bytes.putInt((int) version.hash(), hash(to));
        }
        return copy;
    }

    /** The hash of a symbol's or a version's name (System V ABI, chapter 5). */
    static int hash(String name) {
        int hash = 0;
        for (byte letter : name.getBytes(StandardCharsets.US_ASCII)) {
            hash = (hash << 4) + (letter & 0xff);
            hash ^= (hash & 0xf0000000) >>> 24;
            hash &= 0x0fffffff;
        }
        return hash;
    }

    private void readSegments() throws IOException {
        long table = bytes.getLong(32);
        int size = bytes.getShort(54) & 0xffff;
        int count = bytes.getShort(56) & 0xffff;
        if (size < 56) {
            throw damaged();
        }
        for (int i = 0; i < count; i++) {
            int at = inside(table + (long) i * size, size);
            int type = bytes.getInt(at);
            long offset = bytes.getLong(at + 8);
            long inFile = bytes.getLong(at + 32);
            if (type == LOAD) {
                segments.add(new long[] {bytes.getLong(at + 16), offset, inFile});
            } else if (type == DYNAMIC) {
                inside(offset, inFile);
                dynamicStart = offset;
                dynamicEnd = offset + inFile;
            }
        }
    }

    /** Positions of the names that the dynamic section needs. */
    private List<Long> neededNames() throws IOException {
        List<Long> names = new ArrayList<>();
        for (long at = dynamicStart; at + DYNAMIC_ENTRY <= dynamicEnd; at += DYNAMIC_ENTRY) {
            long tag = bytes.getLong((int) at);
            if (tag == 0) {
                break;
            }
            if (tag == NEEDED) {
                names.add(strings + bytes.getLong((int) at + 8));
            }
        }
        return names;
    }

    private List<VersionNeed> versionNeeds() throws IOException {
        List<VersionNeed> needs = new ArrayList<>();
        Optional<Long> address = dynamic(VERSIONS_NEEDED);
        if (address.isEmpty()) {
            return needs;
        }
        long at = position(address.get());
        long count = dynamic(VERSIONS_NEEDED_COUNT).orElseThrow(this::damaged);
        for (long i = 0; i < count; i++) {
            int need = inside(at, VERSION_ENTRY);
            List<VersionName> names = new ArrayList<>();
            long nameAt = at + unsigned(need + 8);
            for (int j = bytes.getShort(need + 2) & 0xffff; j > 0; j--) {
                int name = inside(nameAt, VERSION_ENTRY);
                names.add(new VersionName(name, strings + unsigned(name + 8)));
                nameAt += unsigned(name + 12);
            }
            needs.add(new VersionNeed(strings + unsigned(need + 4), names));
            at += unsigned(need + 12);
        }
        return needs;
    }

    private Optional<Long> dynamic(long wanted) {
        for (long at = dynamicStart; at + DYNAMIC_ENTRY <= dynamicEnd; at += DYNAMIC_ENTRY) {
            long tag = bytes.getLong((int) at);
            if (tag == wanted) {
                return Optional.of(bytes.getLong((int) at + 8));
            }
            if (tag == 0) {
                break;
            }
        }
        return Optional.empty();
    }

    /** Where in the file the byte of a memory address stands. */
    private long position(long address) throws IOException {
        for (long[] segment : segments) {
            if (address >= segment[0] && address < segment[0] + segment[2]) {
                return segment[1] + address - segment[0];
            }
        }
        throw damaged();
    }

    private String text(long at) throws IOException {
        StringBuilder text = new StringBuilder();
        for (long i = at; i >= strings && i < stringsEnd; i++) {
            byte letter = bytes.get((int) i);
            if (letter == 0) {
                return text.toString();
            }
            text.append((char) (letter & 0xff));
        }
        throw damaged();
    }

    private long unsigned(int at) {
        return bytes.getInt(at) & 0xffffffffL;
    }

    private int inside(long at, long length) throws IOException {
        if (at < 0 || length < 0 || at + length < at || at + length > bytes.limit()) {
            throw damaged();
        }
        return (int) at;
    }

    private IOException damaged() {
        return new IOException(label + " is damaged or incomplete");
    }
}
