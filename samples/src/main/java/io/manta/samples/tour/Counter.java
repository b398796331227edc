package io.manta.samples.tour;

import io.manta.actors.RemoteActor;
import io.manta.core.NodeId;

/// An actor: it lives on one node, and its calls run one at a time.
public class Counter extends RemoteActor {
  private int count;

  public int increment() {
    return ++count;
  }

  public int count() {
    return count;
  }

  public NodeId node() {
    return context().node();
  }
}
