package io.manta.actors;

import io.manta.core.ActorId;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.concurrent.Executor;

/// What an actor knows of itself, and what it can ask for; for use inside of it.
public interface ActorContext<A extends RemoteActor> {
  /// What a timer does: a call like any other, without an answer. What it throws is logged.
  @FunctionalInterface
  interface Action {
    void run() throws Exception;
  }

  /// A timer; it ends with the incarnation that set it.
  @FunctionalInterface
  interface Timer {
    /// It does not run any more, unless it does so now.
    void cancel();
  }

  Manta manta();

  /// A handle to this actor, to give to others.
  ActorHandle<A> self();

  ActorId id();

  NodeId node();

  /// 1 for the first start, one more for each restart.
  int incarnation();

  /// Runs an action as a call of the actor, once after a delay.
  Timer after(Duration delay, Action action);

  /// Runs an action as a call of the actor again and again: first after the period, and each time
  /// the period after the run before was over.
  Timer every(Duration period, Action action);

  /// Runs what it is given as calls of the actor, in order. Once the actor is dead it drops them.
  Executor executor();

  /// Ends the actor after the running call, which is still answered: calls that wait fail, then
  /// [RemoteActor#onStop] runs. It does not restart.
  void exit();
}
