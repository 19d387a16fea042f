package io.jcuvae.cpu;

/** The Gaussian posterior, one row of [mu(Z) | logvar(Z)] at a time. */
final class GaussianLoops {
    private GaussianLoops() {}

    /** z = mu + exp(logvar / 2) noise; returns the row's KL. */
    static float sample(float[] z, int zo, float[] head, int ho, float[] noise, int no, int latents) {
        double kl = 0;
        for (int i = 0; i < latents; i++) {
            float mu = head[ho + i];
            float logvar = head[ho + latents + i];
            double deviation = Math.exp(0.5 * logvar);
            z[zo + i] = (float) (mu + deviation * noise[no + i]);
            kl += 1 + logvar - (double) mu * mu - deviation * deviation;
        }
        return (float) (-0.5 * kl);
    }

    static void reparameterize(float[] z, int zo, float[] head, int ho, float[] noise, int no, int latents) {
        for (int i = 0; i < latents; i++) {
            z[zo + i] = (float) (head[ho + i] + Math.exp(0.5 * head[ho + latents + i]) * noise[no + i]);
        }
    }

    /** exp(logvar / 2), which the draws of a sample share. */
    static void deviations(double[] deviations, float[] head, int ho, int latents) {
        for (int i = 0; i < latents; i++) {
            deviations[i] = Math.exp(0.5 * head[ho + latents + i]);
        }
    }

    /** {@link #reparameterize} with the deviations known. */
    static void move(float[] z, int zo, float[] head, int ho, double[] deviations, float[] noise, int no, int latents) {
        for (int i = 0; i < latents; i++) {
            z[zo + i] = (float) (head[ho + i] + deviations[i] * noise[no + i]);
        }
    }

    static float kl(float[] head, int ho, int latents) {
        double kl = 0;
        for (int i = 0; i < latents; i++) {
            double mu = head[ho + i];
            double logvar = head[ho + latents + i];
            kl += 1 + logvar - mu * mu - Math.exp(logvar);
        }
        return (float) (-0.5 * kl);
    }

    static void backward(
            float[] dhead,
            int dho,
            float[] dz,
            int dzo,
            float[] head,
            int ho,
            float[] noise,
            int no,
            int latents,
            float weight) {
        for (int i = 0; i < latents; i++) {
            float dzi = dz[dzo + i];
            double deviation = Math.exp(0.5 * head[ho + latents + i]);
            dhead[dho + i] = dzi + weight * head[ho + i];
            dhead[dho + latents + i] =
                    (float) (0.5 * (dzi * noise[no + i] * deviation + weight * (deviation * deviation - 1)));
        }
    }

    static float logRatio(float[] z, int zo, float[] head, int ho, float[] noise, int no, int latents) {
        double sum = 0;
        for (int i = 0; i < latents; i++) {
            double e = noise[no + i];
            double value = z[zo + i];
            sum += head[ho + latents + i] + e * e - value * value;
        }
        return (float) (0.5 * sum);
    }
}
