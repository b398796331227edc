package io.manta.samples.classifier;

import java.nio.file.NoSuchFileException;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/// How the programs of this package run: errors of use and input are one line on standard error and
/// code 2, anything else shows its stack and is code 1.
final class Programs {
  private Programs() {}

  static int run(Callable<Integer> program, String... arguments) {
    return new CommandLine(program)
        .setExecutionExceptionHandler(Programs::explain)
        .execute(arguments);
  }

  private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    switch (failure) {
      case NoSuchFileException missing ->
          command.getErr().println("There is no file or folder " + missing.getFile());
      case IllegalArgumentException wrong -> command.getErr().println(wrong.getMessage());
      default -> throw failure;
    }
    return CommandLine.ExitCode.USAGE;
  }
}
