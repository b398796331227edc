package io.manta.actors;

import io.manta.core.ActorOptions;
import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.function.Function;

/// An actor to be and its options. Immutable: each setter gives another builder.
public final class ActorBuilder<A extends RemoteActor> {
  private final Function<ActorOptions, ActorHandle<A>> creator;
  private final ActorOptions options;

  /// For runtimes; users call [Manta#actor].
  public ActorBuilder(Function<ActorOptions, ActorHandle<A>> creator, ActorOptions options) {
    this.creator = creator;
    this.options = options;
  }

  /// Held while it lives. Without any resource set, an actor needs 1 cpu to start and none after.
  public ActorBuilder<A> cpus(double amount) {
    return resource(Resources.CPU, amount);
  }

  public ActorBuilder<A> gpus(double amount) {
    return resource(Resources.GPU, amount);
  }

  /// For scheduling only: the amount is accounted for, not enforced. Written like `4GiB`.
  public ActorBuilder<A> memory(String size) {
    return resource(Resources.MEMORY, DataSize.parse(size).bytes());
  }

  /// Sets an amount of a resource by name, held while it lives.
  public ActorBuilder<A> resource(String name, double amount) {
    return with(options.withResources(options.resources().with(name, amount)));
  }

  /// A name unique in the cluster, for [Manta#find]. Creation fails when it is taken.
  public ActorBuilder<A> named(String name) {
    return with(options.withName(name));
  }

  public ActorBuilder<A> maxRestarts(int count) {
    return with(options.withMaxRestarts(count));
  }

  /// At least once: repeats a call whose actor died under it.
  public ActorBuilder<A> callRetries(int count) {
    return with(options.withCallRetries(count));
  }

  public ActorBuilder<A> maxConcurrency(int calls) {
    return with(options.withMaxConcurrency(calls));
  }

  public ActorBuilder<A> maxPendingCalls(int calls) {
    return with(options.withMaxPendingCalls(calls));
  }

  public ActorBuilder<A> onNode(NodeId node) {
    return with(options.withNode(node));
  }

  /// Creates the actor. Does not block: calls wait until it has started, and fail when it can't.
  public ActorHandle<A> create() {
    return creator.apply(options);
  }

  private ActorBuilder<A> with(ActorOptions changed) {
    return new ActorBuilder<>(creator, changed);
  }
}
