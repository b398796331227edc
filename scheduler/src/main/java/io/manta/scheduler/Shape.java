package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;

/// What work of one kind asks for: resources, and the nodes that may run it and that come first.
/// Work of one shape is interchangeable to the scheduler.
public record Shape(Resources resources, Scheduling scheduling) {
  public static Shape of(Resources resources) {
    return new Shape(resources, Scheduling.defaults());
  }

  /// The same for one node only.
  public Shape on(NodeId node) {
    return new Shape(resources, Scheduling.defaults().withNode(node));
  }

  /// Whether no other node than that may run it.
  public boolean isOnlyFor(NodeId node) {
    return scheduling.node().filter(node::equals).isPresent();
  }

  @Override
  public String toString() {
    String where = scheduling.toString();
    return where.isEmpty() ? resources.toString() : resources + " " + where;
  }
}
