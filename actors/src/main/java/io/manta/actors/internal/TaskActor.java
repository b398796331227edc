package io.manta.actors.internal;

import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Props;

/// The short-lived actor that each attempt of a task becomes. Its closure runs on a virtual thread,
/// never in the actor's own receive, which must not block; when the closure is over the actor
/// stops.
final class TaskActor extends AbstractActor {
  /// The task's thread is done.
  private record Over() {}

  /// To a parent: become this task.
  ///
  /// @param started whether a thread that was free runs it already
  record Run(Execution execution, boolean started) {}

  private static final Over OVER = new Over();

  private final Run run;

  private TaskActor(Run run) {
    this.run = run;
  }

  @Override
  public void preStart() {
    ActorRef self = getSelf();
    run.execution.watchedBy(() -> self.tell(OVER, ActorRef.noSender()));
    if (!run.started) {
      run.execution.begin();
    }
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder().match(Over.class, over -> getContext().stop(getSelf())).build();
  }

  /// Creates tasks. There are several of it, since an actor creates children one at a time.
  static final class Parent extends AbstractActor {
    static Props props() {
      return Props.create(Parent.class, Parent::new);
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder()
          .match(
              Run.class,
              run -> getContext().actorOf(Props.create(TaskActor.class, () -> new TaskActor(run))))
          .build();
    }
  }
}
