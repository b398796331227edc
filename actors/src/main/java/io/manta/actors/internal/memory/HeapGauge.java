package io.manta.actors.internal.memory;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/// Measures the heap without its garbage. What is in use with garbage is an upper bound that costs
/// nothing to know; only where that is near the limit a collection tells the two apart. One is due
/// then anyway: the collector would begin it by itself before long. At most a tenth of the time
/// goes to such collections, but for one after each task that was failed, and between two of them
/// the last one stands.
final class HeapGauge implements Gauge {
  private static final Duration LEAST_BETWEEN = Duration.ofSeconds(1);
  private static final int TIMES_AS_LONG = 9;

  private final Heap heap;
  private final LongSupplier clock;
  private final double near;
  private long takenNanos;
  private long nextNanos;

  /// @param near the part of the heap from which garbage is told apart
  HeapGauge(Heap heap, LongSupplier clock, double near) {
    this.heap = heap;
    this.clock = clock;
    this.near = near;
    this.nextNanos = clock.getAsLong();
  }

  @Override
  public List<MemoryReading> read() {
    long now = clock.getAsLong();
    long used = heap.used();
    if (used < near * heap.most()) {
      return List.of(reading(used, now));
    }
    if (now - nextNanos >= 0) {
      heap.collect();
      takenNanos = now;
      long end = clock.getAsLong();
      nextNanos = end + Math.max(LEAST_BETWEEN.toNanos(), TIMES_AS_LONG * (end - now));
    }
    return List.of(reading(Math.min(used, heap.kept()), takenNanos));
  }

  @Override
  public void measureAnew() {
    nextNanos = clock.getAsLong();
  }

  private MemoryReading reading(long used, long taken) {
    return new MemoryReading(MemoryReading.Kind.HEAP, used, heap.most(), taken, true);
  }
}
