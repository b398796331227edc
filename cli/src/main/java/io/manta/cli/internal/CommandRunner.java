package io.manta.cli.internal;

import io.manta.actors.Suggestions;
import io.manta.cli.CommandException;
import io.manta.cli.CommandProvider;
import io.manta.core.MantaException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// Runs one command line: finds the command, prints its failure in a line or two, gives the exit
/// code: 0, 1 for a failure, 2 for a command line that is wrong.
public final class CommandRunner {
  public static final int FAILURE = 1;
  public static final int USAGE = 2;

  /// Commands of modules that may be absent, and their modules.
  private static final Map<String, String> OPTIONAL =
      Map.of(
          "bench", "manta-benchmarks",
          "chaos", "manta-chaos",
          "demo", "manta-samples",
          "sample", "manta-samples");

  private final RootCommand root = new RootCommand();
  private final CommandLine commands;
  private final PrintWriter err;

  public CommandRunner(List<CommandProvider> providers, PrintWriter out, PrintWriter err) {
    this.err = err;
    commands = new CommandLine(root);
    commands.addSubcommand(new StartCommand());
    commands.addSubcommand(new StatusCommand());
    commands.addSubcommand(new ActorsCommand());
    commands.addSubcommand(new PendingCommand());
    commands.addSubcommand(new NodeCommand());
    commands.addSubcommand(new AutoscaleCommand());
    commands.addSubcommand(new StopCommand());
    commands.addSubcommand(new ClusterCommand());
    commands.addSubcommand(new JavaCommand());
    commands.addSubcommand(new VersionCommand());
    commands.addSubcommand(new WarmUpCommand());
    providers.forEach(provider -> commands.addSubcommand(provider.command()));
    commands.setOut(out);
    commands.setErr(err);
    commands.setUsageHelpWidth(100);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setExecutionExceptionHandler(this::failed);
    commands.setParameterExceptionHandler(this::wrong);
  }

  public int run(String... arguments) {
    if (arguments.length > 0 && arguments[0].equals("help")) {
      return commands.execute(helpFor(arguments));
    }
    return commands.execute(arguments);
  }

  /// `help start` is another way to write `start --help`.
  private static String[] helpFor(String[] arguments) {
    String[] rewritten = Arrays.copyOfRange(arguments, 1, arguments.length + 1);
    rewritten[rewritten.length - 1] = "--help";
    return rewritten;
  }

  private int failed(Exception failure, CommandLine command, ParseResult parsed) {
    if (root.showsStacktrace()) {
      failure.printStackTrace(err);
    } else {
      err.println("manta: " + describe(failure));
      boolean unforeseen =
          !(failure instanceof MantaException) && !(failure instanceof CommandException);
      if (unforeseen) {
        err.println("Add --stacktrace to see where it comes from.");
      }
    }
    err.flush();
    return FAILURE;
  }

  private static String describe(Exception failure) {
    if (failure instanceof MantaException || failure instanceof CommandException) {
      return Objects.requireNonNullElse(failure.getMessage(), failure.toString());
    }
    return failure.toString();
  }

  private int wrong(ParameterException problem, String[] arguments) {
    CommandLine command = problem.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    err.println("manta: " + describe(problem, command));
    err.println("'" + name + " --help' shows what it takes.");
    err.flush();
    return USAGE;
  }

  private String describe(ParameterException problem, CommandLine command) {
    if (problem instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().getFirst();
      if (unmatched.isUnknownOption()) {
        var options = new TreeSet<String>();
        command.getCommandSpec().options().stream()
            .filter(option -> !option.hidden())
            .forEach(option -> options.addAll(List.of(option.names())));
        return "unknown option '" + word + "'" + Suggestions.of(word, options);
      }
      if (!command.getSubcommands().isEmpty()) {
        if (command.equals(commands) && OPTIONAL.containsKey(word)) {
          return "'%s' is not part of this build: %s is not on the class path"
              .formatted(word, OPTIONAL.get(word));
        }
        String what = command.equals(commands) ? "command" : command.getCommandName();
        var known = new TreeMap<>(command.getSubcommands());
        known.values().removeIf(each -> each.getCommandSpec().usageMessage().hidden());
        return "unknown " + what + " '" + word + "'" + Suggestions.of(word, known.keySet());
      }
      return "unexpected '" + word + "'";
    }
    return Objects.requireNonNullElse(problem.getMessage(), problem.toString());
  }
}
