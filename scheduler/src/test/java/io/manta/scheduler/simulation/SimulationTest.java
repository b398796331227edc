package io.manta.scheduler.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the scheduler promises of a whole cluster, by the code that decides in one.
class SimulationTest {
  private static final boolean LONG = Boolean.getBoolean("manta.long");
  private static final Resources ONE = Resources.cpus(1);
  private static final Duration START = Duration.ZERO;

  private static Duration millis(long value) {
    return Duration.ofMillis(value);
  }

  /// With `-Plong` a million tasks behind a thousand slots.
  @Test
  void shouldKeepAllNodesBusyWhileMoreTasksWaitThanTheyCanRun() {
    int nodes = LONG ? 1000 : 40;
    var simulation = new Simulation(1).nodes(nodes, ONE);
    simulation.driver().submit(START, nodes * 1000, ONE, millis(1000));

    SimulationReport report = simulation.run(Duration.ofHours(1));

    assertThat(report.done()).isEqualTo(nodes * 1000L);
    assertThat(report.utilisation()).isGreaterThan(0.98);
    assertThat(report.requestsPerNode()).isLessThan(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldStartALargeTaskSoonThoughSmallOnesKeepComing(long seed) {
    var simulation = new Simulation(seed).nodes(20, Resources.cpus(4));
    simulation.driver().submit(START, 50_000, ONE, millis(50));
    SimulatedDriver large = simulation.driver();
    for (int i = 0; i < 10; i++) {
      large.submit(millis(1000 + i * 500), 1, Resources.cpus(4), millis(100));
    }

    SimulationReport report = simulation.run(Duration.ofHours(1));

    assertThat(report.pending()).isZero();
    assertThat(large.longestWait()).isLessThan(Duration.ofSeconds(2));
    assertThat(report.utilisation()).isGreaterThan(0.95);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldGiveEachJobItsShareHoweverMuchAnotherHasQueuedBefore(long seed) {
    var simulation = new Simulation(seed).nodes(50, Resources.cpus(4));
    SimulatedDriver first = simulation.driver().submit(START, 100_000, ONE, millis(100));
    SimulatedDriver second = simulation.driver().submit(millis(1000), 100_000, ONE, millis(100));
    simulation.run(Duration.ofSeconds(1));
    long before = first.done();

    SimulationReport report = simulation.run(Duration.ofSeconds(10));

    double share = (double) second.done() / (second.done() + first.done() - before);
    assertThat(share).isBetween(0.4, 0.6);
    assertThat(report.utilisation()).isGreaterThan(0.9);
  }

  @Test
  void shouldRunWhatHasPriorityBeforeWhatWasQueuedBeforeIt() {
    var simulation = new Simulation(1).nodes(50, Resources.cpus(4));
    simulation.driver().submit(START, 100_000, ONE, millis(100));
    SimulatedDriver urgent = simulation.driver();
    urgent.submit(millis(2000), 1000, ONE, Scheduling.defaults().withPriority(20), millis(100));

    simulation.run(Duration.ofSeconds(4));

    assertThat(urgent.progress()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void shouldFinishShapesOfAllKindsAndGiveAllResourcesBack(long seed) {
    var simulation =
        new Simulation(seed).nodes(20, Resources.cpus(8).with("gpu", 2).with("licence", 4));
    SimulatedDriver driver = simulation.driver();
    driver.submit(START, 5000, ONE, millis(50));
    driver.submit(START, 5000, Resources.cpus(2).with("gpu", 1), millis(50));
    driver.submit(START, 2000, Resources.cpus(8), millis(50));
    driver.submit(START, 5000, Resources.cpus(0.5).with("licence", 1), millis(50));

    SimulationReport report = simulation.run(Duration.ofHours(1));

    assertThat(report.pending()).isZero();
    assertThat(report.free()).isTrue();
  }

  @Test
  void shouldAskNodesInVainOnlyNowAndThenThoughRoutersSeeThemLate() {
    var simulation = new Simulation(1).nodes(100, Resources.cpus(2));
    for (int i = 0; i < 10; i++) {
      simulation.driver().submit(millis(i * 37L), 2000, ONE, millis(100));
    }

    SimulationReport report = simulation.run(Duration.ofHours(1));

    assertThat(report.pending()).isZero();
    assertThat(report.reservations()).isLessThan(report.done());
  }
}
