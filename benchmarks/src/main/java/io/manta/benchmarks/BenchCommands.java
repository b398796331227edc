package io.manta.benchmarks;

import io.manta.cli.CommandProvider;

/// Adds `bench` to the command line.
public final class BenchCommands implements CommandProvider {
  @Override
  public Object command() {
    return new BenchCommand();
  }
}
