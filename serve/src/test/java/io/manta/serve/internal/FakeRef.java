package io.manta.serve.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.CancelOptions;
import io.manta.core.GetTimeoutException;
import io.manta.core.ObjectId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteFunction;
import io.manta.core.TaskCancelledException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// A ref that a test completes; callbacks run on its thread.
final class FakeRef<T> implements ObjectRef<T> {
  private final CompletableFuture<T> value = new CompletableFuture<>();

  void complete(T result) {
    value.complete(result);
  }

  void fail(Throwable failure) {
    value.completeExceptionally(failure);
  }

  @Override
  public ObjectId id() {
    throw new UnsupportedOperationException();
  }

  @Override
  public T get() {
    return value.join();
  }

  @Override
  public T get(Duration timeout) {
    try {
      return value.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new GetTimeoutException("late", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ActorDiedException death) {
        // As real ones do: an exception for each reader, whose cause is the first one's or that.
        Throwable cause = death.getCause();
        throw new ActorDiedException(
            death.reason(), death.getMessage(), cause == null ? death : cause);
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean isDone() {
    return value.isDone();
  }

  @Override
  public void onComplete(BiConsumer<? super T, ? super Throwable> callback) {
    value.whenComplete(callback);
  }

  @Override
  public CompletionStage<T> toCompletionStage() {
    return value.minimalCompletionStage();
  }

  @Override
  public <R extends @Nullable Object> ObjectRef<R> map(
      RemoteFunction<? super T, ? extends R> function) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <R extends @Nullable Object> ObjectRef<R> then(
      RemoteFunction<? super T, ? extends ObjectRef<R>> function) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}

  @Override
  public boolean cancel(CancelOptions options) {
    return value.completeExceptionally(new TaskCancelledException("cancelled"));
  }
}
