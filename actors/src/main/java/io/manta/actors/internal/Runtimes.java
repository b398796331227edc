package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;

/// Starts runtimes.
public final class Runtimes {
  private Runtimes() {}

  public static Manta start(MantaConfig config) {
    if (config.port().isPresent() || !config.addresses().isEmpty()) {
      throw new ConfigurationException("clusters are being written");
    }
    var runtime = new MantaRuntime(config, NodeId.random(), false, EmbeddedHost::new);
    runtime.begin();
    return runtime;
  }

  public static Manta connect(MantaConfig config) {
    throw new ConfigurationException("clusters are being written: " + config);
  }
}
