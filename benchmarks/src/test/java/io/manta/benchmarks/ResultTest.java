package io.manta.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.benchmarks.Result.Better;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ResultTest {
  @Test
  void shouldGiveMedianLeastAndMostOfRepetitions() {
    Result result = rate(3.0, 1.0, 2.0);
    assertThat(result.value()).isEqualTo(2.0);
    assertThat(result.min()).isEqualTo(1.0);
    assertThat(result.max()).isEqualTo(3.0);
    assertThat(rate(1.0, 2.0).value()).isEqualTo(1.5);
  }

  @Test
  void shouldRoundToFourDigitsBelowAThousandAndToOneDecimalAbove() {
    assertThat(rate(0.123456).value()).isEqualTo(0.1235);
    assertThat(rate(999.96).value()).isEqualTo(1000.0);
    assertThat(rate(123456.78).value()).isEqualTo(123456.8);
  }

  @Test
  void shouldWriteTheLineThatPeersWrite() {
    assertThat(Json.line(rate(5.0)))
        .isEqualTo(
            """
            {"peer":"manta-embedded","suite":"core","case":"tasks_sync","value":5.0,"min":5.0,\
            "max":5.0,"unit":"1/s","better":"higher"}""");
  }

  @Test
  void shouldReadTheLineOfAPeer() {
    Result result =
        Json.read(
            """
            {"peer": "ray-2.60.0", "suite": "core", "case": "memory_idle_mib", "value": 820.4, \
            "min": 819.7, "max": 820.7, "unit": "MiB", "better": "lower", "note": "10 processes"}""",
            Result.class);
    assertThat(result.name()).isEqualTo("memory_idle_mib");
    assertThat(result.better()).isEqualTo(Better.LOWER);
    assertThat(result.note()).contains("10 processes");
  }

  @Test
  void shouldCompareByWhatIsBetter() {
    assertThat(rate(30.0).timesBetterThan(rate(10.0))).isEqualTo(3.0);
    assertThat(latency(30.0).timesBetterThan(latency(10.0))).isEqualTo(1 / 3.0);
  }

  private static Result rate(double... values) {
    return Result.of(
        "manta-embedded", "core", "tasks_sync", values, "1/s", Better.HIGHER, Optional.empty());
  }

  private static Result latency(double... values) {
    return Result.of(
        "manta-embedded", "core", "startup_ms", values, "ms", Better.LOWER, Optional.empty());
  }
}
