package io.manta.actors.internal;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// Says when a collection of garbage is worth asking for, so that objects whose refs became
/// unreachable are found within seconds also in a process that makes little garbage. One that finds
/// nothing doubles the time to the next.
final class GarbageNudge {
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final Duration MOST = Duration.ofMinutes(5);
  private static final long SMALL_HEAP = 128L << 20;

  /// A collection is followed by that many times as long without.
  private static final int PART = 10;

  private static final AtomicLong EARLIEST = new AtomicLong(System.nanoTime());

  private long lastNanos;
  private long intervalNanos;
  private long keptThen;
  private long keptNow;

  /// Asks for a collection where it does not stop the program for long: by a concurrent collector,
  /// or of a small heap; and so seldom that all of them take a small part of the time. Blocks until
  /// it is over.
  static void collectIfCheap() {
    long now = System.nanoTime();
    long earliest = EARLIEST.get();
    if (now - earliest >= 0
        && isCheap()
        && EARLIEST.compareAndSet(earliest, now + PART * MOST.toNanos())) {
      System.gc();
      long end = System.nanoTime();
      EARLIEST.set(end + PART * (end - now));
    }
  }

  private static boolean isCheap() {
    var runtime = Runtime.getRuntime();
    return Collector.CONCURRENT || runtime.totalMemory() - runtime.freeMemory() < SMALL_HEAP;
  }

  /// Found when it is needed first, since that takes a while.
  private static final class Collector {
    private static final boolean CONCURRENT =
        Stream.of("ExplicitGCInvokesConcurrent", "UseZGC", "UseShenandoahGC")
            .anyMatch(Collector::isSet);

    private static boolean isSet(String option) {
      var machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      try {
        return machine != null && Boolean.parseBoolean(machine.getVMOption(option).getValue());
      } catch (IllegalArgumentException e) {
        return false; // this virtual machine has no such collector
      }
    }
  }

  GarbageNudge(long nowNanos) {
    lastNanos = nowNanos;
    intervalNanos = FIRST.toNanos();
  }

  /// To be called about once a second.
  ///
  /// @param kept how many objects are kept until a collection finds that nobody uses them
  boolean due(long nowNanos, long kept) {
    if (kept > keptNow) {
      intervalNanos = FIRST.toNanos();
    }
    keptNow = kept;
    if (kept == 0 || nowNanos - lastNanos < intervalNanos) {
      return false;
    }
    lastNanos = nowNanos;
    intervalNanos = kept < keptThen ? FIRST.toNanos() : Math.min(2 * intervalNanos, MOST.toNanos());
    keptThen = kept;
    return true;
  }
}
