package io.jcuvae.data;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Picture files made for the tests, byte by byte where a library would not make them. */
public final class TestPictures {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private TestPictures() {}

    /** Seeded colours of every kind. */
    static BufferedImage noise(int height, int width, long seed) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(seed);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, random.nextInt(1 << 24));
            }
        }
        return image;
    }

    /** One colour everywhere. */
    static BufferedImage flat(int height, int width, int rgb) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < height * width; i++) {
            image.setRGB(i % width, i / width, rgb);
        }
        return image;
    }

    /** A PNG of seeded colours. */
    public static byte[] png(int height, int width, long seed) {
        return encode(noise(height, width, seed), "png");
    }

    /** A PNG of one colour. */
    public static byte[] png(int height, int width, int rgb) {
        return encode(flat(height, width, rgb), "png");
    }

    static byte[] jpeg(int height, int width, int rgb) {
        return encode(flat(height, width, rgb), "jpeg");
    }

    static byte[] encode(BufferedImage image, String format) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, format, stream)) {
                throw new IllegalStateException("no writer of " + format);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** A JPEG of as many channels as the raster has, without a word on what they mean. */
    static byte[] encode(Raster raster) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(raster, null, null), null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return out.toByteArray();
    }

    /** A PNG chunk with its checksum. */
    static byte[] chunk(String type, byte... body) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + body.length).putInt(body.length);
        chunk.put(type.getBytes(StandardCharsets.US_ASCII)).put(body);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + body.length);
        return chunk.putInt((int) crc.getValue()).array();
    }

    static byte[] header(int width, int height, int bits, int colour) {
        ByteBuffer body = ByteBuffer.allocate(13).putInt(width).putInt(height);
        return chunk("IHDR", body.put((byte) bits).put((byte) colour).array());
    }

    static byte[] deflate(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream packed = new DeflaterOutputStream(out)) {
            packed.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** A PNG of chunks between signature and end. */
    static byte[] pngOf(byte[]... chunks) {
        return Samples.join(SIGNATURE, Samples.join(chunks), chunk("IEND"));
    }

    /** A PNG of lines that are packed pixels without their filter bytes. */
    static byte[] pngOf(int width, int height, int bits, int colour, int[] lines, byte[]... before) {
        byte[] raw = new byte[lines.length + height];
        int line = lines.length / height;
        for (int i = 0; i < lines.length; i++) {
            raw[i + i / line + 1] = (byte) lines[i];
        }
        return pngOf(header(width, height, bits, colour), Samples.join(before), chunk("IDAT", deflate(raw)));
    }

    /** An EXIF block that says how a picture is turned. */
    static byte[] exif(int orientation, boolean bigEndian) {
        byte[] block = new byte[26];
        ByteBuffer view = ByteBuffer.wrap(block).order(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        Arrays.fill(block, 0, 2, (byte) (bigEndian ? 'M' : 'I'));
        view.putShort(2, (short) 42).putInt(4, 8).putShort(8, (short) 1);
        view.putShort(10, (short) 0x0112).putShort(12, (short) 3).putInt(14, 1).putShort(18, (short) orientation);
        return block;
    }

    /** A JPEG with a segment after its first two bytes. */
    static byte[] withSegment(byte[] jpeg, int marker, byte[] body) {
        byte[] segment = new byte[4];
        ByteBuffer.wrap(segment).put((byte) 0xFF).put((byte) marker).putShort((short) (body.length + 2));
        return Samples.join(Arrays.copyOf(jpeg, 2), segment, body, Arrays.copyOfRange(jpeg, 2, jpeg.length));
    }

    /** Writes a file, with the folders above it. */
    public static Path put(Path folder, String name, byte[] content) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
