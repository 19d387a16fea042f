package io.jcuvae.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Colours that people with any colour vision tell apart. For up to seven things those of Okabe and Ito (2008, Color Universal
 * Design) but for their yellow, which is too bright for lines on white; for up to ten those of Tol's scheme "muted" (2021,
 * SRON/EPS/TN/09-002) with black; for more steps of viridis (van der Walt, Smith 2015), whose lightness grows evenly. Figures
 * with many things tell them apart by shapes and names, too.
 */
final class Palette {
    private static final int[] OKABE_ITO = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9};
    private static final int[] MUTED = {
        0x332288, 0xcc6677, 0x117733, 0x88ccee, 0xaa4499, 0xddcc77, 0x44aa99, 0x882255, 0x999933
    };
    private static final int[] VIRIDIS = {
        0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725
    };

    private Palette() {}

    /** So many colours. */
    static List<Ink> of(int count) {
        List<Ink> inks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            inks.add(
                    count <= OKABE_ITO.length + 1
                            ? known(OKABE_ITO, i)
                            : count <= MUTED.length + 1 ? known(MUTED, i) : Ink.of(viridis(i / (double) (count - 1))));
        }
        return inks;
    }

    /** The black of both schemes is that of text, which is white in a dark page. */
    private static Ink known(int[] scheme, int number) {
        return number < scheme.length ? Ink.of(scheme[number]) : Ink.TEXT;
    }

    /**
     * The scale viridis.
     *
     * @param share from 0, dark, to 1, bright
     */
    static int viridis(double share) {
        double at = Math.max(0, Math.min(1, share)) * (VIRIDIS.length - 1);
        int below = (int) Math.min(VIRIDIS.length - 2, Math.floor(at));
        double part = at - below;
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = VIRIDIS[below] >> shift & 0xff;
            int to = VIRIDIS[below + 1] >> shift & 0xff;
            rgb |= (int) Math.round(from + part * (to - from)) << shift;
        }
        return rgb;
    }
}
