package io.manta.objects.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A platform thread that does a store's work on files. It is never interrupted, as that would
/// close the channel it works on; and no caller does such work itself, as a caller may be.
final class StoreThread implements AutoCloseable {
  private final ScheduledThreadPoolExecutor executor;

  StoreThread(String name) {
    executor =
        new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name(name).factory());
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
  }

  /// Runs work and waits for it; an interrupt meanwhile is kept for later.
  ///
  /// @throws IllegalStateException when the store is closed
  <T> T call(Callable<T> work) throws IOException {
    Future<T> future;
    try {
      future = executor.submit(work);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the object store is closed", e);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw rethrow(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException rethrow(@Nullable Throwable cause) throws IOException {
    switch (cause) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> throw new UncheckedIOException(new IOException(cause));
    }
  }

  /// Runs work some time; not at all once the store is closed.
  void start(Runnable work) {
    try {
      executor.execute(work);
    } catch (RejectedExecutionException e) {
      // closed: its files go as a whole
    }
  }

  void every(Duration pause, Runnable work) {
    executor.scheduleWithFixedDelay(work, pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Ends after the work that was given already.
  @Override
  public void close() {
    executor.close();
  }
}
