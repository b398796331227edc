package io.manta.actors.internal;

import io.manta.actors.ActorContext;
import io.manta.actors.RemoteActor;

/// The context of an actor as its runtime sees it.
public interface OwnContext<A extends RemoteActor> extends ActorContext<A> {
  /// Stops the actor after the calls that it has.
  void stop();
}
