package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.tensor.Ops;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A verb that the contract's suite does not name is a verb nobody has compared. */
class OpsCoverageTest {
    private static Set<String> verbs() {
        return Arrays.stream(Ops.class.getMethods())
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyVerbHasATest() {
        Set<String> covered = Arrays.stream(OpsContract.class.getMethods())
                .filter(method -> method.isAnnotationPresent(Covers.class))
                .flatMap(method ->
                        Arrays.stream(method.getAnnotation(Covers.class).value()))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(verbs(), covered);
    }

    /** These are what composition, determinism and threads are tested with. */
    @Test
    void everyVerbHasALargeScenario() {
        assertEquals(verbs(), new TreeSet<>(Scenarios.large().keySet()));
    }
}
