package io.manta.actors;

import java.time.Duration;

/// What drives the timers of actors; tests give one that they turn themselves.
@FunctionalInterface
public interface TimeSource {
  /// Calls back once, after a delay. The callback is short and does not throw.
  ///
  /// @return what prevents it, if it is not too late
  Runnable schedule(Duration delay, Runnable due);
}
