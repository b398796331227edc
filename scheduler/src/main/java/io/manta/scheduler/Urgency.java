package io.manta.scheduler;

import io.manta.core.Resources;
import java.time.Duration;

/// In which order what waits on a node gets what becomes free, on one scale: seconds of waiting.
/// All that waits becomes more urgent without a limit, so nothing starves.
final class Urgency {
  /// What a job that has the whole node counts as having waited less.
  private static final double WHOLE_NODE_SECONDS = 10;

  private static final double SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private Urgency() {}

  /// @param waitedNanos since it was queued, or since others of its kind got their turn
  /// @param priority each point counts as a second of waiting
  /// @param share of the node that its job has, 0 to 1
  static double of(long waitedNanos, int priority, double share) {
    return waitedNanos / SECOND_NANOS + priority - WHOLE_NODE_SECONDS * share;
  }

  /// What a priority counts as, in nanoseconds of waiting.
  static long nanos(int priority) {
    return Duration.ofSeconds(priority).toNanos();
  }

  /// The dominant share: of the resource that is used most, the part that is used.
  static double share(Resources used, Resources total) {
    return total.used(total, used);
  }
}
