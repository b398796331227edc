package io.manta.actors.internal;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A thread that does what is due, and does not swallow what that throws.
final class Timer extends ScheduledThreadPoolExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(Timer.class);

  private final Consumer<Throwable> failed;

  /// @param failed told of what work threw; somebody may wait for the rest of it
  Timer(String name, Consumer<Throwable> failed) {
    super(1, Thread.ofPlatform().daemon().name(name).factory());
    this.failed = failed;
    setRemoveOnCancelPolicy(true); // a timeout is mostly cancelled
  }

  /// Does it after a while, but not once this is shut down.
  void later(Duration delay, Runnable step) {
    try {
      schedule(step, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }

  @Override
  protected void afterExecute(Runnable work, @Nullable Throwable thrown) {
    super.afterExecute(work, thrown);
    if (work instanceof Future<?> future && future.state() == Future.State.FAILED) {
      failed.accept(future.exceptionNow());
    }
  }
}
