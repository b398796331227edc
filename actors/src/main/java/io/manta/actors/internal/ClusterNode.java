package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.actors.faults.FaultyNode;

/// A runtime with a port, and what connects it to others.
record ClusterNode(MantaRuntime runtime, ClusterHost host) implements FaultyNode {
  @Override
  public Manta manta() {
    return runtime;
  }

  @Override
  public void kill() {
    runtime.kill(host);
  }

  @Override
  public void cut(String address) {
    host.cut(Addresses.hostPort(address));
  }

  @Override
  public void heal(String address) {
    host.heal(Addresses.hostPort(address));
  }
}
