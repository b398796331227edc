package io.manta.cli;

import io.manta.cli.internal.CommandRunner;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ServiceLoader;

/// The program `manta`.
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    var providers =
        ServiceLoader.load(CommandProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    var runner = new CommandRunner(providers, writer(System.out), writer(System.err));
    System.exit(runner.run(arguments));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }
}
