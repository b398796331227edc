package io.manta.actors.internal;

import io.manta.core.DataSize;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What tasks that wait take of this process's heap. Who submits tasks faster than they start is
/// slowed down to that at the limit: it waits until some have started.
final class Backlog {
  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

  /// About what a task takes besides its closure, with its ref.
  private static final int TASK_BYTES = 512;

  private static final Duration LOOK_AGAIN = Duration.ofMillis(1);
  private static final Duration LOOK_SELDOM = Duration.ofMillis(20);
  private static final Duration TELL = Duration.ofSeconds(5);

  private final MantaRuntime runtime;
  private final DataSize limit;

  /// Tasks that are in no line yet, since what they captured is not done.
  private final AtomicInteger unready = new AtomicInteger();

  /// Of closures of tasks that are not over, which may run again.
  private final AtomicLong closures = new AtomicLong();

  Backlog(MantaRuntime runtime, DataSize limit) {
    this.runtime = runtime;
    this.limit = limit;
  }

  /// Blocks while as much waits as may. What the calling task holds goes to others meanwhile.
  ///
  /// @throws io.manta.core.WaitInterruptedException with the thread's interrupt set again
  void awaitRoom() {
    if (isFull()) {
      Waits.inARow(this::awaitSome);
    }
  }

  private void awaitSome() {
    long tellNanos = System.nanoTime() + TELL.toNanos();
    boolean told = false;
    Duration look = LOOK_AGAIN;
    while (isFull() && !runtime.isClosed()) {
      if (!told && System.nanoTime() > tellNanos) {
        told = true;
        LOG.warn("submit waits: {}", why());
      }
      Waits.await(new CompletableFuture<>(), look.toNanos(), "tasks to start");
      look = look.compareTo(LOOK_SELDOM) < 0 ? look.multipliedBy(2) : LOOK_SELDOM;
    }
  }

  private String why() {
    return ("%d tasks wait, and with %s that tasks captured which are not over they take about %s,"
            + " where pending-limit is %s. It goes on when some have started, or ended; what they"
            + " wait for, manta.pending() tells")
        .formatted(waiting(), new DataSize(closures.get()), new DataSize(bytes()), limit);
  }

  private long waiting() {
    return runtime.admission().waiting() + unready.get();
  }

  private long bytes() {
    return waiting() * TASK_BYTES + closures.get();
  }

  /// A task that waits here for its children keeps its closure, so those may be submitted.
  private boolean isFull() {
    long bytes = CurrentCall.orNull() == null ? bytes() : waiting() * TASK_BYTES;
    return bytes >= limit.bytes();
  }

  /// A task was submitted.
  void add(Capture closure, Ref<?> ref) {
    long bytes = closure.heldBytes();
    if (bytes > TASK_BYTES) {
      closures.addAndGet(bytes);
      ref.whenDone((value, failure) -> closures.addAndGet(-bytes));
    }
  }

  /// A task waits for what it captured.
  void unready() {
    unready.incrementAndGet();
  }

  /// What it captured is done, or failed.
  void ready() {
    unready.decrementAndGet();
  }
}
