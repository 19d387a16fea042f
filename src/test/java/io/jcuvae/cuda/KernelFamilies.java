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
        return new TreeMap<>(Map.ofEntries(
                Map.entry(ActivationKernels.FAMILY, ActivationKernels.SIGNATURES),
                Map.entry(ConditionKernels.FAMILY, ConditionKernels.SIGNATURES),
                Map.entry(DensityKernels.FAMILY, DensityKernels.SIGNATURES),
                Map.entry(GaussianKernels.FAMILY, GaussianKernels.SIGNATURES),
                Map.entry(HierarchyKernels.FAMILY, HierarchyKernels.SIGNATURES),
                Map.entry(LikelihoodKernels.FAMILY, LikelihoodKernels.SIGNATURES),
                Map.entry(MmdKernels.FAMILY, MmdKernels.SIGNATURES),
                Map.entry(MeasureKernels.FAMILY, MeasureKernels.SIGNATURES),
                Map.entry(NormKernels.FAMILY, NormKernels.SIGNATURES),
                Map.entry(ObjectiveKernels.FAMILY, ObjectiveKernels.SIGNATURES),
                Map.entry(OptimizerKernels.FAMILY, OptimizerKernels.SIGNATURES),
                Map.entry(PriorKernels.FAMILY, PriorKernels.SIGNATURES),
                Map.entry(SpatialKernels.FAMILY, SpatialKernels.SIGNATURES),
                Map.entry(StepKernels.FAMILY, StepKernels.SIGNATURES),
                Map.entry(TableKernels.FAMILY, TableKernels.SIGNATURES),
                Map.entry(VqKernels.FAMILY, VqKernels.SIGNATURES)));
    }

    /** A family's PTX as the driver gets it, without the zero at its end. */
    static String ptx(String family) {
        byte[] text = PtxModule.text(family);
        return new String(text, 0, text.length - 1, StandardCharsets.US_ASCII);
    }
}
