package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.GetTimeoutException;
import io.manta.core.ObjectRef;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.RefStream;
import io.manta.core.RemoteConsumer;
import io.manta.core.RemoteFunction;
import io.manta.core.RemoteStreamer;
import io.manta.core.TaskOptions;
import io.manta.objects.Immutability;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A handle in one process; what it does is done by the process's [ActorClient] for that actor.
final class Handle<A extends RemoteActor> implements ActorHandle<A>, Immutability.SharedByDesign {
  private static final Logger LOG = LoggerFactory.getLogger(Handle.class);
  private static final TimeUnit NANOS = TimeUnit.NANOSECONDS;

  private final ActorId id;
  private final MantaRuntime runtime;
  private final String group;

  /// Kept for as long as the handle, where the actor ends with its handles.
  private final @Nullable Ref<?> counted;

  private volatile @Nullable ActorClient client;

  Handle(ActorId id, MantaRuntime runtime) {
    this(id, runtime, "", null);
  }

  /// @param group the concurrency group of its calls; empty for none
  Handle(ActorId id, MantaRuntime runtime, String group, @Nullable Ref<?> counted) {
    this.id = id;
    this.runtime = runtime;
    this.group = group;
    this.counted = counted;
  }

  /// A handle that keeps the client, and with it why the actor died.
  Handle(ActorClient client) {
    this(client, null);
  }

  Handle(ActorClient client, @Nullable Ref<?> counted) {
    this(client.id(), client.runtime(), "", counted);
    this.client = client;
  }

  /// What counts it among the handles to the actor, if they are counted.
  Optional<Ref<?>> counted() {
    return Optional.ofNullable(counted);
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

  String group() {
    return group;
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> call(RemoteFunction<A, T> method) {
    return runtime.submissions().call(this, given(method));
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> callAsync(
      RemoteFunction<A, ? extends CompletionStage<T>> method) {
    return runtime.submissions().call(this, new Closures.Awaiting<>(given(method)));
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> stream(RemoteStreamer<A, T> method) {
    return stream(method, TaskOptions.defaults().buffer());
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> stream(RemoteStreamer<A, T> method, int buffer) {
    given(method);
    if (buffer < 1) {
      throw new IllegalArgumentException("a buffer of " + buffer + " must be 1 or more");
    }
    return runtime.submissions().stream(this, new Closures.Emitting<>(method, buffer), buffer);
  }

  @Override
  public ObjectRef<@Nullable Void> run(RemoteConsumer<A> method) {
    return call(new Closures.Returning<>(given(method)));
  }

  @Override
  public void tell(RemoteConsumer<A> method) {
    send(new Closures.Returning<>(given(method)));
  }

  /// As [#tell].
  void send(RemoteFunction<A, ?> method) {
    runtime.submissions().tell(this, method);
  }

  private static <F> F given(@Nullable F method) {
    return Arguments.given(
        method, "method", "what to call on the actor, such as counter -> counter.add(1)");
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> ask(
      RemoteFunction<A, T> method, Duration deadline) {
    Arguments.given(deadline, "deadline", "how long the answer may take");
    if (!deadline.isPositive()) {
      throw new IllegalArgumentException(
          "nothing can be answered within " + deadline + "; give it a deadline above 0");
    }
    ObjectRef<T> ref = call(method);
    CompletableFuture<T> answer = ref.toCompletionStage().toCompletableFuture();
    Future<?> timeout =
        runtime.timer().schedule(() -> giveUp(ref, answer, deadline), Ref.nanos(deadline), NANOS);
    answer.whenComplete((value, failure) -> timeout.cancel(false));
    return answer;
  }

  private <T extends @Nullable Object> void giveUp(
      ObjectRef<T> ref, CompletableFuture<T> answer, Duration deadline) {
    String why = ((Ref<T>) ref).source().describe();
    boolean late =
        answer.completeExceptionally(
            new GetTimeoutException(
                "%s did not answer within %s: %s".formatted(id, Durations.text(deadline), why)));
    if (late) {
      ref.cancel();
    }
  }

  @Override
  public <I> I as(Class<I> view) {
    return View.of(this, Arguments.given(view, "view", "an interface, such as Account.class"));
  }

  @Override
  public ActorHandle<A> inGroup(String name) {
    String group =
        Arguments.named(
            name, "group", "one that the actor was created with: concurrencyGroup(...)");
    return new Handle<>(id, runtime, group, counted);
  }

  @Override
  public CompletionStage<ActorDiedException> stop(Duration deadline) {
    Arguments.given(deadline, "deadline", "how long its calls may take until it is killed");
    if (deadline.isNegative()) {
      throw new IllegalArgumentException(
          "an actor can't be stopped within " + deadline + "; give it a time of 0 or more");
    }
    CompletionStage<ActorDiedException> dead = whenDead();
    Future<?> kill = runtime.timer().schedule(this::kill, Ref.nanos(deadline), NANOS);
    dead.thenRun(() -> kill.cancel(false));
    try {
      new Handle<A>(id, runtime).run(new Closures.Stop<>()); // after calls made before
    } catch (PendingCallsLimitExceededException e) {
      LOG.warn("{} has too many calls to be stopped in order; its deadline kills it", id, e);
    }
    return dead;
  }

  @Override
  public void kill() {
    runtime.submissions().kill(this);
  }

  @Override
  public CompletionStage<ActorDiedException> whenDead() {
    return runtime.submissions().whenDead(this);
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
