package io.manta.actors.internal.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Replicas in simulated clusters. `-Dmanta.seed=17` runs one seed only, `-Plong` ten times as
/// many.
@Timeout(600)
class ReplicaSimulationTest {
  private static LongStream seeds(int count) {
    Long only = Long.getLong("manta.seed");
    return only != null
        ? LongStream.of(only)
        : LongStream.range(0, Boolean.getBoolean("manta.long") ? 10L * count : count);
  }

  private static void check(int count, Consumer<Simulation> story) {
    int[] acknowledged = {0};
    seeds(count)
        .forEach(
            seed -> {
              var simulation = new Simulation(seed, seed % 4 == 3 ? 3 : 2);
              try {
                story.accept(simulation);
              } catch (RuntimeException | AssertionError e) {
                fail("seed " + seed + ": " + e + simulation.trace(), e);
              }
              acknowledged[0] += simulation.acknowledged();
            });
    assertThat(acknowledged[0]).as("changes that were acknowledged").isPositive();
  }

  @Test
  void shouldNeverMissAnAcknowledgedChangeWhateverHappens() {
    check(80, simulation -> simulation.chaos(60));
  }

  @Test
  void shouldGoOnWhenOneNodeAfterTheOtherDies() {
    check(40, simulation -> simulation.sequence(6));
  }

  @Test
  void shouldGoOnWhenANodeComesBackThatTriedInVainToTakeOver() {
    check(20, Simulation::vainTakeOver);
  }

  @Test
  void shouldNotTakeBackStateThatAnotherTookOver() {
    int[] reopened = {0};
    check(
        30,
        simulation -> {
          simulation.slowTakeOver();
          reopened[0] += simulation.reopened();
        });
    assertThat(reopened[0]).as("writers that went on").isPositive();
  }

  @Test
  void shouldGoOnAfterAllNodesWereStopped() {
    check(20, simulation -> simulation.coldStarts(3));
  }
}
