package io.manta.cli.internal;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// `manta` without a command: shows the help.
@Command(
    name = "manta",
    description = "Runs Java functions and objects across a cluster.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = VersionCommand.class)
final class RootCommand implements Callable<Integer> {
  private static final String STACKTRACE = "--stacktrace";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the versions of Manta and Java.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean version;

  @Option(
      names = STACKTRACE,
      scope = ScopeType.INHERIT,
      description = "Print an error's stack trace.")
  private boolean stacktrace;

  @Spec private CommandSpec spec = CommandSpec.create();

  boolean showsStacktrace() {
    return stacktrace;
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return CommandLine.ExitCode.OK;
  }
}
