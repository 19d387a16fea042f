package io.jcuvae.cuda;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the tests of the compiled kernels look at. */
final class KernelFamilies {
    static final Path SOURCES = Path.of("kernels");
    static final Path COMPILED = Path.of("src", "main", "resources", "ptx");

    private KernelFamilies() {}

    /** Every family with the signatures that its launcher declares. */
    static Map<String, List<KernelSignature>> all() {
        return new TreeMap<>(Map.of(
                ActivationKernels.FAMILY, ActivationKernels.SIGNATURES,
                ConditionKernels.FAMILY, ConditionKernels.SIGNATURES,
                DensityKernels.FAMILY, DensityKernels.SIGNATURES,
                GaussianKernels.FAMILY, GaussianKernels.SIGNATURES,
                LikelihoodKernels.FAMILY, LikelihoodKernels.SIGNATURES,
                NormKernels.FAMILY, NormKernels.SIGNATURES,
                ObjectiveKernels.FAMILY, ObjectiveKernels.SIGNATURES,
                OptimizerKernels.FAMILY, OptimizerKernels.SIGNATURES,
                SpatialKernels.FAMILY, SpatialKernels.SIGNATURES,
                StepKernels.FAMILY, StepKernels.SIGNATURES));
    }

    /** A family's PTX as the driver gets it, without the zero at its end. */
    static String ptx(String family) {
        byte[] text = PtxModule.text(family);
        return new String(text, 0, text.length - 1, StandardCharsets.US_ASCII);
    }
}
