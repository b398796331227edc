package io.manta.serve.internal;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Runs short work later.
@FunctionalInterface
interface Timer {
  /// Runs the work once, after a delay.
  ///
  /// @throws java.util.concurrent.RejectedExecutionException when the timer has ended
  void after(Duration delay, Runnable work);

  static Timer of(ScheduledExecutorService executor) {
    return (delay, work) -> executor.schedule(work, delay.toNanos(), TimeUnit.NANOSECONDS);
  }
}
