package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Loads the software CUDA device for {@link OnSoftwareCuda}, and looks after every test whether anything is wrong. */
final class SoftwareCudaExtension
        implements ExecutionCondition, BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    /** Skipped, with the reason in the report, where the device cannot be built and nobody insists. */
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return SoftwareCuda.obstacle()
                .filter(why -> !SoftwareCuda.required())
                .map(ConditionEvaluationResult::disabled)
                .orElse(ConditionEvaluationResult.enabled("there is a compiler"));
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        SoftwareCuda.load();
        begin(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        begin(context);
    }

    private static void begin(ExtensionContext context) {
        SoftwareCuda.reset();
        // Nested classes have what the one around them says.
        for (Class<?> type = context.getRequiredTestClass(); type != null; type = type.getEnclosingClass()) {
            OnSoftwareCuda annotation = type.getAnnotation(OnSoftwareCuda.class);
            if (annotation != null) {
                SoftwareCuda.fault(annotation.value());
                return;
            }
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        assertEquals(List.of(), SoftwareCuda.complaints(), "the software device complained");
    }

    @Override
    public void afterAll(ExtensionContext context) {
        assertEquals(List.of(), SoftwareCuda.complaints(), "the software device complained");
        assertEquals(0, SoftwareCuda.liveAllocations(), "allocations that were not freed");
    }
}
