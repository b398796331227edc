package io.manta.objects.store;

import io.manta.objects.store.Ledger.Count;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a store does by itself: spills in time, gives up memory that it doesn't need, or that
/// others of the host call for, and removes what dead processes left.
final class Housekeeping implements Runnable, Memory.Shortage {
  static final Duration PERIOD = Duration.ofMillis(100);
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
  private static final int TRIM_NEIGHBOURS = 10;
  private static final int SWEEP = 50;
  private static final Duration COLLECT = Duration.ofSeconds(1);

  private final HostFolder host;
  private final Memory memory;
  private final Spiller spiller;
  private final Neighbours neighbours;
  private final BooleanSupplier viewed;
  private final AtomicLong collected;
  private long calls;
  private int runs;

  Housekeeping(
      HostFolder host,
      Memory memory,
      Spiller spiller,
      Neighbours neighbours,
      BooleanSupplier viewed) {
    this.host = host;
    this.memory = memory;
    this.spiller = spiller;
    this.neighbours = neighbours;
    this.viewed = viewed;
    collected = new AtomicLong(System.nanoTime() - COLLECT.toNanos());
    calls = host.ledger().calls();
  }

  @Override
  public void run() {
    try {
      memory.trim(false);
      spiller.check(Count.USED);
      answerCalls();
      runs++;
      if (runs % TRIM_NEIGHBOURS == 0) {
        neighbours.trim();
      }
      if (runs % SWEEP == 0) {
        host.sweep();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("The object store in {} could not be tidied", host.folder(), e);
    }
  }

  private void answerCalls() {
    long now = host.ledger().calls();
    if (now != calls) {
      calls = now;
      memory.trim(true);
      spiller.check(Count.RESERVED);
      collectViews();
    }
  }

  @Override
  public void relieve(long bytes) {
    host.ledger().call();
    spiller.spill(bytes);
    collectViews();
  }

  @Override
  public String trouble() {
    return spiller.trouble();
  }

  /// Views that nobody reaches keep memory until the collector finds them, and it has no reason to
  /// look: they take next to nothing of the heap. The JDK's direct buffers ask it the same way.
  private void collectViews() {
    long last = collected.get();
    long now = System.nanoTime();
    if (now - last >= COLLECT.toNanos()
        && viewed.getAsBoolean()
        && collected.compareAndSet(last, now)) {
      System.gc();
    }
  }
}
