package io.manta.core;

import java.time.Duration;

/// How long to wait before something that failed is tried again: `first`, then twice as long each
/// time, at most `most`, of which a random half is left out, so that those that failed together do
/// not come back together ("equal jitter" in M. Brooker, Exponential Backoff And Jitter, 2015).
///
/// @param first before the first retry; zero for no wait at all
/// @param most not less than `first`
public record Backoff(Duration first, Duration most) {
  private static final Backoff NONE = new Backoff(Duration.ZERO, Duration.ZERO);
  private static final int MOST_DOUBLINGS = 30;

  public Backoff {
    if (first.isNegative() || most.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "a back-off from %s to %s must start at 0 or more and not shrink".formatted(first, most));
    }
  }

  /// Tries again at once.
  public static Backoff none() {
    return NONE;
  }

  /// @param failures so far, 1 or more
  /// @param random from 0 to 1
  public Duration delay(int failures, double random) {
    int doublings = Math.min(failures - 1, MOST_DOUBLINGS);
    boolean reached = most.toMillis() >> doublings < first.toMillis();
    long longest = reached ? most.toMillis() : first.toMillis() << doublings;
    return Duration.ofMillis(Math.round(longest * (0.5 + 0.5 * random)));
  }
}
