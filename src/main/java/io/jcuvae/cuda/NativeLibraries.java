package io.jcuvae.cuda;

/** Finds and loads the CUDA libraries and JCuda's own. */
final class NativeLibraries {
    private NativeLibraries() {}

    static void load() {
        throw new UnsatisfiedLinkError("not yet");
    }
}
