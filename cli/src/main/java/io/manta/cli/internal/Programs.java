package io.manta.cli.internal;

/// How the user calls this program.
public final class Programs {
  private Programs() {}

  /// What to type for `manta`: the launcher script as it was called.
  public static String name() {
    return System.getProperty("manta.program", "manta");
  }
}
