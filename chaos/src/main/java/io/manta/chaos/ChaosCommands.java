package io.manta.chaos;

import io.manta.cli.CommandProvider;

/// Adds `chaos` to the command line.
public final class ChaosCommands implements CommandProvider {
  @Override
  public Object command() {
    return new ChaosCommand();
  }
}
