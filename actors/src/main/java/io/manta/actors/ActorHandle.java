package io.manta.actors;

import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.core.RemoteConsumer;
import io.manta.core.RemoteFunction;
import io.manta.core.RemoteStreamer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// A handle to an actor. It may travel in closures and values. Two handles to one actor are equal.
///
/// Calls of one process to one actor, or to one concurrency group of it, start in the order they
/// were made, also while earlier ones wait for refs that they captured. A call runs at most once
/// unless the actor was created with retries of calls. A call on an actor that is dead, or dies
/// before it is done, fails with [ActorDiedException].
public interface ActorHandle<A extends RemoteActor> {
  ActorId id();

  /// Calls the actor; does not block.
  ///
  /// @throws io.manta.core.SerializationException at once, when a captured value can't be copied
  /// @throws io.manta.core.PendingCallsLimitExceededException at once, when too many calls wait
  <T extends @Nullable Object> ObjectRef<T> call(RemoteFunction<A, T> method);

  /// As [#call], for a method that gives its value later: the ref is done when the stage is. Other
  /// calls wait meanwhile, unless the stage was made by [RemoteActor#interleave].
  <T extends @Nullable Object> ObjectRef<T> callAsync(
      RemoteFunction<A, ? extends CompletionStage<T>> method);

  /// As [#call], for a method that gives many values, one after another, which are consumed while
  /// it still runs. It waits when its consumer is behind by 64 values. Closing the stream cancels
  /// it. It is never repeated: when the actor dies, so does the stream.
  <T extends @Nullable Object> RefStream<T> stream(RemoteStreamer<A, T> method);

  /// As [#stream(RemoteStreamer)], and it waits when its consumer is behind by the buffer.
  <T extends @Nullable Object> RefStream<T> stream(RemoteStreamer<A, T> method, int buffer);

  /// As [#call], for a method that gives no value: the ref is done when it has run.
  ObjectRef<@Nullable Void> run(RemoteConsumer<A> method);

  /// Calls without asking for an answer. What the method throws is logged where the actor lives.
  void tell(RemoteConsumer<A> method);

  /// As [#call], with a deadline: when there is no answer in time, the stage fails with a
  /// [io.manta.core.GetTimeoutException], and the call is cancelled.
  <T extends @Nullable Object> CompletionStage<T> ask(
      RemoteFunction<A, T> method, Duration deadline);

  /// The actor as an interface. Each method of it is a call of the actor's method with the same
  /// name and parameters, which may give its value directly or as a [CompletionStage]. It returns
  /// `CompletionStage<T>`, `ObjectRef<T>`, or `void` for [#tell]. Refs among the arguments are
  /// awaited first. A call fails when the actor has no such method, or when the interface says that
  /// it gives a boxed primitive or a String, and it gives another type.
  ///
  /// @throws IllegalArgumentException when it is no interface, or a method of it returns anything
  ///   else
  <I> I as(Class<I> view);

  /// The same actor, with calls in that concurrency group.
  ActorHandle<A> inGroup(String group);

  /// Stops the actor in order: calls that it has by then run, later ones fail, then
  /// [RemoteActor#onStop] runs. When it is not dead by the deadline it is killed. Does not wait:
  /// the stage gives why it died.
  ///
  /// @throws IllegalArgumentException when the deadline is negative
  CompletionStage<ActorDiedException> stop(Duration deadline);

  /// Stops the actor now: the running call is interrupted, waiting ones fail with
  /// [ActorDiedException]. It does not restart. Does not wait.
  void kill();

  /// Done when the actor is dead for good, with why; also when it was dead before. A restart is no
  /// death. Inside of an actor, chain with `thenAcceptAsync(..., context().executor())` to get it
  /// as a call.
  CompletionStage<ActorDiedException> whenDead();
}
