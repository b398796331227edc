package io.manta.actors;

import io.manta.core.ActorId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteConsumer;
import io.manta.core.RemoteFunction;
import org.jspecify.annotations.Nullable;

/// A handle to an actor. It may travel in closures and values. Two handles to one actor are equal.
///
/// Calls of one process to one actor start in the order they were made, also while earlier ones
/// wait for refs that they captured. A call runs at most once unless the actor was created with
/// retries of calls.
public interface ActorHandle<A extends RemoteActor> {
  ActorId id();

  /// Calls the actor; does not block.
  ///
  /// @throws io.manta.core.SerializationException at once, when a captured value can't be copied
  /// @throws io.manta.core.PendingCallsLimitExceededException at once, when too many calls wait
  <T extends @Nullable Object> ObjectRef<T> call(RemoteFunction<A, T> method);

  /// As [#call], for a method that gives no value: the ref is done when it has run.
  ObjectRef<@Nullable Void> run(RemoteConsumer<A> method);

  /// Calls without asking for an answer. What the method throws is logged where the actor lives.
  void tell(RemoteConsumer<A> method);

  /// Stops the actor now: the running call is interrupted, waiting ones fail with
  /// [io.manta.core.ActorDiedException]. It does not restart. Does not wait.
  void kill();
}
