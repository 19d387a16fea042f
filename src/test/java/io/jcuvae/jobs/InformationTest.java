package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The parts of the KL term against closed forms and numerical integration. */
class InformationTest {
    /** Posteriors of which there are only some kinds, each as often as the others. */
    private static Posteriors repeated(float[][] means, float[][] logvars, int times) {
        float[][] allMeans = new float[times * means.length][];
        float[][] allLogvars = new float[times * means.length][];
        for (int i = 0; i < allMeans.length; i++) {
            allMeans[i] = means[i % means.length];
            allLogvars[i] = logvars[i % means.length];
        }
        return new Posteriors(allMeans, allLogvars);
    }

    private static Information of(Posteriors posteriors) {
        return Information.of(posteriors, posteriors.count(), 3, Progress.SILENT);
    }

    @Test
    void posteriorsThatAreThePriorSayNothing() {
        Information found = of(repeated(new float[1][4], new float[1][4], 50));
        assertEquals(0, found.mutual(), 1e-12);
        assertEquals(0, found.total(), 1e-12);
        assertEquals(0, found.dimensions(), 1e-12);
    }

    @Test
    void posteriorsFarApartSayWhichSampleItIs() {
        float[][] means = new float[64][1];
        float[][] logvars = new float[64][1];
        for (int i = 0; i < 64; i++) {
            means[i][0] = i;
            logvars[i][0] = -12;
        }
        Information found = of(new Posteriors(means, logvars));
        assertEquals(Math.log(64), found.mutual(), 1e-9);
        assertEquals(0, found.total(), 1e-9);
    }

    private static double density(float mean, float logvar, double z) {
        return Math.exp(-0.5 * ((z - mean) * (z - mean) * Math.exp(-logvar) + logvar)) / Math.sqrt(2 * Math.PI);
    }

    /** Three kinds of posteriors in two latents, that depend on each other: by a sum over a fine grid. */
    @Test
    void thePartsAreThoseOfNumericalIntegration() {
        float[][] means = {{-1, -0.5f}, {0.2f, 0.3f}, {1.5f, 1}};
        float[][] logvars = {{-1, -0.5f}, {-0.3f, -2}, {-1.5f, 0.2f}};
        double step = 0.02;
        int points = 900;
        double mutual = 0;
        double total = 0;
        double[] alone = new double[2];
        double[][] marginals = new double[2][points];
        for (int d = 0; d < 2; d++) {
            for (int p = 0; p < points; p++) {
                double z = (p - points / 2) * step;
                for (int k = 0; k < 3; k++) {
                    marginals[d][p] += density(means[k][d], logvars[k][d], z) / 3;
                }
                alone[d] += step * marginals[d][p] * Math.log(marginals[d][p] / density(0, 0, z));
            }
        }
        for (int p = 0; p < points; p++) {
            for (int q = 0; q < points; q++) {
                double[] joint = new double[3];
                double aggregate = 0;
                for (int k = 0; k < 3; k++) {
                    joint[k] = density(means[k][0], logvars[k][0], (p - points / 2) * step)
                            * density(means[k][1], logvars[k][1], (q - points / 2) * step);
                    aggregate += joint[k] / 3;
                }
                for (int k = 0; k < 3; k++) {
                    mutual += joint[k] == 0 ? 0 : step * step * joint[k] / 3 * Math.log(joint[k] / aggregate);
                }
                total += aggregate == 0
                        ? 0
                        : step * step * aggregate * Math.log(aggregate / (marginals[0][p] * marginals[1][q]));
            }
        }
        Information found = of(repeated(means, logvars, 1500));
        assertEquals(mutual, found.mutual(), 4 * found.mutualError());
        assertEquals(total, found.total(), 0.03);
        assertEquals(alone[0] + alone[1], found.dimensions(), 0.05);
        assertEquals(found.kl(), found.mutual() + found.total() + found.dimensions(), 1e-9);
        assertTrue(mutual > 0.5 && total > 0.1, mutual + ", " + total);
    }

    /** The mean of the draws is the closed form up to its error; fewer draws are spread over the set. */
    @Test
    void fewerDrawsThanSamplesAreSpreadEvenly() {
        float[][] means = {{0, 2}, {1, -1}};
        float[][] logvars = {{-1, 0}, {0.5f, -2}};
        double kl = 0;
        for (int k = 0; k < 2; k++) {
            for (int d = 0; d < 2; d++) {
                kl += 0.25 * (means[k][d] * means[k][d] + Math.exp(logvars[k][d]) - 1 - logvars[k][d]);
            }
        }
        Posteriors posteriors = repeated(means, logvars, 1000);
        assertEquals(kl, of(posteriors).kl(), 0.15);
        Information some = Information.of(posteriors, 999, 3, Progress.SILENT);
        assertEquals(kl, some.kl(), 0.25);
        assertEquals(999, some.draws());
        assertEquals(of(posteriors).mutual(), some.mutual(), 4 * some.mutualError());
    }
}
