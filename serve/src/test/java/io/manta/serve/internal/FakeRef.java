package io.manta.serve.internal;

import io.manta.core.GetTimeoutException;
import io.manta.core.ObjectId;
import io.manta.core.ObjectRef;
import io.manta.core.TaskCancelledException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

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
    return value
        .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            e -> {
              throw new GetTimeoutException("late", e);
            })
        .join();
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
  public boolean cancel() {
    return value.completeExceptionally(new TaskCancelledException("cancelled"));
  }
}
