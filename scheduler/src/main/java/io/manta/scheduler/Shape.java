package io.manta.scheduler;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;

/// What work of one kind asks for: resources, the nodes that may run it and that come first, and
/// the job whose work it is. Work of one shape is interchangeable to the scheduler.
public record Shape(JobId job, Resources resources, Scheduling scheduling) {
  public static Shape of(JobId job, Resources resources) {
    return new Shape(job, resources, Scheduling.defaults());
  }

  /// What was sent to a node and waits there.
  public Shape on(NodeId node) {
    return new Shape(
        job, resources, Scheduling.defaults().withNode(node).withPriority(scheduling.priority()));
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
