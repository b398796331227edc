package io.manta.benchmarks.experiments;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/// The latencies of numbered events, each begun by one thread and ended by any. An event that never
/// ends counts with the time it has waited when the figures are asked for.
final class Latencies {
  private final AtomicLongArray begun;
  private final AtomicLongArray ended;
  private int count;

  Latencies(int capacity) {
    begun = new AtomicLongArray(capacity);
    ended = new AtomicLongArray(capacity);
  }

  /// Called by the one thread that begins events.
  int begin() {
    begun.set(count, System.nanoTime());
    return count++;
  }

  void end(int event) {
    ended.set(event, System.nanoTime());
  }

  /// Reports the percentiles 50 and 99 and the maximum, in the unit of this many nanoseconds, of
  /// the events from this one on.
  void report(String figure, String unit, double nanos, int from) {
    long now = System.nanoTime();
    long[] sorted = new long[count - from];
    for (int event = from; event < count; event++) {
      long end = ended.get(event);
      sorted[event - from] = (end == 0 ? now : end) - begun.get(event);
    }
    Arrays.sort(sorted);
    Repeated.report(figure + " p50 " + unit, sorted[sorted.length / 2] / nanos);
    Repeated.report(figure + " p99 " + unit, sorted[(int) (sorted.length * 0.99)] / nanos);
    Repeated.report(figure + " max " + unit, sorted[sorted.length - 1] / nanos);
  }
}
