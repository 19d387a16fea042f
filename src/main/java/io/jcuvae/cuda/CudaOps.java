package io.jcuvae.cuda;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Tensor;

/** Stub: the kernels branch has the real one. */
final class CudaOps implements Ops, AutoCloseable {
    CudaOps(CudaContext context, CudaOptions options) {}

    void reserveNoise(long key, long first, long count) {}

    long launches() {
        return 0;
    }

    @Override
    public void matmul(Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void addBias(Tensor y, Tensor bias) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sumRows(Tensor sum, Tensor x) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void activate(Tensor y, Tensor x, Activation f) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void activateBackward(Tensor dx, Tensor dy, Tensor x, Tensor y, Activation f) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void reparameterize(Tensor z, Tensor head, Tensor noise) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gaussianKl(Tensor kl, Tensor head) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sampleGaussianBackward(Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gaussianLogRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void bernoulliRows(Tensor rows, Tensor logits, Tensor x) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void bernoulliBackward(Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void squaredErrorRows(Tensor rows, Tensor mean, Tensor x) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void squaredErrorBackward(Tensor dmean, Tensor mean, Tensor x, Tensor weights) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gaussianRows(Tensor rows, Tensor mean, Tensor x, Tensor logvar) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gaussianBackward(Tensor dmean, Tensor dlogvar, Tensor mean, Tensor x, Tensor logvar, Tensor weights) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void elbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void fill(Tensor x, float value) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void repeatRows(Tensor y, Tensor x) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gather(Tensor x, Tensor data, Tensor order, Tensor scalars, Binarization binarization, long key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void gatherFed(Tensor x, Tensor ring, Tensor order, Tensor scalars, Binarization binarization, long key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void quantize(Tensor bytes, Tensor x) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void normal(Tensor noise, Tensor scalars, long key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void beginStep(Tensor scalars, float beta1, float beta2) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void recordLoss(Tensor scalars, Tensor loss, Tensor reconstruction, Tensor kl) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void endStep(Tensor scalars, int rows, long noiseValues) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
