package io.manta.serve.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// Reaches replicas by the names of their actors.
record ClusterConnector(Manta manta) implements Connector<ActorHandle<Replica>> {
  /// Of the replicas' names, whatever the job's own is.
  static final String NAMESPACE = "serve";

  @Override
  public Optional<ActorHandle<Replica>> find(String name) {
    return manta.find(NAMESPACE, name, Replica.class);
  }

  @Override
  public CompletionStage<?> probe(ActorHandle<Replica> replica) {
    return replica.call(new ReplicaCalls.Ping()).toCompletionStage();
  }
}
