package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "PT0S, 0 ms",
    "PT0.0005S, 0.5 ms",
    "PT0.25S, 250 ms",
    "PT1S, 1 s",
    "PT2.5S, 2.5 s",
    "PT2M, 120 s",
    "PT-1.5S, -1.5 s",
    "PT2562047788015215H, 9223372036854774000 s",
  })
  void shouldWriteADurationAsPeopleDo(Duration duration, String text) {
    assertThat(Durations.text(duration)).isEqualTo(text);
  }
}
