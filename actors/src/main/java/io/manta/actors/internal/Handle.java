package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteConsumer;
import io.manta.core.RemoteFunction;
import io.manta.objects.Immutability;
import org.jspecify.annotations.Nullable;

/// A handle in one process; what it does is done by the process's [ActorClient] for that actor.
final class Handle<A extends RemoteActor> implements ActorHandle<A>, Immutability.SharedByDesign {
  private final ActorId id;
  private final MantaRuntime runtime;
  private volatile @Nullable ActorClient client;

  Handle(ActorId id, MantaRuntime runtime) {
    this.id = id;
    this.runtime = runtime;
  }

  /// A handle that keeps the client, and with it why the actor died.
  Handle(ActorClient client) {
    this(client.id(), client.runtime());
    this.client = client;
  }

  ActorClient client() {
    ActorClient known = client;
    if (known == null) {
      known = runtime.actors().client(id);
      client = known;
    }
    return known;
  }

  @Override
  public ActorId id() {
    return id;
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> call(RemoteFunction<A, T> method) {
    return runtime.submissions().call(this, method);
  }

  @Override
  public ObjectRef<@Nullable Void> run(RemoteConsumer<A> method) {
    return call(returning(method));
  }

  @Override
  public void tell(RemoteConsumer<A> method) {
    runtime.submissions().tell(this, returning(method));
  }

  private static <A> RemoteFunction<A, @Nullable Void> returning(RemoteConsumer<A> method) {
    return actor -> {
      method.accept(actor);
      return null;
    };
  }

  @Override
  public void kill() {
    runtime.submissions().kill(this);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Handle<?> that && id.equals(that.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
