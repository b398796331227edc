package io.manta.actors.internal;

import io.manta.core.WaitInterruptedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Blocking in the name of a user: what the task that waits holds goes to others meanwhile.
final class Waits {
  private Waits() {}

  /// @param nanos [Long#MAX_VALUE] for no limit
  /// @param what is waited for, in words
  /// @return whether the future is done, with a value or a failure
  /// @throws WaitInterruptedException with the thread's interrupt set again
  static boolean await(CompletableFuture<?> future, long nanos, Object what) {
    if (future.isDone()) {
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
}
