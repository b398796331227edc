package io.manta.serve.internal;

import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import io.manta.serve.Handler;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How replicas are made, and what is called on them. Records, which travel by their name: a lambda
/// runs only in the build that it was written by, and processes of one cluster may have several
/// builds of this library.
final class ReplicaCalls {
  private ReplicaCalls() {}

  record Make(
      String deployment,
      RemoteCallable<? extends Handler<?, ?>> constructor,
      Optional<String> requestType)
      implements RemoteCallable<Replica> {
    @Override
    public Replica call() throws Exception {
      return new Replica(deployment, constructor, requestType);
    }
  }

  /// A request in JSON.
  record Handle(Bytes body, String id) implements RemoteFunction<Replica, Reply> {
    @Override
    public Reply apply(Replica replica) {
      return replica.handle(body, id);
    }
  }

  /// A request of Java.
  record Call(@Nullable Object request) implements RemoteFunction<Replica, @Nullable Object> {
    @Override
    public @Nullable Object apply(Replica replica) throws Exception {
      return replica.call(request);
    }
  }

  record Ping() implements RemoteFunction<Replica, Boolean> {
    @Override
    public Boolean apply(Replica replica) {
      return replica.ping();
    }
  }

  record Stop() implements RemoteFunction<Replica, Boolean> {
    @Override
    public Boolean apply(Replica replica) throws Exception {
      return replica.stop();
    }
  }
}
