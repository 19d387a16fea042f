package io.jcuvae.cli;

import io.jcuvae.cli.Completion.Paths;
import io.jcuvae.cli.Completion.Value;
import java.util.Locale;
import java.util.stream.Collectors;

/** The completion for bash, from 3.2 on and without the package bash-completion: a script that starts no process. */
final class BashCompletion {
    /**
     * Before the commands. Bash parts words at {@code =}, so that {@code --device=cpu} comes as three. A value that is free
     * (a number, a name) offers nothing, where the shell itself would offer files.
     */
    private static final String HEAD = """
            # Completion of vae for bash, made by: vae completion bash
            _vae() {
                local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
                local command=${COMP_WORDS[1]} options='' operands='' words='' paths=none value=no
                COMPREPLY=()
                if [[ $current == = ]]; then
                    current=''
                elif [[ $option == = ]] && ((COMP_CWORD > 2)); then
                    option=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                if ((COMP_CWORD == 1)); then
                    command=''
                fi
                case $command in
            """;

    private static final String TAIL = """
                esac
                if [[ $value == no ]]; then
                    if [[ -z $operands || $current == -* ]]; then
                        words=$options paths=none
                    else
                        paths=$operands
                    fi
                elif [[ $value == maybe ]]; then
                    words+=" $options"
                fi
                local found
                while IFS= read -r found; do
                    COMPREPLY+=("$found")
                done < <(
                    compgen -W "$words" -- "$current"
                    case $paths in
                        files) compgen -f -- "$current" ;;
                        folders) compgen -d -- "$current" ;;
                    esac
                )
                if type compopt >/dev/null 2>&1; then
                    if [[ $paths == none ]]; then
                        compopt +o default 2>/dev/null
                    else
                        compopt -o filenames 2>/dev/null
                    fi
                fi
            }
            complete -o default -F _vae vae
            """;

    private BashCompletion() {}

    /** The script. */
    static String script() {
        StringBuilder text = new StringBuilder(HEAD);
        String commands = String.join(" ", Commands.names());
        branch(text, "''", commands + " " + String.join(" ", Completion.BESIDE_COMMANDS), "");
        branch(text, "help", commands, "");
        for (String name : Commands.names()) {
            Command command = Commands.named(name);
            String options = Main.optionsOf(command).stream()
                    .map(option -> "--" + option.getLongOpt())
                    .collect(Collectors.joining(" "));
            branch(text, name, options, values(command));
        }
        return text + TAIL;
    }

    private static void branch(StringBuilder text, String name, String options, String more) {
        text.append("        ").append(name).append(")\n");
        text.append("            options='").append(options).append("'\n");
        text.append(more).append("            ;;\n");
    }

    /** What operands and the options' values may be. */
    private static String values(Command command) {
        StringBuilder text = new StringBuilder();
        Completion.operands(command)
                .ifPresent(value -> text.append("            operands=")
                        .append(name(value.paths()))
                        .append(words(value))
                        .append('\n'));
        text.append("            case $option in\n");
        Completion.byValue(command)
                .forEach((value, options) -> text.append("                ")
                        .append(String.join(" | ", options))
                        .append(") value=")
                        .append(value.optional() ? "maybe" : "yes")
                        .append(words(value))
                        .append(" paths=")
                        .append(name(value.paths()))
                        .append(" ;;\n"));
        return text.append("            esac\n").toString();
    }

    private static String words(Value value) {
        return " words='" + String.join(" ", value.words()) + "'";
    }

    private static String name(Paths paths) {
        return paths.name().toLowerCase(Locale.ROOT);
    }
}
