package io.manta.benchmarks;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/// Numbers for people.
final class Figures {
  private Figures() {}

  /// Four significant digits, thousands set apart: `1.234`, `12,346`.
  static String amount(double value) {
    if (Math.abs(value) >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }

  /// How many times better: `12x`, `0.85x`.
  static String ratio(double value) {
    String digits =
        value >= 100
            ? String.format(Locale.ROOT, "%,.0f", value)
            : new BigDecimal(value).round(new MathContext(2)).toPlainString();
    return digits + "x";
  }
}
