package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.time.Duration;
import java.util.Optional;

/// What to start for a class of tests.
///
/// @param config of each node
/// @param limit for the start, for each wait and for the end of each node
record TestPlan(
    int nodes, MantaConfig config, Duration limit, boolean leaksAllowed, boolean turnsClock) {
  TestPlan {
    if (nodes < 1) {
      throw new IllegalArgumentException(nodes + " nodes must be 1 or more");
    }
  }

  static TestPlan defaults() {
    return new TestPlan(
        1, MantaConfig.defaults().withCpus(2), Duration.ofSeconds(60), false, false);
  }

  static TestPlan of(MantaTest test) {
    MantaConfig config = MantaConfig.defaults().withCpus(test.cpus());
    for (String setting : test.settings()) {
      String[] parts = setting.split("=", 2);
      config = config.withSetting(parts[0].strip(), parts.length < 2 ? "" : parts[1], "@MantaTest");
    }
    return new TestPlan(
        test.nodes(),
        config,
        Duration.ofSeconds(test.timeLimitSeconds()),
        test.allowLeaks(),
        test.turnClock());
  }

  TestPlan withNodes(int value) {
    return new TestPlan(value, config, limit, leaksAllowed, turnsClock);
  }

  TestPlan withConfig(MantaConfig value) {
    return new TestPlan(nodes, value, limit, leaksAllowed, turnsClock);
  }

  TestPlan withLimit(Duration value) {
    return new TestPlan(nodes, config, value, leaksAllowed, turnsClock);
  }

  TestPlan withLeaks() {
    return new TestPlan(nodes, config, limit, true, turnsClock);
  }

  TestPlan withTurnedClock() {
    return new TestPlan(nodes, config, limit, leaksAllowed, true);
  }

  /// @param owner the id of the class in JUnit
  TestRun start(String owner) {
    Optional<TestClock> clock = turnsClock ? Optional.of(new TestClock()) : Optional.empty();
    MantaConfig own = clock.map(config::withTime).orElse(config);
    if (nodes == 1) {
      return new TestRun(owner, this, Manta.start(own), Optional.empty(), clock);
    }
    LocalCluster cluster = LocalCluster.start(nodes, own, limit);
    try {
      return new TestRun(owner, this, cluster.connect(), Optional.of(cluster), clock);
    } catch (RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
  }
}
