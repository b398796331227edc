package io.manta.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.cli.CommandProvider;
import io.manta.testkit.chaos.Chaos;
import java.time.Duration;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class ChaosCommandTest {
  private static Chaos.Plan plan(String... arguments) {
    return CommandLine.populateCommand(new ChaosCommand(), arguments).plan();
  }

  @Test
  void shouldRunForTwoMinutesOnThreeNodesUnlessToldOtherwise() {
    Chaos.Plan plan = plan("--seed", "17");

    assertThat(plan).isEqualTo(Chaos.Plan.of(17, Duration.ofMinutes(2)));
    assertThat(plan.nodes()).isEqualTo(3);
  }

  @Test
  void shouldTakeWhatItIsTold() {
    assertThat(
            plan("--minutes", "0.5", "--seed", "7", "--nodes", "5", "--without", "deduplication"))
        .isEqualTo(Chaos.Plan.of(7, Duration.ofSeconds(30)).withNodes(5).without("deduplication"));
  }

  @Test
  void shouldRefuseWhatMakesNoSense() {
    assertThatThrownBy(() -> plan("--nodes", "2"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("2 nodes are too few");
    assertThatThrownBy(() -> plan("--minutes", "0")).hasMessageContaining("must be above 0");
    assertThatThrownBy(() -> plan("--without", "luck"))
        .hasMessageContaining("'luck'")
        .hasMessageContaining("retries, deduplication, fencing");
  }

  @Test
  void shouldBeFoundByTheCommandLine() {
    assertThat(ServiceLoader.load(CommandProvider.class))
        .hasAtLeastOneElementOfType(ChaosCommands.class);
  }
}
