package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;

/// Starts runtimes.
public final class Runtimes {
  private Runtimes() {}

  public static Manta start(MantaConfig config) {
    throw new IllegalStateException("being written: " + config);
  }

  public static Manta connect(MantaConfig config) {
    throw new IllegalStateException("being written: " + config);
  }
}
