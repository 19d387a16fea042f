package io.jcuvae.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The segments of a JPEG file (ITU-T T.81): 0xFF, a marker, a length and that many bytes; after the head of a scan its
 * packed pixels, in which 0xFF is followed by 0 or a restart marker. Only what makes pixels is kept; profiles, previews
 * and comments are not, since they may be anything.
 */
final class JpegSegments {
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final int COM = 0xFE;

    /** A progressive file has about ten; each costs a pass over all pixels, however few bytes it takes. */
    private static final int MOST_SCANS = 100;

    /** A block of 64 pixels takes a bit at least. */
    private static final long PIXELS_PER_BYTE = 512;

    /** What tells a decoder that three components are luma and chroma; many cameras leave it out. */
    private static final byte[] JFIF = {
        (byte) 0xFF, (byte) APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
    };

    private final byte[] file;
    private final byte[] kept;
    private int filled;
    private int width;
    private int height;
    private int components;
    private boolean namedRgb;
    private boolean colourTold;
    private int scans;
    private int orientation = 1;

    JpegSegments(byte[] file) {
        this.file = file;
        this.kept = new byte[file.length + JFIF.length];
    }

    /** Walks over all segments to the end of the picture; what follows it is no part of it. */
    PictureHeader header() throws PictureFault {
        // Room for the tale of the colours, which must come first and of which only the rest tells whether it is
        // missing.
        filled = JFIF.length;
        keep(0, 2);
        int at = 2;
        while (true) {
            int marker = marker(at);
            while (marker == 0xFF) {
                marker = marker(++at);
            }
            if (marker == EOI) {
                keep(at, 2);
                return finish();
            }
            if (marker == 0x01) {
                at += 2;
                continue;
            }
            if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD8)) {
                throw new PictureFault("its parts do not follow each other");
            }
            int end = at + 2 + length(at + 2);
            if (marker == SOS) {
                end = afterScan(end);
            }
            take(marker, at, end);
            at = end;
        }
    }

    private int marker(int at) throws PictureFault {
        if (file.length - at < 2) {
            throw PictureFault.breaksOff();
        }
        if ((file[at] & 0xFF) != 0xFF) {
            throw new PictureFault("its parts do not follow each other");
        }
        return file[at + 1] & 0xFF;
    }

    private int length(int at) throws PictureFault {
        if (file.length - at < 2) {
            throw PictureFault.breaksOff();
        }
        int length = (file[at] & 0xFF) << 8 | file[at + 1] & 0xFF;
        if (length > file.length - at) {
            throw PictureFault.breaksOff();
        }
        if (length < 2) {
            throw new PictureFault("a part of it has no length");
        }
        return length;
    }

    private int afterScan(int from) throws PictureFault {
        if (components == 0) {
            throw new PictureFault("its pixels come before its header");
        }
        if (++scans > MOST_SCANS) {
            throw new PictureFault("it has more than " + MOST_SCANS + " scans");
        }
        for (int at = from; at + 1 < file.length; at++) {
            int next = file[at + 1] & 0xFF;
            if (file[at] == (byte) 0xFF && next != 0 && next != 0xFF && (next < 0xD0 || next > 0xD7)) {
                return at;
            }
        }
        throw PictureFault.breaksOff();
    }

    private void take(int marker, int at, int end) throws PictureFault {
        if (marker == APP1 && startsWith(at + 4, end, "Exif\0\0")) {
            orientation = ExifOrientation.of(file, at + 10, end - at - 10);
        }
        if (marker == COM || (marker >= APP0 && marker <= 0xEF)) {
            boolean told = (marker == APP0 && startsWith(at + 4, end, "JFIF\0"))
                    || (marker == APP14 && startsWith(at + 4, end, "Adobe"));
            colourTold |= told;
            if (!told) {
                return;
            }
        }
        // The start of a frame, of whatever kind; the three others in this range are tables.
        if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
            readFrame(marker, at + 4, end);
        }
        keep(at, end - at);
    }

    private void readFrame(int marker, int at, int end) throws PictureFault {
        if (end - at < 6 || components != 0) {
            throw new PictureFault("its header is faulty or comes twice");
        }
        if (marker > 0xC2) {
            throw new PictureFault("it is packed in a rare way (lossless, arithmetic or hierarchical JPEG)");
        }
        if (file[at] != 8) {
            throw new PictureFault("it has " + file[at] + " bits per value; 8 are accepted");
        }
        height = length16(at + 1);
        width = length16(at + 3);
        components = file[at + 5] & 0xFF;
        if (components != 1 && components != 3) {
            throw new PictureFault("it has " + components + " channels" + (components == 4 ? " (CMYK)" : "")
                    + "; grey and RGB are accepted");
        }
        if (end - at != 6 + 3 * components) {
            throw new PictureFault("its header has the wrong length");
        }
        namedRgb = components == 3 && file[at + 6] == 'R' && file[at + 9] == 'G' && file[at + 12] == 'B';
        PictureHeader.requireExtents(width, height);
    }

    private int length16(int at) {
        return (file[at] & 0xFF) << 8 | file[at + 1] & 0xFF;
    }

    private boolean startsWith(int at, int end, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        return end - at >= wanted.length && Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length);
    }

    private void keep(int at, int length) {
        System.arraycopy(file, at, kept, filled, length);
        filled += length;
    }

    private PictureHeader finish() throws PictureFault {
        if (scans == 0) {
            throw new PictureFault("it has no pixels");
        }
        PictureHeader.requireEnough(PIXELS_PER_BYTE * file.length, (long) width * height, width, height);
        int start = JFIF.length;
        if (components == 3 && !colourTold && !namedRgb) {
            System.arraycopy(JFIF, 0, kept, 2, JFIF.length);
            kept[0] = file[0];
            kept[1] = file[1];
            start = 0;
        }
        byte[] plain = Arrays.copyOfRange(kept, start, filled);
        return new PictureHeader(true, width, height, components == 1, orientation, plain);
    }
}
