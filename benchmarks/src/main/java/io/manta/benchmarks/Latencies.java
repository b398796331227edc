package io.manta.benchmarks;

import java.util.Arrays;

/// How long each of many calls took, in ascending order; at least one.
final class Latencies {
  private final long[] nanos;

  private Latencies(long[] nanos) {
    this.nanos = nanos;
  }

  /// Collects latencies; for one thread.
  static final class Recorder {
    private long[] nanos = new long[1 << 16];
    private int count;

    void add(long latencyNanos) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = latencyNanos;
    }

    Latencies sorted() {
      if (count == 0) {
        throw new IllegalStateException("no call was made");
      }
      long[] sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      return new Latencies(sorted);
    }
  }

  double percentileMicros(double percent) {
    return nanos[Math.min(nanos.length - 1, (int) (nanos.length * percent / 100))] / 1e3;
  }

  double percentileMillis(double percent) {
    return percentileMicros(percent) / 1e3;
  }

  /// Calls per second of time spent in calls.
  double rate() {
    return nanos.length * 1e9 / Arrays.stream(nanos).sum();
  }

  int count() {
    return nanos.length;
  }
}
