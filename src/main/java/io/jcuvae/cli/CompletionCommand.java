package io.jcuvae.cli;

import io.jcuvae.tensor.UserError;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;

/** Prints a shell's completion of commands, options and their values. */
final class CompletionCommand implements Command {
    private static final String BASH = "bash";
    private static final String ZSH = "zsh";

    @Override
    public String summary() {
        return "prints the completion for a SHELL: bash, zsh";
    }

    @Override
    public String operands() {
        return "SHELL";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Map<String, List<String>> words() {
        return Map.of("", List.of(BASH, ZSH));
    }

    @Override
    public String example() {
        return "completion bash > ~/.local/share/bash-completion/completions/vae";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        List<String> shells = arguments.operands();
        if (shells.size() != 1 || !words().get("").contains(shells.get(0))) {
            String found = shells.isEmpty() ? "none" : "'" + String.join(" ", shells) + "'";
            throw new UserError("completion: SHELL must be bash or zsh, got " + found + ", as in " + Main.PROGRAM
                    + " completion bash");
        }
        String script = shells.get(0).equals(BASH) ? BashCompletion.script() : ZshCompletion.script();
        output.line(script.stripTrailing());
        return 0;
    }
}
