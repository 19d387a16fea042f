package io.jcuvae.jobs;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.Copy;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Tensor;

/** The CPU backend, counting what is asked of it, and strict about noise that was not reserved. */
final class CountingBackend implements Backend {
    private final CpuBackend cpu = new CpuBackend(1);

    /** Elements allocated so far. */
    long allocated;

    /** The part of a noise sequence that was reserved last. */
    String reserved = "";

    @Override
    public String name() {
        return cpu.name();
    }

    @Override
    public String description() {
        return cpu.description();
    }

    @Override
    public Ops ops() {
        return cpu.ops();
    }

    @Override
    public Buffer allocate(ElementType type, long count) {
        allocated += count;
        return cpu.allocate(type, count);
    }

    @Override
    public Recorded record(Runnable step) {
        return cpu.record(step);
    }

    @Override
    public void reserveNoise(long key, long first, long count) {
        reserved = key + " from " + first + ", " + count;
    }

    @Override
    public void upload(Tensor to, float[] from, int offset) {
        cpu.upload(to, from, offset);
    }

    @Override
    public void upload(Tensor to, double[] from) {
        cpu.upload(to, from);
    }

    @Override
    public void upload(Tensor to, int[] from) {
        cpu.upload(to, from);
    }

    @Override
    public void upload(Tensor to, byte[] from, int offset) {
        cpu.upload(to, from, offset);
    }

    @Override
    public void download(float[] to, int offset, Tensor from) {
        cpu.download(to, offset, from);
    }

    @Override
    public void download(double[] to, Tensor from) {
        cpu.download(to, from);
    }

    @Override
    public Copy copyAhead(Tensor to, byte[] from, int offset) {
        return cpu.copyAhead(to, from, offset);
    }

    @Override
    public Copy copyAhead(Tensor to, float[] from, int offset) {
        return cpu.copyAhead(to, from, offset);
    }

    @Override
    public HostCopy hostCopy(Tensor from) {
        return cpu.hostCopy(from);
    }

    @Override
    public long memoryLeft() {
        return cpu.memoryLeft();
    }

    @Override
    public void synchronize() {
        cpu.synchronize();
    }

    @Override
    public void close() {
        cpu.close();
    }
}
