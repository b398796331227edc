package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Optional;

/// A node as the scheduler sees it; `available` may be stale.
///
/// @param shortage why it starts one piece of work at a time, and only what finds no room on a node
///   without one: it is short of memory, in words
/// @param leaving whether it is about to end
public record NodeView(
    NodeId id, Resources total, Resources available, Optional<String> shortage, boolean leaving) {
  public NodeView(NodeId id, Resources total, Resources available, Optional<String> shortage) {
    this(id, total, available, shortage, false);
  }

  public NodeView(NodeId id, Resources total, Resources available) {
    this(id, total, available, Optional.empty());
  }

  /// The share in use of the resource that is used most among those that both have, 0 to 1.
  public double utilisation(Resources asked) {
    double most = 0;
    for (String name : asked.names()) {
      long all = total.units(name);
      if (all > 0) {
        most = Math.max(most, 1 - (double) available.units(name) / all);
      }
    }
    return most;
  }

  public NodeView withAvailable(Resources now) {
    return new NodeView(id, total, now, shortage, leaving);
  }
}
