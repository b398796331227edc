package io.manta.actors.internal;

import io.manta.core.GetTimeoutException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.ObjectId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteFunction;
import io.manta.objects.StoredValue;
import io.manta.objects.ValueCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A ref in the process that owns it, or one that was received and fetches its value when asked.
final class Ref<T extends @Nullable Object> implements ObjectRef<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Ref.class);

  /// What a ref's value comes from.
  interface Source {
    /// Stops the making of the value.
    void cancel();

    /// Asks for the value where it is not made but fetched; called before each wait.
    default void request() {}

    /// Sends a probe on to whatever this waits for, if to anything.
    default void probe(WaitCycles cycles, Message.WaitProbe probe) {}

    /// Why the value is not there yet, in words.
    default String describe() {
      return "it runs";
    }
  }

  private static final Source NONE = () -> {};

  private final ObjectId id;
  private final MantaRuntime runtime;
  private final JobId job;
  private final CompletableFuture<StoredValue> value = new CompletableFuture<>();
  private volatile Source source = NONE;

  /// @param job whose classes decode the value
  Ref(ObjectId id, MantaRuntime runtime, JobId job) {
    this.job = job;
    this.id = id;
    this.runtime = runtime;
  }

  MantaRuntime runtime() {
    return runtime;
  }

  ValueCodec codec() {
    return runtime.cluster().codec(job);
  }

  void madeBy(Source maker) {
    this.source = maker;
  }

  Source source() {
    return source;
  }

  /// @return whether it was not done before
  boolean complete(StoredValue stored) {
    source = NONE;
    return value.complete(stored);
  }

  /// @return whether it was not done before
  boolean fail(MantaException failure) {
    source = NONE;
    return value.completeExceptionally(failure);
  }

  /// Calls back on the completing thread, or at once; the callback must be short and not throw.
  void whenDone(BiConsumer<@Nullable StoredValue, @Nullable MantaException> callback) {
    source.request();
    value.whenComplete(
        (stored, failure) -> Turns.run(() -> callback.accept(stored, cause(failure))));
  }

  /// The stored value, when done without a failure.
  @Nullable StoredValue peek() {
    return value.isDone() && !value.isCompletedExceptionally() ? value.join() : null;
  }

  /// The failure, when done with one.
  @Nullable MantaException failure() {
    return value.isCompletedExceptionally() ? cause(value.exceptionNow()) : null;
  }

  private static @Nullable MantaException cause(@Nullable Throwable failure) {
    if (failure == null) {
      return null;
    }
    Throwable at = failure;
    while (at instanceof CompletionException && at.getCause() != null) {
      at = at.getCause();
    }
    return at instanceof MantaException known ? known : Failed.bySystem(at);
  }

  @Override
  public ObjectId id() {
    return id;
  }

  @Override
  public T get() {
    if (!value.isDone()) {
      await(Long.MAX_VALUE);
    }
    return read(value);
  }

  @Override
  public T get(Duration timeout) {
    if (!value.isDone() && !await(nanos(timeout))) {
      throw new GetTimeoutException(
          id + " was not there within " + timeout + ": " + source.describe());
    }
    return read(value);
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
    source.request();
    if (nanos == Long.MAX_VALUE) {
      Waits.await(this, value);
      return true;
    }
    return Waits.await(value, nanos, id);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // T says whether null may come out
  private T read(CompletableFuture<StoredValue> done) {
    StoredValue stored;
    try {
      stored = done.join();
    } catch (CompletionException e) {
      MantaException failure = cause(e);
      throw failure == null ? new IllegalStateException(e) : Failed.rethrown(failure);
    }
    return (T) stored.read(codec());
  }

  @Override
  public boolean isDone() {
    return value.isDone();
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
                        read = (T) stored.read(codec());
                      } catch (RuntimeException e) {
                        problem = e;
                      }
                    }
                    callback.accept(read, problem);
                  } catch (Throwable e) {
                    LOG.warn("a callback of {} failed", id, e);
                  }
                }));
  }

  @Override
  public CompletionStage<T> toCompletionStage() {
    source.request();
    return value.handleAsync(
        (stored, failure) -> {
          if (failure != null) {
            throw new CompletionException(cause(failure));
          }
          return read(value);
        },
        runtime.callbacks());
  }

  @Override
  public <R extends @Nullable Object> ObjectRef<R> map(
      RemoteFunction<? super T, ? extends R> function) {
    Ref<R> mapped = runtime.objects().newRef(job);
    new Step(mapped, "map of " + id)
        .after(this, value -> mapped.complete(StoredValue.of(function.apply(value), codec())));
    return mapped;
  }

  @Override
  public <R extends @Nullable Object> ObjectRef<R> then(
      RemoteFunction<? super T, ? extends ObjectRef<R>> function) {
    Ref<R> next = runtime.objects().newRef(job);
    var step = new Step(next, "then of " + id);
    step.after(this, value -> step.follow((Ref<R>) function.apply(value)));
    return next;
  }

  @Override
  public boolean cancel() {
    if (value.isDone()) {
      return false;
    }
    Source maker = source;
    if (maker == NONE) {
      return false;
    }
    boolean first = fail(Failed.cancelled(id.toString()));
    maker.cancel();
    return first;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Ref<?> that && id.equals(that.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id + (value.isDone() ? "" : " (pending)");
  }
}
