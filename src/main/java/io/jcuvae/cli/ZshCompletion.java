package io.jcuvae.cli;

import io.jcuvae.cli.Completion.Value;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** The completion for zsh, with the texts of the help: a function for the path of functions, or to be sourced. */
final class ZshCompletion {
    /** Longer descriptions are cut: they stand beside the names in a list on the terminal. */
    private static final int LONGEST = 70;

    private static final String HEAD = """
            #compdef vae
            # Completion of vae for zsh, made by: vae completion zsh
            # Paths, as a function of zsh's offers them, and words.
            _vae_either() {
                local paths=$1
                shift
                compadd -- "$@"
                ${=paths}
            }
            _vae() {
                local curcontext="$curcontext" command=$words[2]
                local -a commands=(
            """;

    private static final String TAIL = """
                esac
            }
            if [[ $funcstack[1] == _vae ]]; then
                _vae "$@"
            else
                compdef _vae vae
            fi
            """;

    private ZshCompletion() {}

    /** The script. */
    static String script() {
        StringBuilder text = new StringBuilder(HEAD);
        for (String name : Commands.names()) {
            line(text, 2, quoted(name + ":" + Commands.named(name).summary()));
        }
        line(text, 2, quoted("help:shows the options of a command"));
        line(text, 1, ")");
        line(text, 1, "if ((CURRENT == 2)); then");
        line(text, 2, "if [[ $words[2] == -* ]]; then");
        line(text, 3, "compadd -- --help --version");
        line(text, 2, "else");
        line(text, 3, "_describe -t commands command commands");
        line(text, 2, "fi");
        line(text, 2, "return");
        line(text, 1, "fi");
        line(text, 1, "shift words");
        line(text, 1, "((CURRENT--))");
        line(text, 1, "case $command in");
        line(text, 2, "help) _arguments " + quoted("1:command:(" + String.join(" ", Commands.names()) + ")") + " ;;");
        for (String name : Commands.names()) {
            Command command = Commands.named(name);
            String specs = Stream.concat(
                            Main.optionsOf(command).stream().map(option -> option(command, option)),
                            Completion.operands(command).map(ZshCompletion::operands).stream())
                    .collect(Collectors.joining(" \\\n                "));
            line(text, 2, name + ")");
            line(text, 3, "_arguments " + specs);
            line(text, 3, ";;");
        }
        return text + TAIL;
    }

    private static void line(StringBuilder text, int depth, String line) {
        text.append("    ".repeat(depth)).append(line).append('\n');
    }

    /** As _arguments wants it: {@code --name=[help]:argument:action}. */
    private static String option(Command command, Option option) {
        Optional<Value> value = Completion.value(command, option);
        String more = value.map(
                        found -> (found.optional() ? "::" : ":") + escaped(option.getArgName()) + ":" + action(found))
                .orElse("");
        String again = option.getArgs() == Option.UNLIMITED_VALUES ? "*" : "";
        String name = again + "--" + option.getLongOpt() + (value.isPresent() ? "=" : "");
        return quoted(name + "[" + escaped(brief(option.getDescription())) + "]" + more);
    }

    private static String operands(Value value) {
        return quoted("*:operand:" + action(value));
    }

    /** What offers the values: a list of words, or functions of zsh's own. */
    private static String action(Value value) {
        String words = "(" + String.join(" ", value.words()) + ")";
        String files =
                switch (value.paths()) {
                    case NONE -> "";
                    case FILES -> "_files";
                    case FOLDERS -> "_files -/";
                };
        if (value.words().isEmpty()) {
            return files.isEmpty() ? " " : files;
        }
        // The space keeps _arguments from handing it options.
        return files.isEmpty() ? words : " _vae_either '" + files + "' " + String.join(" ", value.words());
    }

    private static String brief(String description) {
        return description.length() <= LONGEST
                ? description
                : description.substring(0, description.lastIndexOf(' ', LONGEST)) + " ...";
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("[", "\\[")
                .replace("]", "\\]")
                .replace(":", "\\:");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
