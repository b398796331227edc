package io.manta.core;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// A reference to a value that exists or will: the result of a task or of an actor's call, or what
/// was put. Safe for use by many threads, and it may travel: captured by a task or call, held in a
/// value, returned as a result.
///
/// Values are isolated. An immutable value is the same instance for every reader; of any other each
/// [#get] gives a copy of its own.
public interface ObjectRef<T extends @Nullable Object> {
  ObjectId id();

  /// Waits for the value. Inside a task that holds resources these, all but gpus, are given back
  /// meanwhile and taken again before this returns.
  ///
  /// @throws TaskFailedException if user code threw; the cause is what it threw
  /// @throws MantaException of another kind if there can be no value: cancelled, a node died, …
  T get();

  /// As [#get()], but gives up.
  ///
  /// @throws GetTimeoutException when the value is not there in time; the work goes on
  T get(Duration timeout);

  /// Whether the value, or the failure, is there.
  boolean isDone();

  /// Calls back once with the value or the failure, at once when it is there already. The callback
  /// runs on a virtual thread of its own, one of the two arguments is null (both, for a value of
  /// null). What it throws is logged.
  void onComplete(BiConsumer<? super @Nullable T, ? super @Nullable Throwable> callback);

  /// A stage that completes as this does. It does not block; cancelling it cancels nothing.
  CompletionStage<T> toCompletionStage();

  /// What the function makes of the value once it is there. It runs on a virtual thread of this
  /// process, not as a task: it asks for no resources and is not retried. Does not block. When this
  /// fails the new ref fails in the same way; when the function throws, with a
  /// [TaskFailedException]. Cancelling the new ref interrupts the function and leaves this one as
  /// it is.
  <R extends @Nullable Object> ObjectRef<R> map(RemoteFunction<? super T, ? extends R> function);

  /// As [#map], for a function that gives a ref, as one that submits a task does: the new ref has
  /// that one's value. Cancelling the new ref cancels that one too.
  <R extends @Nullable Object> ObjectRef<R> then(
      RemoteFunction<? super T, ? extends ObjectRef<R>> function);

  /// As [#cancel(CancelOptions)] with the defaults: recursive, and not forced.
  default boolean cancel() {
    return cancel(CancelOptions.defaults());
  }

  /// Cancels the task or call that makes this value: what waits is dropped, what runs is
  /// interrupted, tasks that it submitted are cancelled too unless the options say otherwise. Has
  /// no effect when done, or on a put value. Does not wait: a [#get] throws
  /// [TaskCancelledException] from now on, in a process that does not own the value once the owner
  /// has heard of it, while the resources of what runs return when it really ends. A cancelled task
  /// is not retried. A call on an actor is interrupted, whatever the options.
  ///
  /// @return whether this was not done before
  boolean cancel(CancelOptions options);

  /// Lets go of this ref, for those who do not want to wait until the garbage collector finds that
  /// nobody can use it any more. The value is freed at once when all copies of the ref in this
  /// process are closed, no task or call that captured it is under way, and no other process has
  /// it. After that [#get] throws [ObjectLostException]. A task that makes the value goes on. Does
  /// not block; a second call has no effect.
  void close();
}
