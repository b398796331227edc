package io.manta.actors.internal;

import io.manta.core.WaitCycleException;
import io.manta.core.WaitInterruptedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Blocking in the name of a user: what the task that waits holds goes to others meanwhile.
final class Waits {
  /// About what it takes to wake a thread of the operating system.
  private static final long SPIN_NANOS = 20_000;

  private static final boolean SPINS = Runtime.getRuntime().availableProcessors() > 1;

  private Waits() {}

  /// Waits for a ref, for as long as it takes.
  ///
  /// @throws WaitInterruptedException with the thread's interrupt set again
  /// @throws WaitCycleException when it would take for ever
  static void await(Ref<?> ref, CompletableFuture<?> value) {
    CurrentCall call = CurrentCall.orNull();
    if (call == null || value.isDone()) {
      await(value, Long.MAX_VALUE, ref.id());
      return;
    }
    call.beginWait(ref);
    WaitInterruptedException interrupted = null;
    WaitCycleException cycle;
    try {
      await(value, Long.MAX_VALUE, ref.id());
    } catch (WaitInterruptedException e) {
      interrupted = e;
    } finally {
      cycle = call.endWait();
    }
    rethrow(cycle, interrupted);
  }

  private static void rethrow(
      @Nullable WaitCycleException cycle, @Nullable WaitInterruptedException interrupted) {
    if (cycle != null && interrupted != null) {
      throw Failed.rethrown(cycle);
    }
    if (interrupted != null) {
      throw interrupted;
    }
  }

  /// Runs what waits several times: what the task holds goes to others until the last wait is over.
  static void inARow(Runnable waits) {
    CurrentCall call = CurrentCall.orNull();
    if (call == null || !call.beforeWaits()) {
      waits.run();
      return;
    }
    try {
      waits.run();
    } finally {
      call.afterWait();
    }
  }

  /// @param nanos [Long#MAX_VALUE] for no limit
  /// @param what is waited for, in words
  /// @return whether the future is done, with a value or a failure
  /// @throws WaitInterruptedException with the thread's interrupt set again
  static boolean await(CompletableFuture<?> future, long nanos, Object what) {
    if (future.isDone() || spin(future, nanos)) {
      return true;
    }
    CurrentCall call = CurrentCall.orNull();
    if (call != null) {
      call.beforeWait();
    }
    try {
      if (nanos == Long.MAX_VALUE) {
        future.get();
      } else {
        future.get(nanos, TimeUnit.NANOSECONDS);
      }
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException("interrupted while waiting for " + what, e);
    } finally {
      if (call != null) {
        call.afterWait();
      }
    }
  }

  /// An actor nearby answers sooner than a thread of the operating system falls asleep and wakes.
  /// Virtual threads wake at little cost, and leave their carrier to others meanwhile.
  private static boolean spin(CompletableFuture<?> future, long nanos) {
    if (!SPINS || Thread.currentThread().isVirtual()) {
      return false;
    }
    long start = System.nanoTime();
    long limit = Math.min(SPIN_NANOS, nanos);
    while (!future.isDone()) {
      if (System.nanoTime() - start > limit) {
        return false;
      }
      Thread.onSpinWait();
    }
    return true;
  }

  /// Waits for the value of a stage, for as long as it takes.
  ///
  /// @throws Throwable what the stage failed with
  static @Nullable Object stage(CompletionStage<?> stage) throws Throwable {
    CompletableFuture<?> future = stage.toCompletableFuture();
    await(future, Long.MAX_VALUE, "the stage that the method gave");
    try {
      return future.join();
    } catch (CompletionException e) {
      throw unwrapped(e);
    }
  }

  /// What a future wrapped.
  static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean wraps = failure instanceof CompletionException || failure instanceof ExecutionException;
    return wraps && cause != null ? cause : failure;
  }
}
