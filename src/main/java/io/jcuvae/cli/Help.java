package io.jcuvae.cli;

import java.util.List;
import org.apache.commons.cli.Option;

/** The help texts. */
final class Help {
    private static final int WIDTH = 80;
    private static final int COMMANDS_COLUMN = 15;
    private static final int OPTIONS_COLUMN = 22;

    private Help() {}

    /** What the program is and its commands. */
    static String overview() {
        StringBuilder text = new StringBuilder();
        text.append("usage: ").append(Main.PROGRAM).append(" COMMAND [options]\n\n");
        text.append("Trains variational autoencoders and uses them.\n\ncommands:\n");
        for (String name : Commands.names()) {
            row(text, name, Commands.named(name).summary(), COMMANDS_COLUMN);
        }
        row(text, "help COMMAND", "shows the options of a command, like COMMAND --help", COMMANDS_COLUMN);
        text.append("\nfirst steps:\n");
        text.append("  ").append(Main.PROGRAM).append(" train\n");
        text.append("  ").append(Main.PROGRAM).append(" generate --model RUN_FOLDER --out samples.png\n");
        text.append("\n--version prints the version; --debug adds the stack trace to an error.\n");
        text.append("Exit codes: 0 done, 1 failed, 2 wrong use, 130 or 143 stopped by Ctrl-C or SIGTERM.\n");
        return text.toString();
    }

    /** The options of a command with their defaults, and an example. */
    static String of(String name, Command command) {
        StringBuilder text = new StringBuilder();
        text.append("usage: ").append(Main.PROGRAM).append(' ').append(name);
        text.append(command.operands().isEmpty() ? "" : " " + command.operands())
                .append(" [options]\n\n");
        text.append(capitalized(command.summary())).append(".\n\noptions:\n");
        for (Option option : Main.optionsOf(command)) {
            String argument = option.hasArg() ? " " + option.getArgName() : "";
            row(text, "--" + option.getLongOpt() + argument, option.getDescription(), OPTIONS_COLUMN);
        }
        text.append("\nexample:\n  ")
                .append(Main.PROGRAM)
                .append(' ')
                .append(command.example())
                .append('\n');
        return text.toString();
    }

    private static String capitalized(String line) {
        return Character.toUpperCase(line.charAt(0)) + line.substring(1);
    }

    private static void row(StringBuilder text, String name, String description, int column) {
        StringBuilder line = new StringBuilder("  ").append(name);
        if (line.length() + 1 > column) {
            text.append(line).append('\n');
            line.setLength(0);
        }
        for (String word : List.of(description.split(" "))) {
            if (line.length() > column && line.length() + 1 + word.length() > WIDTH) {
                text.append(line).append('\n');
                line.setLength(0);
            }
            line.append(" ".repeat(Math.max(1, column - line.length()))).append(word);
        }
        text.append(line).append('\n');
    }
}
