package io.manta.actors.internal;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;

/// Durations as people write them.
final class Durations {
  private static final int DIGITS = 3;

  private Durations() {}

  /// `250 ms`, or from a second on `1.5 s`: three digits, and whole seconds in any case.
  static String text(Duration duration) {
    BigDecimal exact =
        BigDecimal.valueOf(duration.getSeconds()).add(BigDecimal.valueOf(duration.getNano(), 9));
    BigDecimal seconds =
        exact.round(new MathContext(Math.max(DIGITS, exact.precision() - exact.scale())));
    return seconds.abs().compareTo(BigDecimal.ONE) < 0
        ? plain(seconds.movePointRight(3)) + " ms"
        : plain(seconds) + " s";
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }
}
