package io.manta.scheduler;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.util.Objects;

/// What work of one kind asks for: resources, the nodes that may run it and that come first, and
/// the job whose work it is. Work of one shape is interchangeable to the scheduler.
///
/// @param quota of the job, see [JobQuota]; nothing when it has none. It travels with the shape, so
///   that no process can have work of a job and not know of its quota
public record Shape(JobId job, Resources resources, Scheduling scheduling, Resources quota) {
  public Shape {
    quota = Objects.requireNonNullElse(quota, Resources.NONE); // of a process that knows no quotas
  }

  public Shape(JobId job, Resources resources, Scheduling scheduling) {
    this(job, resources, scheduling, Resources.NONE);
  }

  public static Shape of(JobId job, Resources resources) {
    return new Shape(job, resources, Scheduling.defaults());
  }

  /// What was sent to a node and waits there.
  public Shape on(NodeId node) {
    return new Shape(
        job,
        resources,
        Scheduling.defaults().withNode(node).withPriority(scheduling.priority()),
        quota);
  }

  /// Whether no other node than that may run it.
  public boolean isOnlyFor(NodeId node) {
    return scheduling.node().filter(node::equals).isPresent();
  }

  /// Of what tells shapes apart: it is asked for with each task.
  @Override
  public int hashCode() {
    return 31 * (31 * resources.hashCode() + scheduling.hashCode()) + job.hashCode();
  }

  @Override
  public String toString() {
    String where = scheduling.toString();
    return where.isEmpty() ? resources.toString() : resources + " " + where;
  }
}
