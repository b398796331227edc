package io.manta.actors.internal;

import io.manta.core.DataSize;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What tasks that wait take of this process's heap. Who submits tasks faster than they start is
/// slowed down to that at the limit: it waits until some have started. A task or an actor that
/// submits goes on after a while: what it holds may be what they wait for.
final class Backlog {
  private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

  /// About what a task takes besides its closure, with its ref.
  private static final int TASK_BYTES = 512;

  private static final Duration LOOK_AGAIN = Duration.ofMillis(1);
  private static final Duration LOOK_SELDOM = Duration.ofMillis(20);
  private static final Duration TELL = Duration.ofSeconds(5);
  private static final Duration MOST_IN_A_CALL = Duration.ofSeconds(1);

  private final MantaRuntime runtime;
  private final DataSize limit;
  private final AtomicBoolean toldInCall = new AtomicBoolean();

  /// Tasks that are in no line yet, since what they captured is not done.
  private final AtomicInteger unready = new AtomicInteger();

  /// Of closures of tasks that are not over, which may run again.
  private final AtomicLong closures = new AtomicLong();

  /// Of these, what belongs to tasks that run.
  private final AtomicLong running = new AtomicLong();

  /// The closure of a task.
  final class Closure {
    private final long bytes;
    private boolean runs;
    private boolean over;

    private Closure(long bytes) {
      this.bytes = bytes;
      closures.addAndGet(bytes);
    }

    /// It begins to run, or ended and waits again.
    synchronized void runs(boolean now) {
      if (runs != now && !over) {
        runs = now;
        running.addAndGet(now ? bytes : -bytes);
      }
    }

    private synchronized void over() {
      runs(false);
      over = true;
      closures.addAndGet(-bytes);
    }
  }

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
    long start = System.nanoTime();
    boolean inCall = CurrentCall.orNull() != null;
    boolean told = false;
    Duration look = LOOK_AGAIN;
    while (isFull() && !runtime.isClosed()) {
      long waited = System.nanoTime() - start;
      if (inCall && waited > MOST_IN_A_CALL.toNanos()) {
        if (toldInCall.compareAndSet(false, true)) {
          LOG.warn("a task that submits others is slowed down to one each second: {}", why());
        }
        return;
      }
      if (!told && waited > TELL.toNanos()) {
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
    long bytes = CurrentCall.orNull() == null ? bytes() : bytes() - running.get();
    return bytes >= limit.bytes();
  }

  /// A task was submitted.
  ///
  /// @return its closure; null for a small one
  @Nullable Closure add(Capture body, Ref<?> ref) {
    long bytes = body.heldBytes();
    if (bytes <= TASK_BYTES) {
      return null;
    }
    var closure = new Closure(bytes);
    ref.whenDone((value, failure) -> closure.over());
    return closure;
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
