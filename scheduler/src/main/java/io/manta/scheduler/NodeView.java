package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Map;
import java.util.Optional;

/// A node as the scheduler sees it; `available` may be stale.
///
/// @param labels what its operator says of it, by key
/// @param shortage why it starts one piece of work at a time, and only what finds no room on a node
///   without one: it is short of memory, in words
/// @param leaving whether it is about to end
public record NodeView(
    NodeId id,
    Resources total,
    Resources available,
    Map<String, String> labels,
    Optional<String> shortage,
    boolean leaving) {
  public NodeView {
    labels = Map.copyOf(labels);
  }

  public NodeView(NodeId id, Resources total, Resources available) {
    this(id, total, available, Map.of(), Optional.empty(), false);
  }

  public NodeView withLabels(Map<String, String> value) {
    return new NodeView(id, total, available, value, shortage, leaving);
  }

  public NodeView withShortage(String why) {
    return new NodeView(id, total, available, labels, Optional.of(why), leaving);
  }

  public NodeView withAvailable(Resources now) {
    return new NodeView(id, total, now, labels, shortage, leaving);
  }

  /// The share in use of the resource that is used most among those that both have, 0 to 1.
  public double utilisation(Resources asked) {
    return utilisation(asked, available);
  }

  /// As [#utilisation] when so much were available.
  double utilisation(Resources asked, Resources left) {
    double most = 0;
    for (String name : asked.names()) {
      long all = total.units(name);
      if (all > 0) {
        most = Math.max(most, 1 - (double) left.units(name) / all);
      }
    }
    return most;
  }
}
