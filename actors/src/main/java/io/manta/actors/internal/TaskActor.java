package io.manta.actors.internal;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The short-lived actor that each attempt of a task becomes. It hands the closure to a thread and
/// never runs user code in its own receive, so that a cancel gets through.
final class TaskActor {
  sealed interface Command {}

  /// Interrupts the task.
  record Cancel() implements Command {}

  /// The task's thread is done.
  private record Over() implements Command {}

  /// To a parent: become this task.
  record Run(Execution execution) {}

  private static final Command OVER = new Over();

  private TaskActor() {}

  /// The parent of tasks. There are several, since one actor creates children one at a time.
  static Behavior<Run> parent(TaskTable running) {
    return Behaviors.setup(
        context ->
            Behaviors.receiveMessage(
                run -> {
                  running.add(run.execution, context.spawnAnonymous(create(run.execution)));
                  return Behaviors.same();
                }));
  }

  private static Behavior<Command> create(Execution execution) {
    return Behaviors.setup(
        context -> {
          ActorRef<Command> self = context.getSelf();
          execution.begin(() -> self.tell(OVER));
          return Behaviors.receiveMessage(command -> receive(execution, command));
        });
  }

  private static Behavior<Command> receive(Execution execution, Command command) {
    return switch (command) {
      case Cancel() -> {
        execution.cancel();
        yield Behaviors.same();
      }
      case Over() -> Behaviors.stopped();
    };
  }
}
