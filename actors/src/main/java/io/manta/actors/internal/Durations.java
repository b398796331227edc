package io.manta.actors.internal;

import java.math.BigDecimal;
import java.time.Duration;

/// Durations as people write them.
final class Durations {
  private Durations() {}

  /// `250 ms`, or from a second on `1.5 s`.
  static String text(Duration duration) {
    BigDecimal seconds =
        BigDecimal.valueOf(duration.getSeconds()).add(BigDecimal.valueOf(duration.getNano(), 9));
    return seconds.abs().compareTo(BigDecimal.ONE) < 0
        ? plain(seconds.movePointRight(3)) + " ms"
        : plain(seconds) + " s";
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }
}
