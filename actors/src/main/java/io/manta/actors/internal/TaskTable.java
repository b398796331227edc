package io.manta.actors.internal;

import io.manta.core.CancelOptions;
import io.manta.core.JobId;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.TaskId;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/// The tasks that this node runs or is about to, by id, to reach them for a cancel.
final class TaskTable {
  private final ConcurrentHashMap<TaskId, Execution> executions = new ConcurrentHashMap<>();
  private final Idleness idleness;

  TaskTable(Idleness idleness) {
    this.idleness = idleness;
  }

  void add(Execution execution) {
    idleness.touch();
    executions.put(execution.context().task(), execution);
  }

  void remove(Execution execution) {
    executions.remove(execution.context().task(), execution);
  }

  /// Has no effect when the task does not run here.
  void mayGive(TaskId task, long values) {
    Execution execution = executions.get(task);
    if (execution != null) {
      execution.mayGive(values);
    }
  }

  /// Has no effect when the task does not run here.
  void cancel(TaskId task, CancelOptions options) {
    Execution execution = executions.get(task);
    if (execution != null) {
      execution.cancel(options);
    }
  }

  /// Cancels the tasks of a job, and those that its process submitted for others.
  void cancelOf(JobId job) {
    executions.values().stream()
        .filter(
            execution ->
                execution.context().job().equals(job)
                    || execution.context().task().owner().equals(job.driver()))
        .forEach(execution -> execution.cancel(CancelOptions.defaults()));
  }

  /// Ends the tasks that are in a placement group.
  void endOf(PlacementGroupId group, PlacementGroupRemovedException reason) {
    executions.values().stream()
        .filter(execution -> PlacementGroups.isIn(group, execution.held()))
        .forEach(execution -> execution.end(reason));
  }

  boolean isEmpty() {
    return executions.isEmpty();
  }

  /// Whether nothing is to run or runs, but for what waits for a value.
  boolean isIdle() {
    return executions.values().stream().noneMatch(Execution::isBusy);
  }

  /// What runs and is to go on.
  List<Execution> underWay() {
    return executions.values().stream().filter(Execution::isUnderWay).toList();
  }

  void cancelAll() {
    executions.values().forEach(execution -> execution.cancel(CancelOptions.defaults()));
  }
}
