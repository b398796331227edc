package io.manta.serve.internal;

import io.manta.actors.ActorHandle;
import io.manta.core.DataSize;
import java.util.concurrent.CompletionStage;

/// An application whose requests go to replicas by a router.
record ReplicaEndpoint(String application, DataSize maxBody, Router<ActorHandle<Replica>> router)
    implements Endpoint {
  @Override
  public CompletionStage<Reply> call(Bytes body, String id) {
    return router.call(replica -> replica.call(new ReplicaCalls.Handle(body, id)));
  }
}
