package io.manta.samples.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
  @Test
  void shouldNeverMoveTexts() {
    // The shipped weights depend on it. The hash modulo 100, computed elsewhere:
    assertThat(Split.of("Grüße")).as("4").isEqualTo(Split.TRAINING);
    assertThat(Split.of("A delight.")).as("65").isEqualTo(Split.TRAINING);
    assertThat(Split.of("Dull.")).as("82").isEqualTo(Split.HELD_OUT);
    assertThat(Split.of("This is great!")).as("85").isEqualTo(Split.HELD_OUT);
  }

  @Test
  void shouldIgnoreWhiteSpaceAroundAndBetweenWords() {
    for (int i = 0; i < 100; i++) {
      assertThat(Split.of("  text  number\t" + i + "\n")).isEqualTo(Split.of("text number " + i));
    }
  }

  @Test
  void shouldTakeAboutEightyPercentForTraining() {
    long training =
        IntStream.range(0, 10_000).filter(i -> Split.of("text " + i) == Split.TRAINING).count();

    assertThat(training).isBetween(7_850L, 8_150L);
  }
}
