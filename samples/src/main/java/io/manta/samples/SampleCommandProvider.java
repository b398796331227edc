package io.manta.samples;

import io.manta.cli.CommandProvider;

/// Adds `manta sample`.
public final class SampleCommandProvider implements CommandProvider {
  @Override
  public Object command() {
    return new SampleCommand();
  }
}
