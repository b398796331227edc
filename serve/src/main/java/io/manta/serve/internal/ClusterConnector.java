package io.manta.serve.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// Reaches replicas by the names of their actors.
record ClusterConnector(Manta manta) implements Connector<ActorHandle<Replica>> {
  @Override
  public Optional<ActorHandle<Replica>> find(String name) {
    return manta.find(name, Replica.class);
  }

  @Override
  public CompletionStage<?> probe(ActorHandle<Replica> replica) {
    return replica.call(Replica::ping).toCompletionStage();
  }
}
