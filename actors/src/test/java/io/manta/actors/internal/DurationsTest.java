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
    "PT3.003588827S, 3 s",
    "PT12.345S, 12.3 s",
    "PT1234.567S, 1235 s",
    "PT0.250123456S, 250 ms",
    "PT0.001234567S, 1.23 ms",
    "PT0.9999S, 1 s",
    "PT-1.5S, -1.5 s",
    "PT2562047788015215H, 9223372036854774000 s",
  })
  void shouldWriteADurationAsPeopleDo(Duration duration, String text) {
    assertThat(Durations.text(duration)).isEqualTo(text);
  }
}
