package io.manta.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class LatenciesTest {
  @Test
  void shouldGivePercentilesOfCallsInAnyOrder() {
    var recorder = new Latencies.Recorder();
    for (int i = 100; i >= 1; i--) {
      recorder.add(i * 1_000_000L);
    }
    Latencies latencies = recorder.sorted();
    assertThat(latencies.percentileMillis(50)).isEqualTo(51.0);
    assertThat(latencies.percentileMillis(99)).isEqualTo(100.0);
    assertThat(latencies.percentileMicros(0)).isEqualTo(1000.0);
  }

  @Test
  void shouldGiveCallsPerSecondSpentInCalls() {
    var recorder = new Latencies.Recorder();
    for (int i = 0; i < 200_000; i++) {
      recorder.add(10_000);
    }
    assertThat(recorder.sorted().rate()).isEqualTo(100_000.0, within(0.001));
  }

  @Test
  void shouldRefuseToSumUpNothing() {
    assertThatThrownBy(() -> new Latencies.Recorder().sorted())
        .hasMessageContaining("no call was made");
  }
}
