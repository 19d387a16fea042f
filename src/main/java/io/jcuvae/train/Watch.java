package io.jcuvae.train;

import java.util.Map;

/**
 * What the host keeps in mind of the epochs so far: the best one, since when there was no improvement, and what plateaus have
 * left of the learning rate. Part of a checkpoint.
 *
 * @param best the best value of the metric; infinite before there is one
 * @param bestEpoch when it was reached, 0 before
 * @param toBeat what the next epoch must fall below, by the least difference, to count as improved
 * @param waited epochs since it last did
 * @param rateToBeat the same for the learning rate, which after each reduction waits anew
 * @param rateWaited the same
 * @param rateFactor what is left of the learning rate
 */
record Watch(
        double best, int bestEpoch, double toBeat, int waited, double rateToBeat, int rateWaited, double rateFactor) {

    /** Before the first epoch. */
    static final Watch START =
            new Watch(Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY, 0, 1);

    /**
     * After an epoch.
     *
     * @param value of the metric
     */
    Watch after(int epoch, double value, TrainConfig config) {
        boolean better = value < best;
        boolean improved = value < toBeat - config.minDelta();
        boolean rateImproved = value < rateToBeat - config.minDelta();
        int nowRateWaited = rateImproved ? 0 : rateWaited + 1;
        boolean lower = config.rateSchedule() == Schedule.Rate.PLATEAU && nowRateWaited > config.ratePatience();
        return new Watch(
                better ? value : best,
                better ? epoch : bestEpoch,
                improved ? value : toBeat,
                improved ? 0 : waited + 1,
                rateImproved ? value : rateToBeat,
                lower ? 0 : nowRateWaited,
                lower ? rateFactor * config.rateFactor() : rateFactor);
    }

    /** Whether the run has waited long enough. */
    boolean stops(TrainConfig config) {
        return config.patience() > 0 && waited >= config.patience();
    }

    /** Puts it into a file's description. */
    void write(Map<String, String> metadata) {
        metadata.put("best_loss", Double.toString(best));
        metadata.put("best_epoch", Integer.toString(bestEpoch));
        metadata.put("to_beat", Double.toString(toBeat));
        metadata.put("waited", Integer.toString(waited));
        metadata.put("rate_to_beat", Double.toString(rateToBeat));
        metadata.put("rate_waited", Integer.toString(rateWaited));
        metadata.put("rate_factor", Double.toString(rateFactor));
    }

    /** Reads it back; what older files do not have is as at the start. */
    static Watch read(Map<String, String> metadata) {
        return new Watch(
                Double.parseDouble(metadata.get("best_loss")),
                Integer.parseInt(metadata.get("best_epoch")),
                Double.parseDouble(metadata.getOrDefault("to_beat", "Infinity")),
                Integer.parseInt(metadata.getOrDefault("waited", "0")),
                Double.parseDouble(metadata.getOrDefault("rate_to_beat", "Infinity")),
                Integer.parseInt(metadata.getOrDefault("rate_waited", "0")),
                Double.parseDouble(metadata.getOrDefault("rate_factor", "1")));
    }
}
