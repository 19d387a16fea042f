package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestMatchTest {
    @ParameterizedTest
    @CsvSource({
        "epoch, epochs",
        "ehpocs, epochs",
        "BETA, beta",
        "betas, beta",
        "o, ''",
        "ou, out",
        "output, out",
        "num-epochs, epochs",
        "learning_rate, lr",
        "l, ''",
        "zzz, ''",
        "'', ''"
    })
    void findsWhatWasMeant(String typed, String meant) {
        List<String> words = List.of("epochs", "beta", "out", "lr", "hidden");
        assertEquals(meant, NearestMatch.of(typed, words).orElse(""));
    }
}
