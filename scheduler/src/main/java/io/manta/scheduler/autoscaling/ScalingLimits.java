package io.manta.scheduler.autoscaling;

import java.time.Duration;

/// How soon a cluster grows and shrinks.
///
/// @param patience for how long work has waited before nodes are started for it: it may find room
/// @param idle for how long nothing has been on a node before it is given back
/// @param startTime after which a node that was asked for and did not join is not counted on
/// @param mostAtOnce how many nodes are started at a time at most
public record ScalingLimits(Duration patience, Duration idle, Duration startTime, int mostAtOnce) {
  /// A second, a minute, five minutes, ten nodes.
  public static ScalingLimits defaults() {
    return new ScalingLimits(
        Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofMinutes(5), 10);
  }
}
