package io.manta.durable.jdbc;

import java.time.Duration;

/// How long a call of the store may take.
///
/// @param connection to wait for a connection before another attempt
/// @param call in all, attempts that failed included
record TimeLimits(Duration connection, Duration call) {
  TimeLimits {
    if (connection.toMillis() < 250 || connection.multipliedBy(2).compareTo(call) > 0) {
      throw new IllegalArgumentException(
          "%s for a connection must be 250 ms or more, and at most half of the %s for a call"
              .formatted(connection, call));
    }
  }

  static TimeLimits defaults() {
    return new TimeLimits(Duration.ofSeconds(2), Duration.ofSeconds(10));
  }
}
