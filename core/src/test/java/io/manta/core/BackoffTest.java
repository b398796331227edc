package io.manta.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final double LONGEST = 1;
  private static final double SHORTEST = 0;

  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));

  @Test
  void shouldDoubleWithEachFailureUpToTheMost() {
    assertThat(backoff.delay(1, LONGEST)).isEqualTo(Duration.ofMillis(100));
    assertThat(backoff.delay(2, LONGEST)).isEqualTo(Duration.ofMillis(200));
    assertThat(backoff.delay(3, LONGEST)).isEqualTo(Duration.ofMillis(400));
    assertThat(backoff.delay(4, LONGEST)).isEqualTo(Duration.ofMillis(800));
    assertThat(backoff.delay(5, LONGEST)).isEqualTo(Duration.ofSeconds(1));
    assertThat(backoff.delay(1_000_000, LONGEST)).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void shouldLeaveOutAtMostHalf() {
    assertThat(backoff.delay(2, SHORTEST)).isEqualTo(Duration.ofMillis(100));
    assertThat(backoff.delay(2, 0.5)).isEqualTo(Duration.ofMillis(150));
    assertThat(backoff.delay(9, SHORTEST)).isEqualTo(Duration.ofMillis(500));
  }

  @Test
  void shouldNotOverflowWhenDelaysAreLong() {
    var patient = new Backoff(Duration.ofDays(365), Duration.ofDays(3650));

    assertThat(patient.delay(100, LONGEST)).isEqualTo(Duration.ofDays(3650));
  }

  @Test
  void shouldNotWaitWhenThereIsNone() {
    assertThat(Backoff.none().delay(3, LONGEST)).isZero();
  }

  @Test
  void shouldRefuseToShrinkOrToStartBelowZero() {
    assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT2S to PT1S");
    assertThatThrownBy(() -> new Backoff(Duration.ofMillis(-1), Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
