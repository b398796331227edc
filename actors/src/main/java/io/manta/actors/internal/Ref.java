package io.manta.actors.internal;

import io.manta.core.CancelOptions;
import io.manta.core.GetTimeoutException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.ObjectId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteFunction;
import io.manta.objects.ValueCodec;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A ref in the process that owns the object, or one that was received and fetches the value when
/// asked.
final class Ref<T extends @Nullable Object> implements ObjectRef<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Ref.class);

  /// What a ref's value comes from.
  interface Source {
    /// Stops the making of the value.
    void cancel();

    /// As [#cancel()], as far as the options say.
    default void cancel(CancelOptions options) {
      cancel();
    }

    /// Whether another process cancels it, and then tells of the failure as of a value.
    default boolean isElsewhere() {
      return false;
    }

    /// Asks for the value where it is not made but fetched; called before each wait.
    default void request() {}

    /// Sends a probe on to whatever this waits for, if to anything.
    default void probe(WaitCycles cycles, Message.WaitProbe probe) {}

    /// What makes the value of an object, for people.
    default String what(ObjectId object) {
      return object.toString();
    }

    /// Why the value is not there yet, in words.
    default String describe() {
      return "it runs";
    }
  }

  private final ObjectState state;
  private final MantaRuntime runtime;
  private final JobId job;
  private boolean closed;

  /// @param state retained for this ref
  /// @param job whose classes decode the value
  Ref(ObjectState state, MantaRuntime runtime, JobId job) {
    this.state = state;
    this.runtime = runtime;
    this.job = job;
  }

  MantaRuntime runtime() {
    return runtime;
  }

  ObjectState state() {
    return state;
  }

  JobId job() {
    return job;
  }

  ValueCodec codec() {
    return runtime.cluster().codec(job);
  }

  void madeBy(Source maker) {
    state.madeBy(maker);
  }

  Source source() {
    return state.source();
  }

  /// @return whether it was not done before
  boolean complete(StoredValue stored) {
    return state.complete(stored);
  }

  /// Completes it; a value that comes too late, which nobody is to read, is closed.
  void offer(StoredValue stored) {
    if (!complete(stored)) {
      runtime.objects().close(stored);
    }
  }

  /// @return whether it was not done before
  boolean fail(MantaException failure) {
    return state.fail(failure);
  }

  /// Calls back on the completing thread, or at once; the callback must be short and not throw.
  void whenDone(BiConsumer<@Nullable StoredValue, @Nullable MantaException> callback) {
    state.whenDone(callback);
  }

  /// The failure, when done with one.
  @Nullable MantaException failure() {
    return state.failure();
  }

  @Override
  public ObjectId id() {
    return state.id();
  }

  /// Asks for the value where it is not here.
  ///
  /// @throws io.manta.core.ObjectLostException when each ref to it was closed before it was done
  void beginGet() {
    state.checkKept();
    source().request();
  }

  @Override
  public T get() {
    beginGet();
    if (!state.isDone()) {
      await(Long.MAX_VALUE);
    }
    return read(Deadline.NEVER);
  }

  @Override
  public T get(Duration timeout) {
    beginGet();
    Deadline deadline = Deadline.after(nanos(timeout));
    if (!state.isDone() && !await(deadline.left())) {
      throw new GetTimeoutException(
          "%s was not there within %s: %s"
              .formatted(id(), Durations.text(timeout), source().describe()));
    }
    return read(deadline);
  }

  static long nanos(Duration timeout) {
    try {
      return timeout.toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /// @return whether it is done
  boolean await(long nanos) {
    source().request();
    if (nanos == Long.MAX_VALUE) {
      Waits.await(this, state.value());
      return true;
    }
    return Waits.await(state.value(), nanos, id());
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // T says whether null may come out
  T read(Deadline deadline) {
    StoredValue stored;
    try {
      stored = state.value().join();
    } catch (CompletionException e) {
      throw Failed.rethrown(Failed.bySystem(e));
    }
    return (T) runtime.objects().read(state, stored, codec(), deadline);
  }

  @Override
  public boolean isDone() {
    return state.isDone();
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // T says whether null may come out
  public void onComplete(BiConsumer<? super @Nullable T, ? super @Nullable Throwable> callback) {
    whenDone(
        (stored, failure) ->
            Thread.startVirtualThread(
                () -> {
                  try {
                    T read = null;
                    Throwable problem = failure;
                    if (stored != null) {
                      try {
                        read = (T) runtime.objects().read(state, stored, codec(), Deadline.NEVER);
                      } catch (RuntimeException e) {
                        problem = e;
                      }
                    }
                    callback.accept(read, problem);
                  } catch (Throwable e) {
                    LOG.warn("a callback of {} failed", id(), e);
                  }
                }));
  }

  @Override
  public CompletionStage<T> toCompletionStage() {
    source().request();
    return state
        .value()
        .handleAsync(
            (stored, failure) -> {
              if (failure != null) {
                throw new CompletionException(Failed.bySystem(failure));
              }
              return read(Deadline.NEVER);
            },
            runtime.callbacks());
  }

  @Override
  public <R extends @Nullable Object> ObjectRef<R> map(
      RemoteFunction<? super T, ? extends R> function) {
    Ref<R> mapped = runtime.objects().newRef(job);
    new Step(mapped, "map of " + id())
        .after(
            this, value -> mapped.offer(runtime.objects().store(function.apply(value), codec())));
    return mapped;
  }

  @Override
  public <R extends @Nullable Object> ObjectRef<R> then(
      RemoteFunction<? super T, ? extends ObjectRef<R>> function) {
    Ref<R> next = runtime.objects().newRef(job);
    var step = new Step(next, "then of " + id());
    step.after(this, value -> step.follow((Ref<R>) function.apply(value)));
    return next;
  }

  @Override
  public boolean cancel(CancelOptions options) {
    return state.cancel(options);
  }

  @Override
  public void close() {
    CurrentCall call = CurrentCall.orNull();
    if (call != null && call.borrows(this)) {
      return; // the task's copy, which ends with it
    }
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    runtime.objects().release(state);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Ref<?> that && id().equals(that.id());
  }

  @Override
  public int hashCode() {
    return id().hashCode();
  }

  @Override
  public String toString() {
    return id() + (state.isDone() ? "" : " (pending)");
  }
}
