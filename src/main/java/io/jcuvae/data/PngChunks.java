package io.jcuvae.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The chunks of a PNG file (ISO/IEC 15948): a length, four letters, that many bytes, and their checksum. Only those that
 * make pixels are kept: others may hold text or profiles that unpack to any size.
 */
final class PngChunks {
    /** The most that a byte of deflated data can become (zlib's technical notes). */
    private static final long DEFLATE_RATIO = 1032;

    private static final int OVERHEAD = 12;
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504c5445;
    private static final int TRNS = 0x74524e53;
    private static final int EXIF = 0x65584966;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454e44;

    private final byte[] file;
    private final ByteBuffer view;
    private final byte[] kept;
    private int filled;
    private int width;
    private int height;
    private int bits;
    private int colour;
    private int orientation = 1;
    private int paletteBytes;
    private boolean pixels;

    PngChunks(byte[] file) {
        this.file = file;
        this.view = ByteBuffer.wrap(file);
        this.kept = new byte[file.length];
    }

    /** Walks over all chunks. */
    PictureHeader header() throws PictureFault {
        keep(0, PictureHeader.SIGNATURE);
        int at = PictureHeader.SIGNATURE;
        int type = 0;
        while (type != IEND) {
            if (file.length - at < OVERHEAD) {
                throw PictureFault.breaksOff();
            }
            int length = view.getInt(at);
            boolean first = type == 0;
            type = view.getInt(at + 4);
            if (length < 0 || length > file.length - at - OVERHEAD) {
                throw PictureFault.breaksOff();
            }
            if (first != (type == IHDR)) {
                throw new PictureFault("its header is missing or comes twice");
            }
            take(type, at, length);
            at += OVERHEAD + length;
        }
        if (!pixels || (colour == 3 && paletteBytes == 0)) {
            throw new PictureFault("it has no " + (pixels ? "palette" : "pixels"));
        }
        int channels = colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
        long unpacked = height * (1 + ((long) width * channels * bits + 7) / 8);
        PictureHeader.requireEnough(DEFLATE_RATIO * filled, unpacked, width, height);
        byte[] plain = Arrays.copyOf(kept, filled);
        return new PictureHeader(false, width, height, colour == 0 || colour == 4, orientation, plain);
    }

    private void take(int type, int at, int length) throws PictureFault {
        // Upper case, so a decoder that does not know it cannot go on.
        boolean critical = (type >> 29 & 1) == 0;
        if (!critical && type != TRNS && type != EXIF) {
            return;
        }
        CRC32 crc = new CRC32();
        crc.update(file, at + 4, length + 4);
        if ((int) crc.getValue() != view.getInt(at + 8 + length)) {
            throw new PictureFault("its checksum is wrong");
        }
        switch (type) {
            case IHDR -> readHeader(at + 8, length);
            case PLTE -> readPalette(length);
            case TRNS -> {
                if (!transparencyFits(length)) {
                    throw new PictureFault("its transparency does not fit its colours");
                }
            }
            case EXIF -> orientation = ExifOrientation.of(file, at + 8, length);
            case IDAT -> pixels = true;
            case IEND -> {}
            default -> throw new PictureFault("it has a part that is unknown");
        }
        if (type != EXIF) {
            keep(at, OVERHEAD + length);
        }
    }

    private void readHeader(int at, int length) throws PictureFault {
        if (length != 13) {
            throw new PictureFault("its header has the wrong length");
        }
        width = view.getInt(at);
        height = view.getInt(at + 4);
        bits = file[at + 8];
        colour = file[at + 9];
        boolean known =
                switch (colour) {
                    case 0 -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
                    case 3 -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
                    case 2, 4, 6 -> bits == 8 || bits == 16;
                    default -> false;
                };
        if (!known || file[at + 10] != 0 || file[at + 11] != 0 || file[at + 12] < 0 || file[at + 12] > 1) {
            throw new PictureFault("its header describes no kind of PNG");
        }
        PictureHeader.requireExtents(width, height);
    }

    private void readPalette(int length) throws PictureFault {
        boolean fits = length % 3 == 0 && length > 0 && length <= 3 << 8;
        if (!fits || paletteBytes > 0 || pixels || (colour == 3 && length > 3 << bits)) {
            throw new PictureFault("its palette is faulty");
        }
        paletteBytes = length;
    }

    private boolean transparencyFits(int length) {
        return switch (colour) {
            case 0 -> length == 2;
            case 2 -> length == 6;
            case 3 -> length * 3 <= paletteBytes;
            default -> false;
        };
    }

    private void keep(int at, int length) {
        System.arraycopy(file, at, kept, filled, length);
        filled += length;
    }
}
