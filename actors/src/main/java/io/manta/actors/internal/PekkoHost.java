package io.manta.actors.internal;

import io.manta.core.NodeId;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/// The actor system of a runtime.
interface PekkoHost extends AutoCloseable {
  /// Starts it for a runtime that is being made.
  interface Factory {
    PekkoHost start(MantaRuntime runtime);
  }

  Cluster cluster();

  ActorRef<TaskActor.Run> spawnTaskParent(Behavior<TaskActor.Run> parent);

  /// Handles what only clusters tell.
  void receive(NodeId from, Message message);

  @Override
  void close();
}
