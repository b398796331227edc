package io.manta.actors.internal;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The calls of one concurrency group of an actor that wait, and the virtual threads that run them,
/// at most as many at a time as the group allows.
final class Lane {
  /// Calls in a row before others get the carrier.
  private static final int BATCH = 256;

  /// Waiting calls before it is told that the actor does not keep up; and each time they doubled.
  private static final int MANY = 1 << 14;

  private final ActorCell cell;
  private final int limit;
  private final ConcurrentLinkedQueue<HostedCall> calls = new ConcurrentLinkedQueue<>();

  /// Calls that wait or run.
  private final AtomicInteger load = new AtomicInteger();

  private final AtomicInteger runners = new AtomicInteger();

  Lane(ActorCell cell, int limit) {
    this.cell = cell;
    this.limit = limit;
  }

  int load() {
    return load.get();
  }

  /// Queues a call; those of one thread start in order.
  void add(HostedCall call) {
    calls.add(call);
    int before = load.getAndIncrement();
    if (before < limit && cell.isAlive()) {
      addRunners();
    }
    if (before >= MANY && (before & (before - 1)) == 0) {
      cell.warnOfLoad(before);
    }
  }

  /// Has the calls run that wait; to be called when the actor has started.
  void addRunners() {
    while (true) {
      int now = runners.get();
      if (now >= limit || now >= load.get()) {
        return;
      }
      if (runners.compareAndSet(now, now + 1)) {
        cell.startRunner(this);
      }
    }
  }

  /// Has a runner see that the actor stops, if none will by itself.
  void wake() {
    if (runners.compareAndSet(0, 1)) {
      cell.startRunner(this);
    }
  }

  /// The thread that starts the actor becomes a runner when it has.
  void takeRunner() {
    runners.incrementAndGet();
  }

  /// The work of a runner.
  void drain() {
    int inRow = 0;
    while (true) {
      HostedCall call = cell.isMoving() ? pollOwn() : calls.poll();
      if (call == null) {
        runners.decrementAndGet();
        boolean stops = cell.isStopping(); // read before the queue: calls that came before it run
        if (calls.isEmpty() || cell.isMoving()) {
          if (stops) {
            cell.endIfIdle();
          }
          return;
        }
        // A call that was added since then found enough runners.
        if (!claimRunner()) {
          return;
        }
      } else {
        cell.perform(call);
        load.decrementAndGet();
        if (++inRow % BATCH == 0) {
          Thread.yield();
        }
      }
    }
  }

  /// What a stage under way may need to be done, while the actor is to leave.
  private @Nullable HostedCall pollOwn() {
    if (cell.awaitsStages()) {
      for (HostedCall call : calls) {
        if (call instanceof OwnAction && calls.remove(call)) {
          return call;
        }
      }
    }
    return null;
  }

  private boolean claimRunner() {
    while (true) {
      int now = runners.get();
      if (now >= limit) {
        return false;
      }
      if (runners.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /// Takes all runners, so that nothing runs any more.
  ///
  /// @return whether nothing ran
  boolean close() {
    return runners.compareAndSet(0, limit);
  }

  void reopen() {
    runners.addAndGet(-limit);
    addRunners();
  }

  /// Takes what waits.
  @Nullable HostedCall poll() {
    HostedCall call = calls.poll();
    if (call != null) {
      load.decrementAndGet();
    }
    return call;
  }
}
