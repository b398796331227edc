package io.manta.testkit;

import io.manta.testkit.LinkFault.Passage;
import java.util.concurrent.TimeUnit;

/// What goes from one process to another, over all connections. Safe for use by many threads.
final class Way {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private LinkFault fault;

  /// When all that was sent has passed, as far as the bandwidth goes.
  private long freeNanos = System.nanoTime();

  Way(LinkFault fault) {
    this.fault = fault;
  }

  synchronized void set(LinkFault next) {
    fault = next;
    notifyAll();
  }

  synchronized boolean isCut() {
    return fault.passage() == Passage.CUT;
  }

  /// When what is sent now arrives at the earliest.
  synchronized long arrivalNanos() {
    return System.nanoTime() + fault.delay().toNanos();
  }

  /// Blocks until so many bytes that arrive then have passed, or are lost.
  ///
  /// @return whether they passed
  synchronized boolean pass(int bytes, long arrivalNanos) throws InterruptedException {
    await(arrivalNanos);
    if (fault.bandwidth().isPresent() && bytes > 0) {
      long takes = bytes * SECOND / fault.bandwidth().get().bytes();
      freeNanos = Math.max(System.nanoTime(), freeNanos) + takes;
      await(freeNanos);
    }
    while (fault.passage() == Passage.STALLED) {
      wait();
    }
    return fault.passage() == Passage.OPEN;
  }

  private void await(long untilNanos) throws InterruptedException {
    long left;
    while ((left = untilNanos - System.nanoTime()) > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 100_000));
    }
  }
}
