package io.jcuvae.cuda;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What CUDA is on this machine, and whether it computes.
 *
 * @param steps what was tested, in order, up to the first that failed
 * @param libraries those in use
 * @param devices those the driver shows
 * @param notes what was not as expected and was worked around, one line each
 */
public record CudaReport(List<Step> steps, List<Library> libraries, List<Device> devices, List<String> notes) {
    /**
     * One thing tested.
     *
     * @param name what
     * @param failure why it does not work and what to do, one line; empty when it works
     */
    public record Step(String name, Optional<String> failure) {}

    /**
     * A library in use.
     *
     * @param name as people call it
     * @param version as it says itself; empty where the test ended before
     * @param path the file
     * @param place who named its folder, as in {@code CUDA_HOME}
     */
    public record Library(String name, Optional<String> version, Path path, String place) {}

    /**
     * A device.
     *
     * @param ordinal its number, from 0
     * @param name the product's name
     * @param capability the compute capability, as in {@code 9.0}
     * @param free bytes free; negative where the device could not be opened
     * @param total bytes in all
     */
    public record Device(int ordinal, String name, String capability, long free, long total) {}

    /** Why CUDA cannot be used, and what to do: one line; empty when it can. */
    public Optional<String> reason() {
        return steps.stream().flatMap(step -> step.failure().stream()).findFirst();
    }
}
