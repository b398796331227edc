package io.manta.benchmarks;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Optional;

/// What one case found: the median of its repetitions and how far they lay apart. Its JSON form is
/// a line that benchmarks of peers write too.
///
/// @param peer what was measured, such as `manta-embedded`
@JsonPropertyOrder({"peer", "suite", "case", "value", "min", "max", "unit", "better", "note"})
@JsonInclude(JsonInclude.Include.NON_ABSENT)
@JsonIgnoreProperties(ignoreUnknown = true)
record Result(
    String peer,
    String suite,
    @JsonProperty("case") String name,
    double value,
    double min,
    double max,
    String unit,
    Better better,
    Optional<String> note) {

  /// Which way is the better one.
  enum Better {
    @JsonProperty("higher")
    HIGHER,
    @JsonProperty("lower")
    LOWER
  }

  /// Sums up the values of the repetitions, of which there is at least one.
  static Result of(
      String peer,
      String suite,
      String name,
      double[] values,
      String unit,
      Better better,
      Optional<String> note) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Result(
        peer,
        suite,
        name,
        rounded(median),
        rounded(sorted[0]),
        rounded(sorted[sorted.length - 1]),
        unit,
        better,
        note);
  }

  /// How many times better this is than the other: 2 for twice the rate or half the latency.
  double timesBetterThan(Result other) {
    return better == Better.HIGHER ? value / other.value : other.value / value;
  }

  /// Four significant digits, or one decimal from 1000 on.
  private static double rounded(double value) {
    var exact = new BigDecimal(value);
    return Math.abs(value) < 1000
        ? exact.round(new MathContext(4, RoundingMode.HALF_EVEN)).doubleValue()
        : exact.setScale(1, RoundingMode.HALF_EVEN).doubleValue();
  }
}
