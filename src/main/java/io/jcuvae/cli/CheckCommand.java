package io.jcuvae.cli;

import io.jcuvae.jobs.GoldenCheck;
import java.util.List;
import org.apache.commons.cli.Option;

/** Computes golden cases and compares. */
final class CheckCommand implements Command {
    private static final int OVER = 1;

    @Override
    public String summary() {
        return "makes sure that this machine computes right, on golden cases";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value(
                        "golden", "DIR", "a folder of cases, each a .json beside an .npz (default the built-in cases)"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "check";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        GoldenCheck.Report report;
        try (Device device = Device.open(arguments)) {
            report = GoldenCheck.run(arguments.path("golden").orElse(null), device.backend(), device.precision());
            device.tell(output);
        }
        output.line(report.toText().stripTrailing());
        output.json(report.toJson());
        return report.passed() ? 0 : OVER;
    }
}
