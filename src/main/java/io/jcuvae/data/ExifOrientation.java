package io.jcuvae.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a camera was held: tag 0x0112 in the first directory of an EXIF block (JEITA CP-3451), which is a TIFF file. */
final class ExifOrientation {
    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY = 12;

    private ExifOrientation() {}

    /**
     * The orientation.
     *
     * @param at where the TIFF header begins
     * @return 1 to 8; 1, as stored, where the block is faulty or does not say
     */
    static int of(byte[] file, int at, int length) {
        if (length < 8) {
            return 1;
        }
        ByteBuffer block = ByteBuffer.wrap(file, at, length).slice();
        int order = block.getShort(0);
        if (order != 0x4949 && order != 0x4d4d) {
            return 1;
        }
        block.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = block.getInt(4);
        if (block.getShort(2) != 42 || directory < 8 || directory > length - 2) {
            return 1;
        }
        int entries = block.getShort(directory) & 0xFFFF;
        for (int i = 0; i < entries && directory + 2 + (i + 1) * ENTRY <= length; i++) {
            int entry = directory + 2 + i * ENTRY;
            if ((block.getShort(entry) & 0xFFFF) == TAG && block.getShort(entry + 2) == SHORT) {
                int value = block.getShort(entry + 8) & 0xFFFF;
                return value >= 1 && value <= 8 ? value : 1;
            }
        }
        return 1;
    }
}
