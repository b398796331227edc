package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.TaskId;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.ActorRef;

/// The tasks that this node runs now, by id, to reach them for a cancel.
final class TaskTable {
  private record Entry(Execution execution, ActorRef actor) {}

  private final ConcurrentHashMap<TaskId, Entry> entries = new ConcurrentHashMap<>();

  void add(Execution execution, ActorRef actor) {
    entries.put(execution.context().task(), new Entry(execution, actor));
    if (execution.isFinished()) {
      remove(execution);
    } else if (!execution.wanted()) {
      actor.tell(new TaskActor.Cancel(), ActorRef.noSender());
    }
  }

  void remove(Execution execution) {
    entries.computeIfPresent(
        execution.context().task(), (id, entry) -> entry.execution == execution ? null : entry);
  }

  /// Has no effect when the task does not run here.
  void cancel(TaskId task) {
    Entry entry = entries.get(task);
    if (entry != null) {
      entry.actor.tell(new TaskActor.Cancel(), ActorRef.noSender());
    }
  }

  /// Cancels the tasks of a job.
  void cancelOf(JobId job) {
    entries.values().stream()
        .filter(entry -> entry.execution.context().job().equals(job))
        .forEach(entry -> entry.actor.tell(new TaskActor.Cancel(), ActorRef.noSender()));
  }

  void cancelAll() {
    entries
        .values()
        .forEach(entry -> entry.actor.tell(new TaskActor.Cancel(), ActorRef.noSender()));
  }

  int size() {
    return entries.size();
  }
}
