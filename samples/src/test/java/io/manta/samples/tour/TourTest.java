package io.manta.samples.tour;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.DataSize;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TourTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Story story = new Story(new PrintStream(bytes, true, StandardCharsets.UTF_8));

  private String told() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldGiveRightAnswersWhenTheNodeHasWhatItNeeds() {
    MantaConfig config = MantaConfig.defaults().withCpus(12).withMemory(DataSize.parse("4GiB"));
    try (Manta manta = Manta.start(config)) {
      assertThat(Tour.run(manta, story)).as(told()).isTrue();
    }
    assertThat(told())
        .contains("[0, 1, 4, 9, 16, 25, 36, 49, 64, 81], total 285")
        .contains("asked for 4 cpu, gave: 15")
        .contains("no gpu")
        .contains("cancelled")
        .contains("asked for 1 cpu, 4.0 GiB memory, gave: 3")
        .contains("a generator gave [6, 3, 10, 5, 16, 8, 4, 2, 1]")
        .contains("two at a time, gave [3, 5, 6]")
        .contains("through a queue of two: total 15")
        .contains("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], final count 10")
        .doesNotContain("FAILED");
    assertThat(story.places()).containsOnlyKeys("squares", "counter");
  }

  @Test
  void shouldRunTheGpuTaskWhereThereIsAGpu() {
    MantaConfig config =
        MantaConfig.defaults()
            .withCpus(12)
            .withResource("gpu", 1)
            .withMemory(DataSize.parse("4GiB"));
    try (Manta manta = Manta.start(config)) {
      assertThat(Tour.run(manta, story)).as(told()).isTrue();
    }
    assertThat(told()).contains("asked for 1 cpu, 1 gpu, gave: done").doesNotContain("pending:");
  }
}
