package io.manta.samples;

import io.manta.cli.CommandProvider;
import io.manta.samples.demo.DemoCommand;

/// Adds `manta demo`.
public final class DemoCommandProvider implements CommandProvider {
  @Override
  public Object command() {
    return new DemoCommand();
  }
}
