package io.manta.actors.internal;

import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.TaskId;
import org.apache.pekko.actor.ActorSystem;

/// The actor system of a runtime.
interface PekkoHost extends AutoCloseable {
  /// Starts it for a runtime that is being made.
  interface Factory {
    PekkoHost start(MantaRuntime runtime);
  }

  Cluster cluster();

  ActorSystem actors();

  /// Where what users submit goes.
  Submissions submissions();

  /// Drops a task of another process that waits here under its lease.
  ///
  /// @return whether there was one
  boolean dropWaiting(TaskId task);

  /// Gives back what free slots of leases hold: a task that waited for a value wants to go on.
  void reclaim();

  /// A placement group is removed: leases of what is in it end.
  default void groupRemoved(PlacementGroupId group) {}

  /// Handles what only clusters tell.
  void receive(NodeId from, Message message);

  @Override
  void close();
}
