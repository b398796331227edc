package io.manta.scheduler;

import java.time.Duration;

/// How long what has to do with leases takes, the same in a cluster and in its simulation.
public final class LeaseTimes {
  /// How long a lease is kept although others wait.
  public static final Duration QUANTUM = Duration.ofMillis(200);

  /// The first tasks of a new lease are still on their way.
  public static final Duration NEW = Duration.ofMillis(50);

  /// How long a process keeps a lease that it has no work for while other work of it waits.
  public static final Duration YIELD = Duration.ofNanos(500_000);

  /// How long it keeps one while nothing waits.
  public static final Duration LINGER = Duration.ofMillis(300);

  /// After how long a process asks again for what it was not granted; each time twice as long.
  public static final Duration ASK = Duration.ofMillis(40);

  /// The longest that it waits before it asks again.
  public static final Duration MOST_ASK = Duration.ofMillis(640);

  /// How long a node keeps a claim that it does not hear of again.
  public static final Duration CLAIM = MOST_ASK.multipliedBy(3);

  /// As much work is sent ahead to a slot as it does in this time.
  public static final Duration AHEAD = Duration.ofMillis(3);

  /// When no task of a lease has ended for so long, those that were sent ahead go back.
  public static final Duration STUCK = Duration.ofMillis(100);

  /// How often a node looks whether leases are to end.
  public static final Duration RECALL = Duration.ofMillis(100);

  private static final Duration STATUS = Duration.ofMillis(20);

  /// Each process hears of no more than that many changes a second.
  private static final int STATUSES_A_SECOND = 1000;

  private LeaseTimes() {}

  /// How often a node tells of what has changed, in a cluster of so many: 20 ms for up to 20.
  public static Duration statusInterval(int nodes) {
    Duration bounded = Duration.ofSeconds(1).multipliedBy(nodes).dividedBy(STATUSES_A_SECOND);
    return bounded.compareTo(STATUS) > 0 ? bounded : STATUS;
  }
}
